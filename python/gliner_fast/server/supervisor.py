"""``--workers N``: one parent that serves nothing itself, and N processes on its socket.

The parent binds the port and hands the listening socket on. All workers accept from it, so a
connection that no worker has taken yet outlives any of them. Each worker also holds one end of
a socket pair: it writes a byte when its model is ready, and reads the end of file if the parent
is gone.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = [
    "BACKLOG",
    "EXIT_BIND",
    "EXIT_DIED",
    "EXIT_MODEL",
    "EXIT_OK",
    "EXIT_SETTINGS",
    "WorkerLink",
    "supervise",
]

log = logging.getLogger("gliner_fast.server.supervisor")

EXIT_OK, EXIT_BIND, EXIT_SETTINGS, EXIT_MODEL, EXIT_DIED = 0, 1, 2, 3, 4
BACKLOG = 2048
_VARIABLE = "GLINER_FAST_WORKER"
_METRICS = "PROMETHEUS_MULTIPROC_DIR"
_TICK = 0.05
_MOMENT = 0.001
# How long a worker leaves a new connection to the others, for each that it holds, and at most.
_STEP, _PATIENCE = 0.0001, 0.003
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
# A worker that lived this long was all right: its next start waits for nothing.
_SETTLED = 30.0


class _TurnTaking(socket.socket):
    """Accepts one connection, then leaves a moment to the others; the fuller, the longer it waits.

    All workers hear of a connection. asyncio accepts until the queue is empty, so that the first
    one to wake would take a whole burst, and of connections that come one by one the quicker
    worker would take nearly all. A refusal sends a worker back to its selector, which reports
    the queue again.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._accepted = self._called = self._first = 0.0

    def accept(self) -> tuple[socket.socket, Any]:
        """See the class."""
        now = time.monotonic()
        if now - self._called > _MOMENT:
            self._first = now  # not the queue that it was asked about before
        self._called = now
        held = sum(each.fileno() >= 0 for each in self._open)
        if now - self._accepted < _MOMENT or now - self._first < min(_PATIENCE, held * _STEP):
            raise BlockingIOError
        accepted = super().accept()
        self._accepted = time.monotonic()
        self._open.add(accepted[0])
        return accepted


@dataclass
class WorkerLink:
    """A worker's inheritance.

    Attributes:
        listener: The listening socket.
        channel: To the parent.
        late: True if other workers serve already: this one listens only once it is ready.
    """

    listener: socket.socket
    channel: socket.socket
    late: bool

    @classmethod
    def inherited(cls) -> WorkerLink | None:
        """The link that the parent left in the environment, or None in any other process."""
        described = os.environ.pop(_VARIABLE, None)
        if described is None:
            return None
        told = json.loads(described)
        listener = _TurnTaking(fileno=told["listener"])
        listener.setblocking(False)
        return cls(listener, socket.socket(fileno=told["channel"]), told["late"])

    def ready(self) -> None:
        """Tell the parent that the model answers."""
        with contextlib.suppress(OSError):
            self.channel.send(b"R")

    def on_orphaned(self, action: Callable[[], None]) -> None:
        """Run ``action`` when the parent is gone, whatever ended it."""

        def wait() -> None:
            with contextlib.suppress(OSError):
                while self.channel.recv(1):
                    pass
            action()

        threading.Thread(target=wait, name="gliner-orphan", daemon=True).start()


@dataclass
class _Worker:
    index: int
    process: subprocess.Popen[bytes] | None = None
    channel: socket.socket | None = None
    is_ready: bool = False
    began: float = 0.0
    pause: float = 0.0
    start_at: float = 0.0


@dataclass
class _Supervisor:
    command: list[str]
    listener: socket.socket
    workers: list[_Worker]
    metrics: str
    stopping: bool = False
    ever_ready: bool = False
    give_up: int = 0

    def start(self, worker: _Worker) -> None:
        """Start one process."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        others_serve = any(other.is_ready for other in self.workers if other is not worker)
        told = {
            "listener": self.listener.fileno(),
            "channel": theirs.fileno(),
            "late": others_serve,
        }
        environment = {**os.environ, _VARIABLE: json.dumps(told), _METRICS: self.metrics}
        worker.process = subprocess.Popen(  # noqa: S603 - our own command line
            self.command,
            env=environment,
            pass_fds=(self.listener.fileno(), theirs.fileno()),
            # Signals from the terminal reach the parent only, which passes them on.
            start_new_session=True,
        )
        theirs.close()
        worker.channel, worker.is_ready, worker.began = ours, False, time.monotonic()
        log.info(
            "worker started", extra={"fields": {"worker": worker.index, "pid": worker.process.pid}}
        )

    def listen_to(self, worker: _Worker) -> None:
        """Hear whether a worker has become ready."""
        if worker.channel is None or worker.is_ready:
            return
        with contextlib.suppress(OSError):
            if worker.channel.recv(16):
                worker.is_ready = self.ever_ready = True

    def bury(self, worker: _Worker) -> None:
        """If a worker has ended, plan its successor."""
        if worker.process is None or worker.process.poll() is None:
            return
        process, code = worker.process, worker.process.returncode
        if worker.channel is not None:
            worker.channel.close()
        worker.process = worker.channel = None
        worker.is_ready = False
        _forget_metrics(process.pid)
        if self.stopping:
            return
        log.error("worker ended", extra={"fields": {"worker": worker.index, "code": code}})
        if code == EXIT_SETTINGS or (code == EXIT_MODEL and not self.ever_ready):
            # The next one would fail in the same way.
            self.give_up, self.stopping = code, True
            return
        lived = time.monotonic() - worker.began
        settled = lived > _SETTLED or worker.pause == 0.0
        worker.pause = _FIRST_PAUSE if settled else min(2 * worker.pause, _LONGEST_PAUSE)
        worker.start_at = time.monotonic() + (0.0 if settled else worker.pause)

    def run(self, drain_timeout: float) -> int:
        """Keep all workers alive until told to stop; the exit code."""
        while not self.stopping:
            for worker in self.workers:
                if worker.process is None and time.monotonic() >= worker.start_at:
                    self.start(worker)
                self.listen_to(worker)
                self.bury(worker)
            time.sleep(_TICK)
        return self.end(drain_timeout)

    def end(self, drain_timeout: float) -> int:
        """Have all workers drain; kill those that do not end."""
        self.listener.close()
        living = [worker.process for worker in self.workers if worker.process is not None]
        for process in living:
            process.send_signal(signal.SIGTERM)
        limit = time.monotonic() + drain_timeout + 5.0
        clean = True
        for process in living:
            try:
                code = process.wait(max(0.1, limit - time.monotonic()))
                clean = clean and code == 0
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                clean = False
        return self.give_up or (0 if clean else 1)


def _forget_metrics(pid: int) -> None:
    """Take a dead worker's gauges out of the sums."""
    from prometheus_client.multiprocess import mark_process_dead

    with contextlib.suppress(OSError):
        mark_process_dead(pid)  # type: ignore[no-untyped-call]


def supervise(
    command: list[str], listener: socket.socket, workers: int, drain_timeout: float
) -> int:
    """Run workers until SIGTERM or SIGINT.

    Args:
        command: Command line of one worker.
        listener: Bound and listening.
        workers: How many.
        drain_timeout: Seconds that each gets to finish its requests.

    Returns:
        The exit code: 0 if all workers ended well.
    """
    if os.name != "posix":
        log.error("several workers need a POSIX system")
        return EXIT_SETTINGS
    metrics = tempfile.mkdtemp(prefix="gliner-fast-metrics-")
    os.environ[_METRICS] = metrics
    supervisor = _Supervisor(command, listener, [_Worker(i) for i in range(workers)], metrics)

    def stop(number: int, frame: object) -> None:
        supervisor.stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        return supervisor.run(drain_timeout)
    finally:
        shutil.rmtree(metrics, ignore_errors=True)
