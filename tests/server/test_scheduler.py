"""The scheduler over a real small engine, and over one with faults. No HTTP."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from server_engines import FaultyEngine, RegexEngine, Windows, poison, read

from gliner_fast.errors import InferenceError, InvalidInputError
from gliner_fast.server.batching import Job
from gliner_fast.server.failures import (
    DeadlineExceeded,
    EngineUnavailable,
    LimitExceeded,
    Overloaded,
)
from gliner_fast.server.protocol import SilentObserver
from gliner_fast.server.runner import RunnerOptions
from gliner_fast.server.scheduler import (
    Query,
    Scheduler,
    SchedulerOptions,
    count_words,
    window_count,
)
from gliner_fast.types import DecodeOptions, DetectOptions, Entity, Plan

ANN = "Write to Ann Lee at ann@example.com or call 555-0142."
LABELS = ("email", "phone_number", "first_name")
PATIENT = RunnerOptions(batch_wait=0.0)


class Recorder(SilentObserver):
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.ran: list[tuple[int, int]] = []
        self.reasons: list[str] = []
        self.waits: list[float] = []
        self.failures = 0

    def batch(self, requests: int, windows: int, tokens: int, padded: int, seconds: float) -> None:
        self.ran.append((requests, windows))

    def batch_failed(self) -> None:
        self.failures += 1

    def waited(self, seconds: float) -> None:
        self.waits.append(seconds)

    def rejected(self, reason: str) -> None:
        self.reasons.append(reason)

    def cancelled(self, reason: str) -> None:
        self.reasons.append(reason)


@asynccontextmanager
async def running(
    engine: RegexEngine,
    runner: RunnerOptions = PATIENT,
    observer: Recorder | None = None,
    **options: Any,
) -> AsyncIterator[Scheduler]:
    scheduler = Scheduler(engine, SchedulerOptions(runner=runner, **options), observer)
    scheduler.start()
    try:
        yield scheduler
    finally:
        if isinstance(engine, FaultyEngine):
            engine.gate.set()
        await asyncio.to_thread(scheduler.stop)


def query(text: str = ANN, labels: tuple[str, ...] = LABELS, **options: Any) -> Query:
    decode = DecodeOptions(
        **{k: options.pop(k) for k in ("threshold", "flat_ner", "thresholds") if k in options}
    )
    return Query(text, labels, DetectOptions(decode, **options))


def alone(asked: Query) -> list[Entity]:
    engine = RegexEngine()
    plan = engine.plan(asked.text, asked.labels, asked.options)
    return engine.assemble(plan, engine.run(plan.windows))


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it never happened"
        await asyncio.sleep(0.002)


async def blocked(scheduler: Scheduler, engine: FaultyEngine) -> asyncio.Task[Any]:
    """Close the gate and have a request wait behind it, inside the engine."""
    engine.gate.clear()
    engine.entered.clear()
    task = asyncio.ensure_future(scheduler.detect(query("Bo bo1")))
    await until(engine.entered.is_set)
    return task


# -- results ------------------------------------------------------------------------------


def test_one_request() -> None:
    async def main() -> None:
        async with running(RegexEngine()) as scheduler:
            found = await scheduler.detect(replace(query(), coverage=True))
            assert [(e["text"], e["label"]) for e in found.entities] == [
                ("Write", "first_name"),
                ("Ann", "first_name"),
                ("Lee", "first_name"),
                ("ann@example.com", "email"),
                ("555-0142", "phone_number"),
            ]
            assert (found.chunks, found.windows) == (1, 1)
            assert found.tokens == RegexEngine().plan(ANN, LABELS, DetectOptions()).tokens
            assert (found.words, found.words_cut) == (9, 0)
            assert scheduler.requests == 0
            assert scheduler.queued_tokens == 0

    asyncio.run(main())


@pytest.mark.parametrize("text", ["", "   \n\t "])
def test_a_text_without_words_needs_no_engine(text: str) -> None:
    async def main() -> None:
        engine = FaultyEngine()
        async with running(engine) as scheduler:
            before = len(engine.batches)
            assert (await scheduler.detect(query(text))).entities == []
            assert len(engine.batches) == before

    asyncio.run(main())


TEXTS = st.text(alphabet="Ann bo1@ex.555-0142é\u0301😀 \n", max_size=400)
QUERIES = st.builds(
    query,
    TEXTS,
    st.lists(
        st.sampled_from(["email", "phone_number", "first_name", "sentence", "?"]), min_size=1
    ).map(tuple),
    threshold=st.sampled_from([0.0, 0.3, 0.55, 0.85]),
    flat_ner=st.booleans(),
    chunk_length=st.sampled_from([7, 40, 384]),
    overlap=st.integers(0, 6),
)


@settings(max_examples=30)
@given(st.lists(QUERIES, min_size=1, max_size=12), st.sampled_from([60, 500, 16_384]))
def test_mixed_requests_get_what_each_gets_alone(asked: list[Query], tokens: int) -> None:
    async def main() -> None:
        engine = FaultyEngine()
        options = RunnerOptions(batch_tokens=tokens, batch_wait=0.002, batch_seconds=10)
        async with running(engine, options) as scheduler:
            results = await asyncio.gather(*(scheduler.detect(one) for one in asked))
        for one, found in zip(asked, results, strict=True):
            assert found.entities == alone(one)
            for entity in found.entities:
                assert one.text[entity["start"] : entity["end"]] == entity["text"]

    asyncio.run(main())


def test_coverage_shows_text_that_was_left_out() -> None:
    engine = RegexEngine()
    plan = engine.plan(ANN, LABELS, DetectOptions(chunk_length=20, overlap=5))
    assert count_words(plan) == (9, 0)
    lossy = replace(plan, windows=[window for window in plan.windows if window.chunk != 1])
    read_words, cut = count_words(lossy)
    assert cut > 0
    assert read_words + cut == 9


@given(st.integers(0, 3000), st.integers(1, 500), st.data())
def test_window_count_is_the_engines(characters: int, length: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, length - 1))
    options = DetectOptions(chunk_length=length, overlap=overlap)
    assert window_count(characters, options) == max(
        0, RegexEngine().plan("a" * characters, ("x",), options).chunks
    )


# -- batching -----------------------------------------------------------------------------


def test_waiting_requests_of_all_kinds_share_a_batch() -> None:
    async def main() -> None:
        engine = FaultyEngine()
        options = RunnerOptions(batch_wait=0.0, batch_seconds=10)
        async with running(engine, options) as scheduler:
            first = await blocked(scheduler, engine)
            asked = [
                query(labels=("email",)),
                query(labels=("other",)),
                query(labels=("email",), threshold=0.5),
                query(labels=("email",), thresholds={"email": 0.99}),
                query(labels=("email",), flat_ner=True),
                query(labels=("email",), chunk_length=300, overlap=10),
            ]
            waiting = [asyncio.ensure_future(scheduler.detect(one)) for one in asked]
            await until(lambda: scheduler._runner.queued_requests == 6)
            before = len(engine.batches)
            engine.gate.set()
            results = await asyncio.gather(*waiting)
            await first
            # Batch `before` is the one that was held at the gate.
            assert len(engine.prompts_of(before + 1)) == 6
            assert [found.entities for found in results] == [alone(one) for one in asked]

    asyncio.run(main())


@pytest.mark.parametrize(("most", "shared"), [(1, {1}), (3, {1, 3}), (32, {1, 7})])
def test_the_number_of_requests_in_a_batch_is_bounded(most: int, shared: set[int]) -> None:
    async def main() -> None:
        engine, seen = FaultyEngine(), Recorder()
        options = RunnerOptions(batch_wait=0.0, max_batch_requests=most, batch_seconds=10)
        async with running(engine, options, seen) as scheduler:
            first = await blocked(scheduler, engine)
            waiting = [asyncio.ensure_future(scheduler.detect(query())) for _ in range(7)]
            await until(lambda: scheduler._runner.queued_requests == 7)
            engine.gate.set()
            await asyncio.gather(first, *waiting)
            assert {requests for requests, _ in seen.ran} == shared

    asyncio.run(main())


def test_a_lone_request_waits_for_nobody() -> None:
    async def main() -> None:
        seen = Recorder()
        async with running(RegexEngine(), RunnerOptions(batch_wait=5.0), seen) as scheduler:
            for _ in range(5):
                began = time.monotonic()
                await scheduler.detect(query())
                assert time.monotonic() - began < 1.0
            assert max(seen.waits) < 1.0

    asyncio.run(main())


def test_a_request_waits_for_company_that_is_being_encoded() -> None:
    class SlowPlan(FaultyEngine):
        def plan(self, text: str, labels: Any, options: DetectOptions) -> Any:
            if "slow" in text:
                time.sleep(0.2)
            return super().plan(text, labels, options)

    async def main(wait: float) -> list[tuple[int, int]]:
        seen = Recorder()
        async with running(SlowPlan(), RunnerOptions(batch_wait=wait), seen) as scheduler:
            slow = asyncio.ensure_future(scheduler.detect(query("slow Ann")))
            await asyncio.sleep(0.02)
            await scheduler.detect(query("quick Ann"))
            await slow
        return seen.ran

    assert asyncio.run(main(5.0)) == [(2, 2)]
    assert asyncio.run(main(0.05)) == [(1, 1), (1, 1)]


def test_a_short_request_overtakes_a_long_document() -> None:
    async def main() -> None:
        engine = FaultyEngine(seconds=0.005)
        options = RunnerOptions(batch_tokens=1000, batch_wait=0.0, batch_seconds=10)
        async with running(engine, options) as scheduler:
            document = query(ANN * 2000)
            long_one = asyncio.ensure_future(scheduler.detect(document))
            await until(lambda: len(engine.batches) > 3)
            latencies = []
            for _ in range(5):
                began = time.monotonic()
                short = await scheduler.detect(query())
                latencies.append(time.monotonic() - began)
                assert short.entities == alone(query())
            assert not long_one.done()
            # Alone, the document takes more than 400 batches of 5 ms.
            assert sorted(latencies)[2] < 0.2
            assert (await long_one).entities == alone(document)

    asyncio.run(main())


def test_padding_is_free_where_starting_a_run_is_dear() -> None:
    """On a GPU a run of few tokens takes as long as one of many: mixed lengths then share it."""

    async def main(overhead: float) -> int:
        engine = FaultyEngine(seconds=overhead)
        options = RunnerOptions(batch_wait=0.0, batch_seconds=10)
        async with running(engine, options) as scheduler:
            engine.fault = lambda windows: time.sleep(sum(w.tokens for w in windows) * 2e-6)
            await scheduler.detect(query(ANN * 100))
            first = await blocked(scheduler, engine)
            waiting = [
                asyncio.ensure_future(scheduler.detect(query("Ann " * n))) for n in (1, 9, 40, 90)
            ]
            await until(lambda: scheduler._runner.queued_requests == 4)
            before = len(engine.batches)
            engine.gate.set()
            await asyncio.gather(first, *waiting)
            return len(engine.batches) - before - 1

    assert asyncio.run(main(0.05)) == 1
    assert asyncio.run(main(0.0)) > 1


def test_batches_are_sized_by_the_engines_pace() -> None:
    async def main() -> None:
        engine = FaultyEngine()
        engine.fault = lambda windows: time.sleep(sum(w.tokens for w in windows) * 20e-6)
        options = RunnerOptions(batch_tokens=16_384, batch_wait=0.0, batch_seconds=0.1)
        async with running(engine, options) as scheduler:
            await scheduler.detect(query(ANN * 300))
            sizes = [sum(w.tokens for w in batch) for batch in engine.batches]
            # 50,000 tokens a second: about 5,000 in 0.1 s, where 16,384 would be allowed.
            assert 2_000 < max(sizes) < 8_000

    asyncio.run(main())


# -- bounds -------------------------------------------------------------------------------


def test_a_full_queue_refuses_and_says_when_to_come_back() -> None:
    async def main() -> None:
        engine, seen = FaultyEngine(), Recorder()
        async with running(engine, observer=seen, queue_tokens=2000) as scheduler:
            first = await blocked(scheduler, engine)
            waiting = []
            with pytest.raises(Overloaded) as refused:
                for _ in range(100):
                    waiting.append(asyncio.ensure_future(scheduler.detect(query())))
                    await asyncio.sleep(0.001)
                    if waiting[-1].done():
                        await waiting.pop()
            assert 3 < len(waiting) < 30
            assert scheduler.queued_tokens <= 2200
            assert 1 <= refused.value.retry_after <= 60
            assert refused.value.setting == "max_queue_tokens"
            assert seen.reasons == ["queue_tokens"]
            engine.gate.set()
            results = await asyncio.gather(*waiting)
            assert all(found.entities == alone(query()) for found in results)
            await first
            assert (await scheduler.detect(query())).entities  # there is room again

    asyncio.run(main())


def test_retry_after_follows_the_engines_pace() -> None:
    async def main() -> None:
        engine = FaultyEngine()
        engine.fault = lambda windows: time.sleep(sum(w.tokens for w in windows) / 10_000)
        options = RunnerOptions(batch_wait=0.0, batch_tokens=2_000)
        async with running(engine, options, queue_tokens=95_000) as scheduler:
            for _ in range(3):  # it learns the pace: 10,000 tokens a second
                await scheduler.detect(query(ANN * 20))
            first = await blocked(scheduler, engine)
            document = query(ANN * 2000, chunk_length=9000)
            long_one = asyncio.ensure_future(scheduler.detect(document))
            await until(lambda: scheduler._runner.queued_requests == 1)
            with pytest.raises(Overloaded) as refused:
                await scheduler.detect(document)
            # 92,000 wait and 27,000 more are estimated: 24,000 too many.
            assert 2 <= refused.value.retry_after <= 4
            long_one.cancel()
            await asyncio.wait({long_one})
            engine.gate.set()
            await first

    asyncio.run(main())


def test_the_number_of_requests_is_bounded() -> None:
    async def main() -> None:
        engine, seen = FaultyEngine(), Recorder()
        async with running(engine, observer=seen, queue_requests=2) as scheduler:
            first = await blocked(scheduler, engine)
            second = asyncio.ensure_future(scheduler.detect(query()))
            await asyncio.sleep(0)
            with pytest.raises(Overloaded):
                await scheduler.detect(query())
            assert seen.reasons == ["queue_requests"]
            engine.gate.set()
            await asyncio.gather(first, second)

    asyncio.run(main())


def test_a_request_that_never_fits_is_too_large_not_busy() -> None:
    async def main() -> None:
        async with running(RegexEngine(), queue_tokens=500) as scheduler:
            with pytest.raises(LimitExceeded, match="max_queue_tokens") as refused:
                await scheduler.detect(query(ANN * 20))
            assert refused.value.payload
            assert (await scheduler.detect(query())).entities
            assert scheduler.queued_tokens == 0

    asyncio.run(main())


def test_wrong_input_is_the_callers_error() -> None:
    class Strict(RegexEngine):
        def plan(self, text: str, labels: Any, options: DetectOptions) -> Any:
            if "" in labels:
                raise InvalidInputError("labels", "labels with text", "an empty one")
            return super().plan(text, labels, options)

    async def main() -> None:
        async with running(Strict()) as scheduler:
            with pytest.raises(InvalidInputError):
                await scheduler.detect(query(labels=("email", "")))
            assert scheduler.queued_tokens == 0
            assert (await scheduler.detect(query())).entities

    asyncio.run(main())


# -- giving up ----------------------------------------------------------------------------


def test_a_deadline_ends_the_wait_and_the_work() -> None:
    async def main() -> None:
        engine, seen = FaultyEngine(), Recorder()
        async with running(engine, observer=seen) as scheduler:
            first = await blocked(scheduler, engine)
            with pytest.raises(DeadlineExceeded):
                await scheduler.detect(query("Never never1"), deadline=0.05)
            assert seen.reasons == ["deadline"]
            assert scheduler._runner.queued_requests == 0
            engine.gate.set()
            await first
            await scheduler.detect(query())
            assert not any("Never" in read(w) for batch in engine.batches for w in batch)

    asyncio.run(main())


def test_a_cancelled_request_does_not_run() -> None:
    async def main() -> None:
        engine, seen = FaultyEngine(), Recorder()
        async with running(engine, observer=seen) as scheduler:
            first = await blocked(scheduler, engine)
            gone = asyncio.ensure_future(scheduler.detect(query("Never never1")))
            await until(lambda: scheduler._runner.queued_requests == 1)
            gone.cancel()
            await asyncio.wait({gone})
            assert seen.reasons == ["client"]
            assert scheduler.queued_tokens == 0
            engine.gate.set()
            await first
            await scheduler.detect(query())
            assert not any("Never" in read(w) for batch in engine.batches for w in batch)

    asyncio.run(main())


def test_a_cancelled_document_stops_taking_batches() -> None:
    async def main() -> None:
        engine = FaultyEngine(seconds=0.002)
        options = RunnerOptions(batch_tokens=500, batch_wait=0.0)
        async with running(engine, options) as scheduler:
            document = asyncio.ensure_future(scheduler.detect(query(ANN * 1000)))
            await until(lambda: len(engine.batches) > 5)
            document.cancel()
            await asyncio.wait({document})
            ran = len(engine.batches)
            await scheduler.detect(query())
            await asyncio.sleep(0.05)
            assert len(engine.batches) <= ran + 3
            assert scheduler.queued_tokens == 0

    asyncio.run(main())


def test_a_request_cancelled_while_it_is_encoded_does_not_run() -> None:
    async def main() -> None:
        planning, go_on = threading.Event(), threading.Event()

        class SlowPlan(FaultyEngine):
            def plan(self, text: str, labels: Any, options: DetectOptions) -> Any:
                if "Never" in text:
                    planning.set()
                    go_on.wait(5)
                return super().plan(text, labels, options)

        engine = SlowPlan()
        async with running(engine) as scheduler:
            gone = asyncio.ensure_future(scheduler.detect(query("Never never1")))
            await until(planning.is_set)
            gone.cancel()
            await asyncio.wait({gone})
            go_on.set()
            await scheduler.detect(query())
            await asyncio.sleep(0.02)
            assert not any("Never" in read(w) for batch in engine.batches for w in batch)
            assert scheduler.queued_tokens == 0

    asyncio.run(main())


def test_nothing_of_a_request_stays_in_memory_after_its_answer() -> None:
    """Text, rows and spans go at once: the collector of cycles would come minutes later."""

    def left() -> list[object]:
        held = (Job, Plan, Query)
        return [x for x in gc.get_objects() if isinstance(x, held)]

    async def main() -> None:
        engine = FaultyEngine()
        async with running(engine, queue_tokens=5_000) as scheduler:
            before = len(left())
            for number in range(20):
                await scheduler.detect(query(f"{ANN} {number}"))
            blocker = await blocked(scheduler, engine)
            gone = asyncio.ensure_future(scheduler.detect(query("Never never1")))
            await until(lambda: scheduler._runner.queued_requests == 1)
            gone.cancel()
            await asyncio.wait({gone})
            with pytest.raises(DeadlineExceeded):
                await scheduler.detect(query("Too late1"), deadline=0.01)
            engine.gate.set()
            await blocker
            del blocker, gone
            with pytest.raises(LimitExceeded):
                await scheduler.detect(query("word1 " * 20_000))
            engine.fault = poison("Poison", lambda: RuntimeError("in node MatMul"))
            with pytest.raises(InferenceError):
                await scheduler.detect(query("Poison1"))
            engine.batches.clear()
            await until(lambda: len(left()) <= before)

    gc.collect()
    gc.disable()
    try:
        asyncio.run(main())
    finally:
        gc.enable()


# -- faults -------------------------------------------------------------------------------


def test_one_failure_costs_nobody_anything() -> None:
    async def main() -> None:
        engine, seen = FaultyEngine(), Recorder()
        async with running(engine, observer=seen) as scheduler:
            strikes = iter([True])

            def once(windows: Windows) -> None:
                if next(strikes, False):
                    raise RuntimeError("CUDA error")

            engine.fault = once
            assert (await scheduler.detect(query())).entities == alone(query())
            assert seen.failures == 1
            assert scheduler.down is None

    asyncio.run(main())


def test_a_poisoned_request_fails_alone() -> None:
    async def main() -> None:
        engine, seen = FaultyEngine(), Recorder()
        options = RunnerOptions(batch_wait=0.0, batch_seconds=10)
        async with running(engine, options, seen) as scheduler:
            first = await blocked(scheduler, engine)
            engine.fault = poison("Poison", lambda: RuntimeError("Poison pill in node MatMul"))
            asked = [query(f"Ann{n} ann{n}@example.com") for n in range(6)]
            waiting = [asyncio.ensure_future(scheduler.detect(one)) for one in asked]
            bad = asyncio.ensure_future(scheduler.detect(query("Poison")))
            await until(lambda: scheduler._runner.queued_requests == 7)
            engine.gate.set()
            results = await asyncio.gather(first, *waiting)
            assert [found.entities for found in results[1:]] == [alone(one) for one in asked]
            with pytest.raises(InferenceError) as failed:
                await bad
            assert "Poison" not in str(failed.value)  # the engine's message may quote the text
            assert scheduler.down is None
            assert seen.failures == 2  # the batch, and the poisoned part of it
            assert (await scheduler.detect(query())).entities

    asyncio.run(main())


def test_a_failing_document_stops_after_its_first_failure() -> None:
    async def main() -> None:
        engine = FaultyEngine()
        options = RunnerOptions(batch_tokens=500, batch_wait=0.0)
        async with running(engine, options) as scheduler:
            engine.fault = poison("Write", lambda: RuntimeError("no"))
            with pytest.raises(InferenceError):
                await scheduler.detect(query(ANN * 500))
            assert len(engine.batches) < 10
            assert scheduler.queued_tokens == 0

    asyncio.run(main())


def test_a_batch_too_large_for_memory_runs_in_halves() -> None:
    async def main() -> None:
        engine = FaultyEngine()

        def small_memory(windows: Windows) -> None:
            if len(windows) > 3:
                raise MemoryError

        async with running(engine, RunnerOptions(batch_wait=0.0, batch_seconds=10)) as scheduler:
            asked = query(ANN, chunk_length=10, overlap=0)
            assert len(RegexEngine().plan(asked.text, asked.labels, asked.options).windows) == 6
            engine.fault = small_memory
            assert (await scheduler.detect(asked)).entities == alone(asked)
            assert scheduler.down is None

    asyncio.run(main())


@pytest.mark.parametrize("message", ["Failed to allocate memory for requested buffer", ""])
def test_no_memory_for_a_request_is_a_passing_state(message: str) -> None:
    async def main() -> None:
        engine = FaultyEngine()
        async with running(engine) as scheduler:
            error = RuntimeError(message) if message else MemoryError()
            engine.fault = poison("Huge", lambda: error)
            with pytest.raises(EngineUnavailable, match="memory"):
                await scheduler.detect(query("Huge"))
            assert scheduler.down is None  # the probe worked
            assert (await scheduler.detect(query())).entities

    asyncio.run(main())


def test_a_dead_engine_fails_everything_at_once() -> None:
    async def main() -> None:
        engine = FaultyEngine()
        async with running(engine) as scheduler:
            first = await blocked(scheduler, engine)

            def dead(windows: Windows) -> None:
                raise RuntimeError("device lost")

            engine.fault = dead
            waiting = [asyncio.ensure_future(scheduler.detect(query())) for _ in range(5)]
            await until(lambda: scheduler._runner.queued_requests == 5)
            engine.gate.set()
            results = await asyncio.gather(first, *waiting, return_exceptions=True)
            assert [type(result) for result in results] == [EngineUnavailable] * 6
            assert scheduler.down is not None
            with pytest.raises(EngineUnavailable):
                await scheduler.detect(query())
            assert scheduler.queued_tokens == 0

    asyncio.run(main())


def test_an_engine_that_ends_its_thread_is_noticed() -> None:
    async def main() -> None:
        engine = FaultyEngine()
        async with running(engine) as scheduler:

            def leave(windows: Windows) -> None:
                raise SystemExit

            engine.fault = leave
            with pytest.raises(EngineUnavailable):
                await asyncio.wait_for(scheduler.detect(query()), 5)
            assert scheduler.down is not None

    asyncio.run(main())


def test_a_hung_engine_is_noticed() -> None:
    async def main() -> None:
        engine = FaultyEngine()
        async with running(engine, RunnerOptions(batch_wait=0.0, hang_after=0.1)) as scheduler:
            first = await blocked(scheduler, engine)
            second = asyncio.ensure_future(scheduler.detect(query()))
            scheduler.check()
            assert scheduler.down is None
            await asyncio.sleep(0.15)
            scheduler.check()
            results = await asyncio.gather(first, second, return_exceptions=True)
            assert [type(result) for result in results] == [EngineUnavailable] * 2
            with pytest.raises(EngineUnavailable, match=r"0\.1 s"):
                await scheduler.detect(query())
            engine.gate.set()  # it comes back after all: nobody hears of it
            await asyncio.sleep(0.05)
            assert scheduler.down is not None

    asyncio.run(main())


@pytest.mark.parametrize("wrong", [[], ["too", "many"]])
def test_an_engine_that_loses_results_is_a_failure(wrong: list[Any]) -> None:
    async def main() -> None:
        engine = FaultyEngine()
        async with running(engine) as scheduler:
            engine.run = lambda windows: wrong  # type: ignore[method-assign]
            with pytest.raises(EngineUnavailable):
                await scheduler.detect(query())

    asyncio.run(main())


@pytest.mark.parametrize("error", [RuntimeError("x"), StopIteration(), KeyError("Ann")])
def test_a_failure_while_encoding_reaches_the_caller_only(error: Exception) -> None:
    async def main() -> None:
        class Broken(RegexEngine):
            def plan(self, text: str, labels: Any, options: DetectOptions) -> Any:
                if "Broken" in text:
                    raise error
                return super().plan(text, labels, options)

        async with running(Broken()) as scheduler:
            with pytest.raises((type(error), InferenceError)):
                await scheduler.detect(query("Broken"))
            assert (await scheduler.detect(query())).entities
            assert scheduler.queued_tokens == 0

    asyncio.run(main())


def test_stopping_answers_what_still_waits() -> None:
    async def main() -> None:
        engine = FaultyEngine()
        async with running(engine) as scheduler:
            first = await blocked(scheduler, engine)
            second = asyncio.ensure_future(scheduler.detect(query()))
            await until(lambda: scheduler._runner.queued_requests == 1)
            assert not scheduler.stop(0.0)
            results = await asyncio.gather(first, second, return_exceptions=True)
            assert [type(result) for result in results] == [EngineUnavailable] * 2

    asyncio.run(main())
