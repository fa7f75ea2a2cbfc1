"""A server process for tests: the real command with an engine to choose.

``GLINER_TEST_ENGINE``: ``real``; or ``regex``, then words of a text order faults:
``slow-run``, ``raise-run``, ``hang-run``, ``die-run``, ``exit-process``.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from server_engines import FaultyEngine, Windows, read

from gliner_fast.errors import CorruptModelError
from gliner_fast.server.run import default_loader, main
from gliner_fast.server.runtime import EngineLoader
from gliner_fast.server.settings import ServerSettings


class OrderedFaults(FaultyEngine):
    dead = False

    def run(self, windows: Windows) -> list:  # type: ignore[type-arg]
        ordered = "".join(read(window) for window in windows)
        if "slow-run" in ordered:
            time.sleep(1.0)
        if "raise-run" in ordered:
            raise RuntimeError(f"cannot run {ordered}")
        if "hang-run" in ordered:
            time.sleep(3600)
        if "die-run" in ordered:
            self.dead = True
        if "exit-process" in ordered:
            os._exit(9)
        if self.dead:
            raise RuntimeError(f"device lost at {ordered}")
        return super().run(windows)


def loader(settings: ServerSettings, threads: int) -> EngineLoader:
    kind = os.environ["GLINER_TEST_ENGINE"]
    if kind == "real":
        return default_loader(settings, threads)

    def load() -> OrderedFaults:
        if kind == "corrupt":
            raise CorruptModelError("model.onnx: its hash is not the manifest's")
        if kind == "disk-full":
            raise OSError(28, "No space left on device", "cache")
        if kind == "slow-load":
            time.sleep(1.5)
        return OrderedFaults()

    return load


def limit_files() -> None:
    """Files cannot grow beyond ``GLINER_TEST_FILE_LIMIT`` bytes, as on a disk that is full."""
    if limit := os.environ.get("GLINER_TEST_FILE_LIMIT"):
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))


if __name__ == "__main__":
    limit_files()
    sys.exit(main(loader=loader, command=(sys.executable, str(Path(__file__)))))
