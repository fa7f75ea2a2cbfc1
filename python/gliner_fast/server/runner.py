"""The one thread that calls the engine: takes batches, survives their failures.

A batch that raises is run once more in parts, one request each (a single request in halves).
Only a request whose part fails again gets the error. Then a probe, a window known to be good,
tells a poisoned request from a dead session: if the probe fails too, the runner is down, and
every request, waiting or new, hears so at once. A batch that does not come back is found by
:meth:`Runner.check`, which somebody has to call now and then.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from gliner_fast.errors import InferenceError
from gliner_fast.server.batching import BatchLimits, FairQueue, Job, Slot
from gliner_fast.server.failures import EngineUnavailable
from gliner_fast.server.protocol import Engine, Observer
from gliner_fast.types import EncodedWindow, Spans

__all__ = ["Runner", "RunnerOptions"]

log = logging.getLogger("gliner_fast.server.runner")

_MOST_PATIENCE = 5.0
_OUT_OF_MEMORY = ("out of memory", "bad alloc", "bad_alloc", "failed to allocate")


@dataclass(frozen=True, slots=True)
class RunnerOptions:
    """How the runner makes batches.

    Attributes:
        batch_tokens: Most tokens of a batch, padding included.
        batch_seconds: Batches are made smaller than ``batch_tokens`` where the engine would
            take longer than this: the running batch is what a new short request waits for.
            Grows with the square root of the number of waiting requests, to five times as much.
        max_batch_requests: Most requests that share a batch; 1 turns coalescing off.
        batch_wait: Longest wait for company, in seconds.
        hang_after: A batch that takes longer than this many seconds is taken for hung.
    """

    batch_tokens: int = 2_048
    batch_seconds: float = 0.1
    max_batch_requests: int = 32
    batch_wait: float = 0.01
    hang_after: float = 60.0


class Runner:
    """Owns the queue, the inference thread and the engine's pulse."""

    def __init__(
        self,
        engine: Engine,
        probe: Sequence[EncodedWindow],
        options: RunnerOptions,
        observer: Observer,
    ) -> None:
        self._engine = engine
        self._probe = probe
        self._options = options
        self._observer = observer
        self._queue = FairQueue()
        self._changed = threading.Condition()
        self._arriving: set[object] = set()
        self._last_end = 0.0
        self._last_requests = 0
        self._run_began: float | None = None
        self._running: list[Slot] = []
        self._stopping = False
        self._down: str | None = None
        self._pace_tokens = self._pace_seconds = 0.0
        self._least_seconds = math.inf
        self._thread = threading.Thread(target=self._work, name="gliner-inference", daemon=True)

    # -- from any thread ------------------------------------------------------------------

    def start(self) -> None:
        """Run the probe, which gives the first idea of the engine's pace, then serve.

        Raises:
            Exception: What the engine raises on the probe: it cannot serve.
        """
        began = time.monotonic()
        self._engine.run(self._probe)
        self._pace_seconds = self._least_seconds = time.monotonic() - began
        self._pace_tokens = float(sum(window.tokens for window in self._probe))
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End the thread after its current batch; True if it ended in time."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self._thread.join(timeout)
        self._fail_all("the server is stopping")
        return not self._thread.is_alive()

    @property
    def down(self) -> str | None:
        """Why the engine is gone; None while it works."""
        return self._down

    @property
    def tokens_per_second(self) -> float:
        """How fast the engine computed its last batches, padding included."""
        return self._pace_tokens / max(self._pace_seconds, 1e-6)

    @property
    def queued_tokens(self) -> int:
        """Tokens of windows that wait."""
        return self._queue.tokens

    @property
    def queued_requests(self) -> int:
        """Requests with windows that wait."""
        return len(self._queue)

    def announce(self, request: object) -> None:
        """Say that a request is being encoded: company to wait for."""
        with self._changed:
            self._arriving.add(request)

    def withdraw(self, request: object) -> None:
        """Say that a request will not come, or has come already."""
        with self._changed:
            self._arriving.discard(request)
            if not self._arriving:
                self._changed.notify()

    def submit(self, job: Job, request: object = None) -> None:
        """Queue a job; ``job.finished`` is called whatever happens to it.

        Args:
            request: What was announced and has now come.
        """
        with self._changed:
            self._arriving.discard(request)
            accepted = self._down is None and not self._stopping and not job.closed
            if accepted:
                job.ready_at = time.monotonic()
                self._queue.add(job)
                self._changed.notify()
        if accepted:
            self._report_queue()
        else:
            self._close(job, EngineUnavailable(self._down or "the server is stopping"))

    def cancel(self, job: Job) -> None:
        """Forget a job: windows that wait do not run; those that run are dropped."""
        with self._changed:
            job.closed = True
            self._queue.remove(job)
        self._report_queue()

    def check(self) -> None:
        """Notice a batch that hangs. Cheap; call it about once a second."""
        began = self._run_began
        if began is not None and time.monotonic() - began > self._options.hang_after:
            self._die(f"the model has not answered for {self._options.hang_after:g} s")

    # -- the inference thread -------------------------------------------------------------

    def _work(self) -> None:
        try:
            while self._process_next():
                pass
        except BaseException as error:
            # Nobody would ever answer the queue again: say so instead.
            log.exception("the inference thread ended")
            self._die(f"the inference thread ended ({type(error).__name__})")

    def _process_next(self) -> bool:
        """One batch; nothing of it is held while the next one is waited for."""
        slots = self._next_batch()
        if slots is None:
            return False
        self._process(slots)
        return True

    def _next_batch(self) -> list[Slot] | None:
        with self._changed:
            while True:
                if self._stopping or self._down is not None:
                    return None
                if not len(self._queue):
                    self._changed.wait()
                    continue
                hold = self._hold(time.monotonic())
                if hold > 0:
                    self._changed.wait(hold)
                    continue
                slots = self._queue.take(self._limits())
                self._running = slots
                return slots

    def _budget(self) -> int:
        # Larger batches use the engine better, smaller ones let a short request in sooner. The
        # more requests wait, the more of them gain by the former.
        patience = min(_MOST_PATIENCE, math.sqrt(max(1, len(self._queue))))
        affordable = int(self.tokens_per_second * self._options.batch_seconds * patience)
        return max(1, min(self._options.batch_tokens, affordable))

    def _limits(self) -> BatchLimits:
        # A run of next to nothing shows what a run costs before its tokens do.
        free_padding = int(self.tokens_per_second * self._least_seconds)
        return BatchLimits(
            self._budget(), self._options.max_batch_requests, free_padding, self._engine.pads_rows
        )

    def _hold(self, now: float) -> float:
        """Seconds that the queue should still wait for company; 0 to run.

        There is company to wait for in two cases only: a request is being encoded, or a batch
        of several requests has just ended and its clients are about to send their next one.
        """
        options = self._options
        if options.max_batch_requests == 1 or len(self._queue) >= options.max_batch_requests:
            return 0.0
        if self._queue.tokens >= self._budget():
            return 0.0
        left = self._queue.oldest + options.batch_wait - now
        if self._arriving:
            return left
        if len(self._queue) < self._last_requests:
            return min(left, self._last_end + options.batch_wait - now)
        return 0.0

    def _process(self, slots: list[Slot]) -> None:
        now = time.monotonic()
        for job in {slot.job.number: slot.job for slot in slots}.values():
            if not job.started:
                job.started = True
                self._observer.waited(now - job.ready_at)
        self._report_queue()
        try:
            self._deliver(slots, self._run(slots))
        except Exception as error:
            self._retry(slots, error)
        with self._changed:
            self._running = []
            self._last_end = time.monotonic()
            self._last_requests = len({slot.job.number for slot in slots})

    def _run(self, slots: list[Slot]) -> list[Spans]:
        windows = [slot.window for slot in slots]
        began = self._run_began = time.monotonic()
        try:
            results = self._engine.run(windows)
        except Exception:
            self._observer.batch_failed()
            raise
        finally:
            self._run_began = None
        if len(results) != len(windows):
            raise InferenceError(f"results: expected {len(windows)}, got {len(results)}")
        seconds = time.monotonic() - began
        requests = len({slot.job.number for slot in slots})
        counts = [window.tokens for window in windows]
        tokens = sum(counts)
        computed = len(counts) * max(counts) if self._engine.pads_rows else tokens
        self._pace_tokens = 0.8 * self._pace_tokens + computed
        self._pace_seconds = 0.8 * self._pace_seconds + seconds
        self._least_seconds = min(self._least_seconds, seconds)
        self._observer.batch(requests, len(windows), tokens, computed, seconds)
        return results

    def _deliver(self, slots: list[Slot], results: list[Spans]) -> None:
        for slot, spans in zip(slots, results, strict=True):
            job = slot.job
            if job.closed:
                continue
            if job.spans[slot.index] is None:
                job.spans[slot.index] = spans
                job.missing -= 1
            if not job.missing:
                self._close(job, None)

    def _retry(self, slots: list[Slot], error: Exception) -> None:
        log.warning("a batch of %d windows failed (%s)", len(slots), type(error).__name__)
        casualties: dict[Job, Exception] = {}
        for part in _split(slots):
            job = part[0].job
            if job.closed or job in casualties:
                continue
            try:
                self._deliver(part, self._run(part))
            except Exception as again:
                casualties[job] = again
                # Stop taking its windows now; its caller hears after the probe.
                with self._changed:
                    self._queue.remove(job)
        if not casualties:
            return
        if not self._alive():
            self._die("the model no longer works")
        for job in list(casualties):
            # No name for the error: its traceback holds this frame, which holds the text.
            self._close(job, _public(casualties.pop(job)))

    def _alive(self) -> bool:
        self._run_began = time.monotonic()
        try:
            return len(self._engine.run(self._probe)) == len(self._probe)
        except Exception:
            self._observer.batch_failed()
            return False
        finally:
            self._run_began = None

    # -- endings --------------------------------------------------------------------------

    def _die(self, reason: str) -> None:
        with self._changed:
            if self._down is None:
                self._down = reason
                log.error("%s; requests are answered with 503", reason)
        self._fail_all(reason)

    def _fail_all(self, reason: str) -> None:
        with self._changed:
            jobs = {job.number: job for job in self._queue.jobs()}
            jobs.update((slot.job.number, slot.job) for slot in self._running)
            for job in jobs.values():
                self._queue.remove(job)
            self._changed.notify_all()
        for job in jobs.values():
            self._close(job, EngineUnavailable(reason))
        self._report_queue()

    def _close(self, job: Job, error: Exception | None) -> None:
        with self._changed:
            if job.closed:
                return
            job.closed = True
            job.error = error
            self._queue.remove(job)
        job.finished(job)

    def _report_queue(self) -> None:
        self._observer.queued(len(self._queue), self._queue.tokens)


def _split(slots: list[Slot]) -> list[list[Slot]]:
    """The parts of a failed batch: by request, or one request's rows in halves."""
    parts: dict[int, list[Slot]] = {}
    for slot in slots:
        parts.setdefault(slot.job.number, []).append(slot)
    if len(parts) > 1 or len(slots) == 1:
        return list(parts.values())
    half = len(slots) // 2
    return [slots[:half], slots[half:]]


def _public(error: Exception) -> Exception:
    """The error that the request's caller gets: never a foreign message, it may quote text."""
    if isinstance(error, MemoryError) or any(sign in str(error).lower() for sign in _OUT_OF_MEMORY):
        return EngineUnavailable("there was not enough memory for this request's windows")
    public = InferenceError(f"the model failed on this request ({type(error).__name__})")
    public.__cause__ = error
    return public
