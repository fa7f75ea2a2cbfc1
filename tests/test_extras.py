"""Without the packages of an extra, one line says which extra to install."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from samples import VARIANTS

CONVERT = ("onnx", "safetensors", "sentencepiece", "google.protobuf")
SERVER = ("fastapi", "prometheus_client", "pydantic", "pydantic_settings", "uvicorn", "starlette")
COMMAND = "from gliner_fast.cli import main; sys.exit(main(sys.argv[1:]))"
MODULE = "import runpy; runpy.run_module('gliner_fast.server', run_name='__main__', alter_sys=True)"


def _without(
    packages: tuple[str, ...], code: str, *arguments: object
) -> subprocess.CompletedProcess[str]:
    """Run code in a process that cannot import these packages."""
    block = f"import sys; sys.modules.update(dict.fromkeys({packages!r}))\n"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", block + code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_convert_without_its_extra(tmp_path: Path) -> None:
    done = _without(CONVERT, COMMAND, "convert", VARIANTS / "standard", tmp_path / "model")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "gliner-fast: Converting a model needs the package 'onnx'; "
        "install it with: pip install 'gliner-fast[convert]'\n"
    )


def test_a_checkpoint_without_the_extra_convert() -> None:
    code = (
        "import json; from gliner_fast import GLiNER, MissingDependencyError\n"
        "try: GLiNER.from_pretrained(sys.argv[1])\n"
        "except MissingDependencyError as error: print(json.dumps(str(error)))"
    )
    done = _without(CONVERT, code, VARIANTS / "base-model")
    assert json.loads(done.stdout).endswith("pip install 'gliner-fast[convert]'"), done.stderr


@pytest.mark.parametrize("missing", [SERVER, *((name,) for name in SERVER[:-1])])
@pytest.mark.parametrize("code", [f"sys.argv.insert(1, 'serve'); {COMMAND}", MODULE])
def test_serve_without_its_extra(missing: tuple[str, ...], code: str) -> None:
    done = _without(missing, code, "--help")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith(
        f": Serving needs the package {missing[0].replace('_', '-')!r}; "
        "install it with: pip install 'gliner-fast[server]'\n"
    )
    assert done.stderr.startswith("gliner-fast")
    assert done.stderr.count("\n") == 1


def test_serving_a_checkpoint_without_the_extra_convert() -> None:
    done = _without(CONVERT, COMMAND, "serve", "--port", "0", "--model", VARIANTS / "pickle")
    assert done.returncode == 3
    assert "Converting a model needs the package 'onnx'" in done.stderr
    assert "pip install 'gliner-fast[convert]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_server_package_offers_without_its_extra() -> None:
    code = "from gliner_fast.errors import MissingDependencyError\n" + (
        "try: from gliner_fast.server import create_app\n"
        "except MissingDependencyError: print('explained')"
    )
    assert _without(SERVER, code).stdout == "explained\n"
