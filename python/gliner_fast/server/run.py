"""From a command line to a running server.

Exit codes: 0 after a drained stop, 1 if the port cannot be bound, 2 for wrong settings, 3 if
the model does not load, 4 if it died and a supervisor can start a new process.
"""

from __future__ import annotations

import argparse
import errno
import logging
import os
import socket
import sys
from collections.abc import Callable, Sequence

from gliner_fast.cpus import threads_per_worker
from gliner_fast.server import extra  # noqa: F401 - before what it looks for
from gliner_fast.server.logs import configure_logging
from gliner_fast.server.protocol import Engine
from gliner_fast.server.settings import (
    ServerSettings,
    SettingsError,
    add_setting_arguments,
    load_settings,
)
from gliner_fast.server.supervisor import (
    BACKLOG,
    EXIT_BIND,
    EXIT_SETTINGS,
    WorkerLink,
    supervise,
)

__all__ = ["add_arguments", "main", "serve"]

log = logging.getLogger("gliner_fast.server.run")

LoaderFactory = Callable[[ServerSettings, int], Callable[[], Engine]]


def default_loader(settings: ServerSettings, threads: int) -> Callable[[], Engine]:
    """Load the configured model with this many threads."""

    def load() -> Engine:
        from gliner_fast.model import GLiNER

        model = GLiNER.from_pretrained(
            settings.model,
            device=settings.device,
            precision=settings.precision,
            threads=threads,
        )
        return model.engine

    return load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the server's flags."""
    add_setting_arguments(parser)


def main(
    argv: Sequence[str] | None = None,
    *,
    loader: LoaderFactory = default_loader,
    command: Sequence[str] = (sys.executable, "-m", "gliner_fast.server"),
) -> int:
    """Parse flags and serve.

    Args:
        argv: Flags; the process's own if not given.
        loader: Makes the function that loads the engine.
        command: What starts another process that calls this function, for ``--workers``.

    Returns:
        The exit code.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="gliner-fast serve",
        description="Serve detection over HTTP. Flags win over the environment (names in "
        "brackets), which wins over the YAML file.",
        allow_abbrev=False,
    )
    add_arguments(parser)
    try:
        settings = load_settings(parser.parse_args(argv))
    except SettingsError as error:
        for line in str(error).splitlines():
            print(f"gliner-fast serve: {line}", file=sys.stderr)  # noqa: T201
        return EXIT_SETTINGS
    return serve(settings, loader=loader, command=[*command, *argv])


def serve(
    settings: ServerSettings,
    *,
    loader: LoaderFactory = default_loader,
    command: Sequence[str] = (),
) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit code.

    Args:
        settings: All settings.
        loader: Makes the function that loads the engine.
        command: Command line of a worker process; needed for more than one worker.

    Raises:
        ValueError: If several workers are asked for without a command that starts one.
    """
    if settings.workers > 1 and not command:
        raise ValueError("several workers need the command line that starts one; see main()")
    configure_logging(settings.log_format, settings.log_level)
    link = WorkerLink.inherited()
    if link is not None:
        return _serve_here(settings, loader, link.listener, link)
    try:
        listener = _bind(settings)
    except OSError as error:
        _complain_about_binding(settings, error)
        return EXIT_BIND
    _warn_if_open(settings)
    if settings.workers == 1:
        return _serve_here(settings, loader, listener, None)
    return supervise(list(command), listener, settings.workers, settings.drain_timeout)


def _bind(settings: ServerSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # The protocol has to be named: asyncio turns Nagle's algorithm off only where it reads TCP
    # there, and with it on, every answer waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            # Connections of an earlier run that are closing must not keep the port taken.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _complain_about_binding(settings: ServerSettings, error: OSError) -> None:
    reason = error.strerror or "cannot be bound"
    if error.errno == errno.EADDRINUSE:
        reason = "another program listens there; choose another --port"
    print(  # noqa: T201
        f"gliner-fast serve: {settings.host}:{settings.port}: {reason}", file=sys.stderr
    )


def _warn_if_open(settings: ServerSettings) -> None:
    local = settings.host in ("localhost", "::1") or settings.host.startswith("127.")
    if not local and settings.api_key_file is None:
        log.warning(
            "listening on %s without a key: anyone who reaches this port can use it; "
            "set --api-key-file",
            settings.host,
        )


def _serve_here(
    settings: ServerSettings,
    loader: LoaderFactory,
    listener: socket.socket,
    link: WorkerLink | None,
) -> int:
    # Imported here: the supervisor of other processes needs none of it in its memory.
    from gliner_fast.server.serving import serve_here

    threads = threads_per_worker(settings.threads, settings.workers)
    log.info("starting", extra={"fields": {"pid": os.getpid(), "threads": threads}})
    return serve_here(settings, loader(settings, threads), listener, link)
