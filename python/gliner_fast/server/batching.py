"""Which windows run next: fair between requests, cheap in padding. No threads in here.

Two rules share every batch. Half of it goes to the oldest request, so that a long document
comes to its end before its deadline however many short ones keep coming. The rest is start-time
fair queueing: every request has a tag, the queue's virtual time when it came plus the tokens it
has had since, and the least tag is served first, so that a short request that arrives behind a
document of 2,000 windows is in the next batch or the one after it. Fair queueing alone
would let a stream of short requests keep a long document waiting until its deadline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from operator import attrgetter

from gliner_fast.types import EncodedWindow, Plan, Spans

__all__ = ["BatchLimits", "FairQueue", "Job", "Slot"]

# Rows of different lengths share a padded batch while padding is this small a part of it: on a
# CPU padding costs what text costs.
_MOST_PADDING = 0.05
# Where rows are not padded, the span head still pads their words: rows times the longest may
# come to this many times the batch's tokens, or memory would.
_MOST_STRETCH = 2

_NUMBERS = count()


@dataclass(eq=False, slots=True)
class Job:
    """One request's windows on their way through the engine.

    Attributes:
        plan: The encoded text.
        finished: Called exactly once, from the inference thread or from whoever removed the
            job, when it has all spans or an error.
        ready_at: When it was queued, in seconds of the monotonic clock.
        pending: Indices of windows that have not been taken, the next one last.
        spans: Results by window index.
        missing: Windows without a result.
        error: Why it failed.
        closed: True once finished or given up: no further batch takes its windows.
        tag: Virtual finish time, in tokens.
    """

    plan: Plan
    finished: Callable[[Job], None]
    ready_at: float = 0.0
    pending: list[int] = field(default_factory=list)
    spans: list[Spans | None] = field(default_factory=list)
    missing: int = 0
    error: Exception | None = None
    closed: bool = False
    started: bool = False
    tag: float = 0.0
    number: int = field(default_factory=lambda: next(_NUMBERS))

    def __post_init__(self) -> None:
        windows = self.plan.windows
        # Longest first: a document's short last window then shares no batch with long ones.
        self.pending = sorted(range(len(windows)), key=lambda i: windows[i].tokens)
        self.spans = [None] * len(windows)
        self.missing = len(windows)


@dataclass(frozen=True, slots=True)
class Slot:
    """One row of a batch: a window of a job."""

    job: Job
    index: int

    @property
    def window(self) -> EncodedWindow:
        """The row itself."""
        return self.job.plan.windows[self.index]


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How large a batch may be.

    Attributes:
        tokens: Most tokens that the engine computes. One row may be longer and then runs alone.
        requests: Requests that share a batch.
        free_padding: Tokens of padding that cost less than another run of the session would.
        pads: Whether the engine pads rows to the longest of their batch.
    """

    tokens: int
    requests: int
    free_padding: int = 64
    pads: bool = True

    def computed(self, rows: int, longest: int, tokens: int) -> int:
        """Tokens that the engine computes for a batch that holds ``tokens``."""
        return rows * longest if self.pads else tokens


class FairQueue:
    """Jobs with windows to run. Not thread-safe: the runner holds its lock around it."""

    def __init__(self) -> None:
        self._jobs: dict[int, Job] = {}
        self._virtual = 0.0
        self._oldest_leads = False
        self.tokens = 0

    def __len__(self) -> int:
        return len(self._jobs)

    @property
    def oldest(self) -> float:
        """When the longest-waiting job became ready. The queue must not be empty."""
        return min(job.ready_at for job in self._jobs.values())

    def jobs(self) -> list[Job]:
        """All jobs with windows waiting."""
        return list(self._jobs.values())

    def add(self, job: Job) -> None:
        """Queue a job that has windows."""
        job.tag = self._virtual
        self._jobs[job.number] = job
        self.tokens += sum(job.plan.windows[i].tokens for i in job.pending)

    def remove(self, job: Job) -> None:
        """Take a job's waiting windows out, if there are any."""
        if self._jobs.pop(job.number, None) is not None:
            self.tokens -= sum(job.plan.windows[i].tokens for i in job.pending)
            job.pending.clear()

    def take(self, limits: BatchLimits) -> list[Slot]:
        """The next batch: at least one row if any job waits.

        The first row sets the scale: where rows are padded, those that would mostly add padding
        wait for another batch.
        It comes from the oldest job and from the job with the least tag in turn, so that each
        leads every other batch whatever their lengths.
        """
        if not self._jobs:
            return []
        order = sorted(self._jobs.values(), key=attrgetter("tag", "number"))
        oldest = next(iter(self._jobs.values()))
        self._virtual = max(self._virtual, order[0].tag)
        self._oldest_leads = not self._oldest_leads
        batch = _Batch(limits)
        batch.take(oldest if self._oldest_leads else order[0])
        while batch.computed < limits.tokens // 2 and batch.take(oldest):
            pass
        # Then everyone in turn, one row each, until nobody's next row fits.
        while order:
            order = [job for job in order if batch.take(job)]
        for job in batch.jobs:
            if not job.pending:
                del self._jobs[job.number]
        self.tokens -= batch.tokens
        return batch.slots


class _Batch:
    """A batch while rows are added to it."""

    def __init__(self, limits: BatchLimits) -> None:
        self._limits = limits
        self._longest = 0
        self.slots: list[Slot] = []
        self.jobs: set[Job] = set()
        self.tokens = 0

    @property
    def computed(self) -> int:
        return self._limits.computed(len(self.slots), self._longest, self.tokens)

    def take(self, job: Job) -> bool:
        """Move a job's next row into the batch if there is one and it fits."""
        if not job.pending:
            return False
        if job not in self.jobs and len(self.jobs) == self._limits.requests:
            return False
        tokens = job.plan.windows[job.pending[-1]].tokens
        longest = max(self._longest, tokens)
        computed = self._limits.computed(len(self.slots) + 1, longest, self.tokens + tokens)
        waste = computed - self.tokens - tokens
        if self.slots and (
            computed > self._limits.tokens
            or (len(self.slots) + 1) * longest > _MOST_STRETCH * self._limits.tokens
            or waste > max(self._limits.free_padding, _MOST_PADDING * computed)
        ):
            return False
        self.slots.append(Slot(job, job.pending.pop()))
        self.jobs.add(job)
        self._longest = longest
        self.tokens += tokens
        job.tag += tokens
        return True
