"""One serving process: the application under uvicorn, its signals, its end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType

import uvicorn
from fastapi import FastAPI

from gliner_fast.errors import GlinerFastError
from gliner_fast.server.app import create_app
from gliner_fast.server.http_protocol import make_protocol
from gliner_fast.server.runtime import EngineLoader
from gliner_fast.server.settings import ServerSettings
from gliner_fast.server.supervisor import (
    BACKLOG,
    EXIT_DIED,
    EXIT_MODEL,
    EXIT_OK,
    EXIT_SETTINGS,
    WorkerLink,
)

__all__ = ["serve_here"]

log = logging.getLogger("gliner_fast.server.serving")

# Between the end of listening and the end of idle connections: requests that are already in a
# socket's buffer get read.
_LAST_CALL = 0.25


@dataclass
class _Outcome:
    """Why the server ends, if not because of a signal."""

    code: int = EXIT_OK


def serve_here(
    settings: ServerSettings,
    load: EngineLoader,
    listener: socket.socket,
    link: WorkerLink | None,
) -> int:
    """Serve on a listening socket until a signal; the exit code.

    Args:
        settings: All settings.
        load: Loads the engine.
        listener: Bound and listening; closed at the end.
        link: To the supervisor, if there is one.
    """
    outcome = _Outcome()
    server: _Server | None = None
    supervised = link is not None

    def on_failure(error: Exception, died: bool) -> None:
        outcome.code = EXIT_DIED if died else EXIT_MODEL
        if not died:
            _complain_about_model(error)
        if server is not None:
            server.should_exit = True

    try:
        app = create_app(load, settings)
    except (OSError, ValueError) as error:
        print(f"gliner-fast serve: {error}", file=sys.stderr)  # noqa: T201
        return EXIT_SETTINGS
    runtime = app.state.runtime
    first_load = True

    def on_runtime_failure(error: Exception, died: bool) -> bool:
        # A model that has never loaded will not load by waiting; one that died may come back,
        # in a fresh process where a supervisor starts one.
        give_up = supervised or (first_load and not died)
        if give_up:
            on_failure(error, died)
        return give_up

    def on_ready() -> None:
        nonlocal first_load
        first_load = False
        if link is not None:
            link.ready()

    runtime.on_failure = on_runtime_failure
    runtime.on_ready = on_ready
    server = _Server(_uvicorn_config(app, settings), settings.drain_timeout)
    if link is not None:
        late = link.late
        app.state.hold_back = lambda: late and not server.should_exit
        link.on_orphaned(lambda: os.kill(os.getpid(), signal.SIGTERM))
    host, port = listener.getsockname()[:2]
    log.info(
        "listening",
        extra={"fields": {"host": host, "port": port, "pid": os.getpid()}},
    )
    asyncio.run(server.serve(sockets=[listener]))
    log.info("stopped", extra={"fields": {"code": outcome.code}})
    if outcome.code == EXIT_DIED:
        # Its threads may hang in the engine: the interpreter must not wait for them.
        logging.shutdown()
        os._exit(outcome.code)
    return outcome.code


def _complain_about_model(error: Exception) -> None:
    # Ours are written to be read; a system error's own words name a file, not a text.
    known = isinstance(error, (GlinerFastError, OSError))
    reason = str(error) if known else f"{type(error).__name__} while loading"
    print(f"gliner-fast serve: the model cannot be loaded: {reason}", file=sys.stderr)  # noqa: T201


def _uvicorn_config(app: FastAPI, settings: ServerSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=make_protocol(settings.header_timeout),
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=max(1, round(settings.keep_alive_timeout)),
        timeout_graceful_shutdown=max(1, round(settings.drain_timeout)),
        ssl_certfile=settings.ssl_certfile,
        ssl_keyfile=settings.ssl_keyfile,
    )


class _Server(uvicorn.Server):
    """uvicorn's server, with a drain that answers everything it has accepted, and exit code 0."""

    def __init__(self, config: uvicorn.Config, drain_timeout: float) -> None:
        super().__init__(config)
        self._drain_timeout = drain_timeout

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT. uvicorn's own raises the signal again at the end, and
        the process would end as killed."""
        previous = {
            number: signal.signal(number, self._on_signal)
            for number in (signal.SIGTERM, signal.SIGINT)
        }
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if self.should_exit and number == signal.SIGINT:
            self.force_exit = True
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, answer what is here, say goodbye to the rest."""
        app: FastAPI = self.config.app  # type: ignore[assignment]
        app.state.draining = True
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        await asyncio.sleep(_LAST_CALL)
        # What would not be done in time gets a 503 while there still is time to send it.
        patience = max(0.0, self._drain_timeout - min(1.0, 0.2 * self._drain_timeout))
        timer = asyncio.get_running_loop().call_later(patience, app.state.runtime.abandon)
        await super().shutdown()
        timer.cancel()
