"""The fair queue alone: order, budget, padding, bookkeeping."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server_engines import RegexEngine

from gliner_fast.server.batching import BatchLimits, FairQueue, Job
from gliner_fast.types import DetectOptions

ENGINE = RegexEngine()
LIMITS = BatchLimits(tokens=1000, requests=32)


def job(windows: int, length: int = 100) -> Job:
    """A job of equal windows of about ``length`` tokens each."""
    text = "a" * (length * windows)
    plan = ENGINE.plan(text, ("x",), DetectOptions(chunk_length=length, overlap=0))
    assert len(plan.windows) == windows
    return Job(plan, lambda job: None)


def test_a_short_request_is_in_the_next_batch_behind_a_long_document() -> None:
    queue = FairQueue()
    document = job(2000)
    queue.add(document)
    for _ in range(50):
        queue.take(LIMITS)
    short = job(1)
    queue.add(short)
    batch = queue.take(LIMITS)
    assert {slot.job for slot in batch} == {short, document}


def test_a_short_request_of_another_length_waits_one_batch_at_most() -> None:
    for before in (50, 51):
        queue = FairQueue()
        queue.add(job(2000, length=400))
        for _ in range(before):
            queue.take(LIMITS)
        short = job(1, length=10)
        queue.add(short)
        taken = [slot.job for _ in range(2) for slot in queue.take(LIMITS)]
        assert short in taken


def test_rows_of_any_length_share_a_batch_that_is_not_padded() -> None:
    queue = FairQueue()
    long, short = job(1, length=600), job(1, length=10)
    queue.add(long)
    queue.add(short)
    batch = queue.take(BatchLimits(tokens=1000, requests=32, free_padding=0, pads=False))
    assert {slot.job for slot in batch} == {long, short}


def test_of_two_documents_the_older_goes_first_and_the_younger_goes_on() -> None:
    queue = FairQueue()
    first, second = job(100), job(100)
    queue.add(first)
    for _ in range(2):
        queue.take(LIMITS)
    queue.add(second)
    before = len(first.pending)
    for _ in range(8):
        queue.take(LIMITS)
    served_first, served_second = before - len(first.pending), 100 - len(second.pending)
    assert served_first >= served_second > 0.25 * served_first


@pytest.mark.parametrize("length", [10, 100, 300])
def test_a_flood_of_short_requests_leaves_a_document_half_of_the_engine(length: int) -> None:
    """More short requests than the engine can do come with every batch."""
    queue = FairQueue()
    document = job(50)
    queue.add(document)
    batches = 0
    while document.pending:
        for _ in range(120):
            queue.add(job(1, length))
        queue.take(LIMITS)
        batches += 1
    # Alone it takes 6 batches of 9 windows.
    assert batches <= 14


def test_a_window_larger_than_the_budget_runs_alone() -> None:
    queue = FairQueue()
    queue.add(job(2, length=5000))
    queue.add(job(1))
    sizes = []
    while batch := queue.take(LIMITS):
        sizes.append(len(batch))
    assert sorted(sizes) == [1, 1, 1]


def test_requests_in_a_batch_are_bounded() -> None:
    queue = FairQueue()
    for _ in range(10):
        queue.add(job(3))
    batch = queue.take(BatchLimits(tokens=100_000, requests=4))
    assert len({slot.job for slot in batch}) == 4
    assert len(batch) == 12
    lone = queue.take(BatchLimits(tokens=100_000, requests=1))
    assert len({slot.job for slot in lone}) == 1


def test_removing_a_job_gives_its_tokens_back() -> None:
    queue = FairQueue()
    stays, leaves = job(3), job(5)
    queue.add(stays)
    queue.add(leaves)
    queue.take(BatchLimits(tokens=250, requests=32))
    queue.remove(leaves)
    queue.remove(leaves)
    assert queue.tokens == sum(stays.plan.windows[i].tokens for i in stays.pending)
    taken = {slot.job for slot in iter(lambda: queue.take(LIMITS), []) for slot in slot}
    assert taken <= {stays}
    assert queue.tokens == 0
    assert len(queue) == 0


@given(
    st.lists(st.tuples(st.integers(1, 12), st.integers(1, 600)), min_size=1, max_size=30),
    st.integers(1, 3000),
    st.integers(1, 40),
    st.sampled_from([0, 64, 2000]),
    st.booleans(),
)
def test_every_window_runs_once_within_budget_and_padding(
    shapes: list[tuple[int, int]], tokens: int, requests: int, free: int, pads: bool
) -> None:
    queue = FairQueue()
    jobs = [job(windows, length) for windows, length in shapes]
    for each in jobs:
        queue.add(each)
    total = queue.tokens
    assert total == sum(window.tokens for each in jobs for window in each.plan.windows)
    seen: set[tuple[int, int]] = set()
    while batch := queue.take(BatchLimits(tokens, requests, free, pads)):
        real = sum(slot.window.tokens for slot in batch)
        padded = len(batch) * max(slot.window.tokens for slot in batch)
        assert len(batch) == 1 or (padded if pads else real) <= tokens
        assert len(batch) == 1 or padded <= 2 * tokens
        assert not pads or padded - real <= max(free, 0.05 * padded)
        assert len({slot.job for slot in batch}) <= requests
        for slot in batch:
            key = (slot.job.number, slot.index)
            assert key not in seen
            seen.add(key)
        total -= real
        assert queue.tokens == total
    assert len(seen) == sum(windows for windows, _ in shapes)
    assert total == 0
