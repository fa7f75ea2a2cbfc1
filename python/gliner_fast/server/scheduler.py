"""The asyncio front of detection: admission, deadlines, cancellation. Knows nothing of HTTP.

``detect`` admits a request, has its text encoded on a helper thread, hands the windows to the
:class:`~gliner_fast.server.runner.Runner`, and has the spans assembled on a helper thread.
Long texts have a helper thread of their own, so a short text never waits for the encoding of
a long one.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from gliner_fast.errors import InferenceError
from gliner_fast.server.batching import Job
from gliner_fast.server.failures import (
    DeadlineExceeded,
    EngineUnavailable,
    LimitExceeded,
    Overloaded,
)
from gliner_fast.server.protocol import Engine, Observer, SilentObserver
from gliner_fast.server.runner import Runner, RunnerOptions
from gliner_fast.types import DetectOptions, Entity, Plan

__all__ = ["Detection", "Query", "Scheduler", "SchedulerOptions", "window_count"]

# Texts longer than this (code points) are encoded and assembled on the long texts' thread.
_LONG_TEXT = 20_000
_PROBE = "Call me at 555-0100, please."


@dataclass(frozen=True, slots=True)
class SchedulerOptions:
    """Bounds of the scheduler.

    Attributes:
        queue_tokens: Most tokens that wait for the engine; also the largest single request.
        queue_requests: Most requests between admission and answer.
        helper_threads: Threads that encode and assemble short texts.
        runner: How batches are made.
    """

    queue_tokens: int = 4_000_000
    queue_requests: int = 1024
    helper_threads: int = 2
    runner: RunnerOptions = field(default_factory=RunnerOptions)


@dataclass(frozen=True, slots=True)
class Query:
    """What to detect.

    Attributes:
        text: The whole text.
        labels: The model's labels, distinct.
        options: Windows and decoding.
        coverage: Count the words that were read; costs a pass over the text.
    """

    text: str
    labels: tuple[str, ...]
    options: DetectOptions
    coverage: bool = False


@dataclass(frozen=True, slots=True)
class Detection:
    """An answer and what it took.

    Attributes:
        entities: Ordered by (start, end, label).
        chunks: Character windows, empty ones included.
        windows: Rows that the model ran.
        tokens: Tokens of all rows, each with its prompt.
        words: Words of the text that the model read whole; None unless asked for.
        words_cut: Words of which it missed a character; None unless asked for.
    """

    entities: list[Entity]
    chunks: int = 0
    windows: int = 0
    tokens: int = 0
    words: int | None = None
    words_cut: int | None = None


def window_count(characters: int, options: DetectOptions) -> int:
    """How many character windows a text of this length is cut into."""
    if not characters:
        return 0
    beyond = max(0, characters - options.chunk_length)
    return 1 + math.ceil(beyond / (options.chunk_length - options.overlap))


class _Ticket:
    """One request between admission and answer. Fields change on the event loop only,
    but for ``job``, which the helper thread sets before the runner sees it."""

    __slots__ = ("announced", "future", "job", "loop", "over", "query", "reserved")

    def __init__(self, query: Query, reserved: int, announced: bool) -> None:
        self.query = query
        self.reserved = reserved
        self.announced = announced
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Detection] = self.loop.create_future()
        self.job: Job | None = None
        self.over = False


class Scheduler:
    """Runs detections of many callers through one engine.

    Create and use it on one event loop. A scheduler whose engine has died stays down; make a
    new one with a new engine.
    """

    def __init__(
        self,
        engine: Engine,
        options: SchedulerOptions | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._engine = engine
        self._options = options or SchedulerOptions()
        self._observer: Observer = observer or SilentObserver()
        probe = engine.plan(_PROBE, ("phone_number",), DetectOptions())
        self._runner = Runner(engine, probe.windows, self._options.runner, self._observer)
        self._short = ThreadPoolExecutor(self._options.helper_threads, "gliner-short")
        self._long = ThreadPoolExecutor(1, "gliner-long")
        self._requests = 0
        self._reserved = 0

    def start(self) -> None:
        """Start the inference thread. Blocks for one small run of the engine."""
        self._runner.start()

    def stop(self, timeout: float = 5.0) -> bool:
        """Fail what is left and end the threads. True if the engine's thread ended in time."""
        ended = self._runner.stop(timeout)
        for pool in (self._short, self._long):
            pool.shutdown(wait=ended, cancel_futures=True)
        return ended

    @property
    def down(self) -> str | None:
        """Why this scheduler answers nothing any more; None while it works."""
        return self._runner.down

    @property
    def requests(self) -> int:
        """Requests between admission and answer."""
        return self._requests

    @property
    def queued_tokens(self) -> int:
        """Tokens that wait, those of texts still being encoded estimated."""
        return self._runner.queued_tokens + self._reserved

    def check(self) -> None:
        """Notice a hung engine; call it about once a second."""
        self._runner.check()

    async def detect(self, query: Query, deadline: float | None = None) -> Detection:
        """Detect, together with whatever else is waiting.

        Args:
            query: What to detect.
            deadline: Seconds from now after which the answer is no longer wanted.

        Raises:
            InvalidInputError: From the engine's ``plan``.
            Overloaded: The queue is full.
            LimitExceeded: The request alone is larger than the queue.
            DeadlineExceeded: Time is up.
            EngineUnavailable: The engine is dead, hung or stopping.
            InferenceError: The model failed on this request's windows, twice.
        """
        if self._runner.down is not None:
            raise EngineUnavailable(self._runner.down)
        reserved = self._admit(query)
        # A long text is nobody's company: encoding it takes longer than any wait.
        ticket = _Ticket(query, reserved, announced=len(query.text) <= _LONG_TEXT)
        timer = None
        if deadline is not None:
            timer = ticket.loop.call_later(max(deadline, 0.0), _expire, ticket, deadline)
        self._requests += 1
        self._reserved += reserved
        if ticket.announced:
            self._runner.announce(ticket)
        try:
            self._pool(query).submit(self._plan, ticket)
            return await ticket.future
        except asyncio.CancelledError:
            self._observer.cancelled("client")
            raise
        except DeadlineExceeded:
            self._observer.cancelled("deadline")
            raise
        finally:
            ticket.over = True
            if timer is not None:
                timer.cancel()
            self._requests -= 1
            self._release(ticket)
            # Ticket and job know each other, and so do a failure's traceback and the ticket whose
            # future holds the failure: apart, they and the text go at once, and do not wait for
            # the collector of cycles.
            del ticket.future
            job, ticket.job = ticket.job, None
            if job is not None and not job.closed:
                self._runner.cancel(job)

    # -- admission ------------------------------------------------------------------------

    def _admit(self, query: Query) -> int:
        options = self._options
        if self._requests >= options.queue_requests:
            self._observer.rejected("queue_requests")
            raise Overloaded("too many requests wait", "max_queue_requests", self._retry_after(0))
        estimate = _estimate(query)
        queued = self.queued_tokens
        # An idle server takes any request here: the estimate may be wrong, the check after
        # encoding is not.
        if queued and queued + estimate > options.queue_tokens:
            self._observer.rejected("queue_tokens")
            wait = self._retry_after(queued + estimate - options.queue_tokens)
            raise Overloaded("too much text waits", "max_queue_tokens", wait)
        return estimate

    def _retry_after(self, tokens: int) -> int:
        """Whole seconds that the engine needs for this many tokens, within [1, 60]."""
        pace = self._runner.tokens_per_second
        if not pace:
            return 1
        return max(1, min(60, math.ceil(tokens / pace)))

    def _release(self, ticket: _Ticket) -> None:
        """Give back what the estimate reserved: the real windows count from now on."""
        self._reserved -= ticket.reserved
        ticket.reserved = 0
        if ticket.announced:
            ticket.announced = False
            self._runner.withdraw(ticket)

    # -- helper threads -------------------------------------------------------------------

    def _pool(self, query: Query) -> ThreadPoolExecutor:
        return self._long if len(query.text) > _LONG_TEXT else self._short

    def _plan(self, ticket: _Ticket) -> None:
        if ticket.over:
            return
        try:
            query = ticket.query
            plan = self._engine.plan(query.text, query.labels, query.options)
            tokens = sum(window.tokens for window in plan.windows)
            if tokens > self._options.queue_tokens:
                raise LimitExceeded(
                    "tokens of all windows",
                    tokens,
                    self._options.queue_tokens,
                    "max_queue_tokens",
                    None,
                    payload=True,
                )
        except BaseException as error:
            self._call(ticket, _settle, ticket, None, error)
            return
        job = Job(plan, lambda job: self._finished(ticket, job, tokens))
        if not plan.windows:
            self._finished(ticket, job, tokens)
            return
        ticket.job = job
        if ticket.over:
            ticket.job = None
            return
        self._runner.submit(job, ticket)
        # Between these two lines the tokens count twice, which errs on the safe side.
        self._call(ticket, self._release, ticket)

    def _finished(self, ticket: _Ticket, job: Job, tokens: int) -> None:
        """The runner's word on a job; comes from the inference thread."""
        # Its traceback holds the job: kept there, the request's text would stay in memory.
        error, job.error = job.error, None
        if error is not None:
            self._call(ticket, _settle, ticket, None, error)
            return
        try:
            self._pool(ticket.query).submit(self._assemble, ticket, job, tokens)
        except RuntimeError:  # the pool is shut down
            stopping = EngineUnavailable("the server is stopping")
            self._call(ticket, _settle, ticket, None, stopping)

    def _assemble(self, ticket: _Ticket, job: Job, tokens: int) -> None:
        if ticket.over:
            return
        plan: Plan = job.plan
        try:
            spans = [found for found in job.spans if found is not None]
            entities = self._engine.assemble(plan, spans)
            words = count_words(plan) if ticket.query.coverage else (None, None)
        except BaseException as error:
            self._call(ticket, _settle, ticket, None, error)
            return
        detection = Detection(entities, plan.chunks, len(plan.windows), tokens, *words)
        self._call(ticket, _settle, ticket, detection, None)

    @staticmethod
    def _call(ticket: _Ticket, function: Callable[..., None], *args: object) -> None:
        """Continue on the event loop, if there still is one."""
        try:
            ticket.loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            # The loop is closed: the server is going down and nobody waits for this.
            ticket.over = True


def count_words(plan: Plan) -> tuple[int, int]:
    """Words (runs without white space) that some row holds whole, and the others.

    Counted from the rows themselves, so that it would show if the engine left text out.
    """
    edges = np.zeros(len(plan.text) + 1, np.int32)
    for window in plan.windows:
        np.add.at(edges, window.char_starts, 1)
        np.add.at(edges, window.char_ends, -1)
    unread = np.concatenate([[0], np.cumsum(np.cumsum(edges)[:-1] <= 0)])
    read = cut = 0
    for word in re.finditer(r"\S+", plan.text):
        if unread[word.end()] == unread[word.start()]:
            read += 1
        else:
            cut += 1
    return read, cut


def _settle(ticket: _Ticket, detection: Detection | None, error: BaseException | None) -> None:
    if ticket.over or ticket.future.done():
        return
    if detection is not None:
        ticket.future.set_result(detection)
    elif isinstance(error, Exception) and not isinstance(error, StopIteration):
        ticket.future.set_exception(error)
    else:  # a future does not take these, and the loop must not either
        ticket.future.set_exception(InferenceError(f"detection failed ({type(error).__name__})"))


def _expire(ticket: _Ticket, seconds: float) -> None:
    if not ticket.future.done():
        ticket.future.set_exception(DeadlineExceeded(seconds))


def _estimate(query: Query) -> int:
    """Tokens that a request will probably have: labels in every window, 4 characters each."""
    options = query.options
    windows = window_count(len(query.text), options)
    covered = min(windows * options.chunk_length, len(query.text) + windows * options.overlap)
    return windows * _label_tokens(query.labels) + covered // 4


def _label_tokens(labels: Sequence[str]) -> int:
    return sum(2 + len(label) // 6 for label in labels)
