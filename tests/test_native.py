"""The compiled post-processing equals the oracles, refuses bad input and releases the GIL."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import oracles
from gliner_fast import _native

Batch = dict[str, Any]

LOGITS = st.one_of(
    st.floats(-6, 3, width=32),
    st.sampled_from([20.0, 30.0, 31.0]),  # saturated: different logits, one score
    st.sampled_from([0.0, -0.0, np.inf, -np.inf, 1e30, -1e30, -88.0, -88.7, -89.0, 16.6, 16.7]),
)
THRESHOLDS = st.one_of(
    st.sampled_from([0.0, 1.0, 0.3, 0.5, 0.9, float(np.nextafter(np.float32(1), np.float32(0)))]),
    st.sampled_from([float(np.float32(1e-45)), float(np.float32(3e-39))]),
    st.floats(0, 1, width=32),
)
SCORES = st.one_of(st.sampled_from([0.2, 0.5, 1.0]), st.floats(0, 1, width=32))


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    """Rows of mixed lengths, labels and options in one batch."""
    batch, words, widths, labels = (draw(st.integers(0, most)) for most in (3, 7, 4, 4))
    return {
        "logits": draw(arrays(np.float32, (batch, words, widths, labels), elements=LOGITS)),
        "word_counts": draw(arrays(np.int32, batch, elements=st.integers(0, words))),
        "label_counts": draw(arrays(np.int32, batch, elements=st.integers(0, labels))),
        "thresholds": draw(arrays(np.float32, (batch, labels), elements=THRESHOLDS)),
        "flat": draw(arrays(np.bool_, batch)),
        "multi_label": draw(arrays(np.bool_, batch)),
    }


@st.composite
def span_lists(draw: st.DrawFn) -> list[oracles.Span]:
    """Spans with duplicates and ties, in any order; a few far away and wide."""
    start = st.one_of(st.integers(0, 12), st.integers(0, 10**9))
    width = st.one_of(st.integers(0, 6), st.integers(0, 10**9))
    one = st.tuples(start, width, st.integers(0, 2), SCORES)
    drawn = draw(st.lists(one, max_size=30))
    return [(start, start + width, label, score) for start, width, label, score in drawn]


def rows_of(decoded: tuple[npt.NDArray[Any], ...]) -> list[tuple[Any, ...]]:
    return list(zip(*(column.tolist() for column in decoded), strict=True))


def plain_batch(shape: tuple[int, int, int, int] = (2, 4, 3, 5), logit: float = -1.0) -> Batch:
    """A batch without padding, threshold one half."""
    batch, words, _, labels = shape
    return {
        "logits": np.full(shape, logit, np.float32),
        "word_counts": np.full(batch, words, np.int32),
        "label_counts": np.full(batch, labels, np.int32),
        "thresholds": np.full((batch, labels), 0.5, np.float32),
        "flat": np.zeros(batch, np.bool_),
        "multi_label": np.zeros(batch, np.bool_),
    }


def plain_spans(position: type[np.generic]) -> oracles.Columns:
    return oracles.columns([(0, 1, 0, 0.5), (2, 3, 1, 0.75)], position)


# Equal to the oracles ---------------------------------------------------------------------------


@given(batches())
@settings(max_examples=300)
def test_decoding_equals_the_oracle(batch: Batch) -> None:
    decoded = _native.decode_spans(**batch)
    assert rows_of(decoded) == oracles.decode(**batch)
    assert [column.dtype for column in decoded] == [np.int32] * 4 + [np.float32]


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("multi_label", [False, True])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 0.9])
def test_decoding_realistic_rows_equals_the_oracle(
    flat: bool, multi_label: bool, threshold: float
) -> None:
    """Long rows, unlike those of the property test, fill the vectors of the scan."""
    rng = np.random.default_rng(7)
    batch = plain_batch((3, 12, 6, 11))
    batch["logits"] = rng.normal(-2, 3, batch["logits"].shape).astype(np.float32)
    batch["word_counts"] = np.array([12, 9, 1], np.int32)
    batch["label_counts"] = np.array([11, 4, 7], np.int32)
    batch["thresholds"].fill(threshold)
    batch["flat"].fill(flat)
    batch["multi_label"].fill(multi_label)
    assert rows_of(_native.decode_spans(**batch)) == oracles.decode(**batch)


@given(span_lists(), st.booleans(), st.booleans())
@settings(max_examples=300)
def test_selecting_equals_the_oracle(
    spans: list[oracles.Span], flat: bool, multi_label: bool
) -> None:
    kept = _native.select_spans(*oracles.columns(spans, np.int32), flat, multi_label)
    assert kept.dtype == np.int64
    assert kept.tolist() == oracles.select(spans, flat=flat, multi_label=multi_label)


@given(span_lists(), st.booleans())
@settings(max_examples=300)
def test_merging_equals_the_oracle(spans: list[oracles.Span], drop_nested: bool) -> None:
    kept = _native.merge_windows(*oracles.columns(spans, np.int64), drop_nested)
    assert kept.dtype == np.int64
    assert kept.tolist() == oracles.merge(spans, drop_nested=drop_nested)


# Rules worth their own example ------------------------------------------------------------------


def test_a_saturated_tie_goes_by_place() -> None:
    batch = plain_batch((1, 3, 2, 1), logit=-5)
    batch["logits"][0, 0, 1, 0] = 20
    batch["logits"][0, 1, 1, 0] = 30
    assert rows_of(_native.decode_spans(**batch)) == [(0, 0, 1, 0, 1.0)]


def test_nothing_passes_one_and_all_but_zero_passes_zero() -> None:
    batch = plain_batch((1, 3, 1, 1))
    batch["logits"][0, :, 0, 0] = [np.inf, -80.0, -np.inf]
    batch["thresholds"].fill(1)
    assert rows_of(_native.decode_spans(**batch)) == []
    batch["thresholds"].fill(0)
    assert [row[1] for row in rows_of(_native.decode_spans(**batch))] == [0, 1]


def test_exports() -> None:
    names = ["__version__", "decode_spans", "merge_windows", "select_spans"]
    assert sorted(_native.__all__) == names
    assert _native.__version__.count(".") == 2


# Independence -----------------------------------------------------------------------------------


@given(batches(), st.randoms(use_true_random=False))
@settings(max_examples=100)
def test_a_row_does_not_know_its_batch(batch: Batch, random: Any) -> None:
    order = list(range(len(batch["logits"])))
    random.shuffle(order)
    decoded = rows_of(_native.decode_spans(**batch))
    shuffled = rows_of(_native.decode_spans(**{k: v[order] for k, v in batch.items()}))
    assert sorted((order[row], *rest) for row, *rest in shuffled) == decoded


@given(batches(), st.sampled_from([np.nan, np.inf, 9.0]))
@settings(max_examples=100)
def test_padding_may_hold_anything(batch: Batch, rubbish: float) -> None:
    decoded = rows_of(_native.decode_spans(**batch))
    for row, logits in enumerate(batch["logits"]):
        words = batch["word_counts"][row]
        logits[:, :, batch["label_counts"][row] :] = rubbish
        for width in range(logits.shape[1]):
            logits[max(words - width, 0) :, width] = rubbish
    assert rows_of(_native.decode_spans(**batch)) == decoded


@given(span_lists(), st.randoms(use_true_random=False), st.booleans(), st.booleans())
@settings(max_examples=100)
def test_the_order_of_spans_does_not_matter(
    spans: list[oracles.Span], random: Any, one: bool, other: bool
) -> None:
    shuffled = random.sample(spans, len(spans))

    def selected(spans: list[oracles.Span]) -> list[oracles.Span]:
        kept = _native.select_spans(*oracles.columns(spans, np.int32), one, other)
        return [spans[i] for i in kept]

    def merged(spans: list[oracles.Span]) -> list[oracles.Span]:
        return [spans[i] for i in _native.merge_windows(*oracles.columns(spans, np.int64), one)]

    assert selected(shuffled) == selected(spans)
    assert merged(shuffled) == merged(spans)


def test_arguments_stay_as_they_were_and_may_be_read_only() -> None:
    batch = plain_batch(logit=1)
    before = {name: array.copy() for name, array in batch.items()}
    for array in batch.values():
        array.setflags(write=False)
    _native.decode_spans(**batch)
    for name, array in batch.items():
        np.testing.assert_array_equal(array, before[name])


def test_threads_get_the_same_result() -> None:
    rng = np.random.default_rng(3)
    batch = plain_batch((4, 40, 12, 8))
    batch["logits"] = rng.normal(-2, 3, batch["logits"].shape).astype(np.float32)
    alone = rows_of(_native.decode_spans(**batch))
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: rows_of(_native.decode_spans(**batch)), range(32)))
    assert alone
    assert all(result == alone for result in results)


# Scale and the GIL ------------------------------------------------------------------------------


def big_decode() -> Callable[[], object]:
    batch = plain_batch((1, 250, 12, 30))
    batch["logits"] = np.random.default_rng(0).normal(size=batch["logits"].shape).astype(np.float32)
    batch["thresholds"].fill(0)
    return lambda: _native.decode_spans(**batch)


def big_spans() -> oracles.Columns:
    """200,000 spans in a shuffled chain of containers."""
    count = 200_000
    start = np.random.default_rng(0).permutation(count)
    label, score = np.zeros(count, np.int32), (start % 1000).astype(np.float32)
    return start, 2 * count - start, label, score


def big_select() -> Callable[[], npt.NDArray[np.int64]]:
    start, end, label, score = big_spans()
    start, end = start.astype(np.int32), end.astype(np.int32)
    return lambda: _native.select_spans(start, end, label, score, False, False)


def big_merge() -> Callable[[], object]:
    spans = big_spans()
    return lambda: _native.merge_windows(*spans, False)


def test_two_hundred_thousand_candidates_finish() -> None:
    """The quadratic search would compare spans 20 thousand million times, past any timeout."""
    assert len(big_select()()) == 200_000


@pytest.fixture
def no_forced_switches() -> Iterator[None]:
    """Threads change only where one lets the GIL go."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("no_forced_switches")
@pytest.mark.parametrize("make", [big_decode, big_select, big_merge])
def test_the_gil_is_released(make: Callable[[], Callable[[], object]]) -> None:
    """Another thread gets its turn during a call.

    It cannot if the call keeps the GIL, since nothing else here lets it go. It might not on a
    machine that is too busy to wake it up in time; hence the attempts.
    """
    call = make()

    def turns_during_call() -> bool:
        gate, turns = threading.Lock(), []

        def wait_for_turn() -> None:
            with gate:
                turns.append(True)

        gate.acquire()
        thread = threading.Thread(target=wait_for_turn)
        thread.start()
        gate.release()
        before = len(turns)
        call()
        after = len(turns)
        thread.join()
        return after > before

    assert any(turns_during_call() for _ in range(50))


# Refusals ---------------------------------------------------------------------------------------

BAD_ARRAYS: list[tuple[str, Callable[[npt.NDArray[Any]], Any], str]] = [
    ("logits", lambda a: a[0], "logits shape: expected (batch, word, width, label), got (4, 3, 5)"),
    ("logits", lambda a: a[..., :4].copy(), "thresholds shape: expected (2, 4), got (2, 5)"),
    ("logits", lambda a: a[:1], "word_counts shape: expected (1,), got (2,)"),
    ("logits", lambda a: a.astype(np.float64), "logits dtype: expected float32, got float64"),
    ("logits", lambda a: a.astype(">f4"), "logits dtype: expected float32, got >f4"),
    ("logits", np.asfortranarray, "logits layout: expected an aligned, C-contiguous array"),
    ("word_counts", lambda a: a[:, None], "word_counts shape: expected (2,), got (2, 1)"),
    ("word_counts", lambda a: a.astype(np.int64), "word_counts dtype: expected int32, got int64"),
    ("word_counts", lambda a: a + np.int32(1), "word_counts[0]: expected 0 to 4, got 5"),
    ("word_counts", lambda a: -a, "word_counts[0]: expected 0 to 4, got -4"),
    ("label_counts", lambda a: a[:1], "label_counts shape: expected (2,), got (1,)"),
    ("label_counts", lambda a: a + np.int32(1), "label_counts[0]: expected 0 to 5, got 6"),
    ("thresholds", lambda a: a.T.copy(), "thresholds shape: expected (2, 5), got (5, 2)"),
    ("thresholds", lambda a: a[:, :4].copy(), "thresholds shape: expected (2, 5), got (2, 4)"),
    ("thresholds", lambda a: a + 1, "thresholds[0, 0]: expected a number in [0, 1], got 1.5"),
    ("thresholds", lambda a: a - 1, "thresholds[0, 0]: expected a number in [0, 1], got -0.5"),
    ("thresholds", lambda a: a * np.nan, "thresholds[0, 0]: expected a number in [0, 1], got NaN"),
    ("flat", lambda a: np.array(True), "flat shape: expected (2,), got ()"),
    ("multi_label", lambda a: a.astype(np.uint8), "multi_label dtype: expected bool, got uint8"),
    ("multi_label", lambda a: a[:1], "multi_label shape: expected (2,), got (1,)"),
]


@pytest.mark.parametrize(("name", "change", "message"), BAD_ARRAYS)
def test_bad_batches_are_refused(
    name: str, change: Callable[[npt.NDArray[Any]], Any], message: str
) -> None:
    batch = plain_batch()
    batch[name] = change(batch[name])
    with pytest.raises(ValueError) as refusal:
        _native.decode_spans(**batch)
    assert str(refusal.value).startswith(message)


def test_a_misaligned_array_is_refused() -> None:
    batch = plain_batch()
    raw = np.zeros(batch["logits"].nbytes + 1, np.uint8)
    batch["logits"] = raw[1:].view(np.float32).reshape(2, 4, 3, 5)
    with pytest.raises(ValueError, match="logits layout: expected an aligned"):
        _native.decode_spans(**batch)


def test_a_nan_in_use_is_named() -> None:
    batch = plain_batch()
    batch["logits"][1, 2, 1, 4] = np.nan
    message = r"logits \(row 1, word 2, width 1, label 4\): expected a number, got NaN"
    with pytest.raises(ValueError, match=message):
        _native.decode_spans(**batch)


@pytest.mark.parametrize("value", [None, 1.0, [[1.0]], "text that must not be repeated"])
def test_what_is_no_array_is_refused_without_quoting_it(value: object) -> None:
    batch = plain_batch()
    batch["logits"] = value
    with pytest.raises(TypeError) as refusal:
        _native.decode_spans(**batch)
    kind = type(value).__name__
    assert str(refusal.value) == f"logits: expected a numpy.ndarray, got {kind}"


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (0, [0, -2], "start_{unit}[1]: expected 0 or more, got -2"),
        (0, [0], "end_{unit} shape: expected (1,), got (2,)"),
        (0, [[0, 1]], "start_{unit} shape: expected (spans,), got (1, 2)"),
        (1, [0, 1], "end_{unit}[1]: expected start_{unit} (2) or more, got 1"),
        (1, [0, 2, 3], "end_{unit} shape: expected (2,), got (3,)"),
        (2, [-1, 0], "label[0]: expected 0 or more, got -1"),
        (2, [], "label shape: expected (2,), got (0,)"),
        (3, [np.nan, 0], "score[0]: expected a number, got NaN"),
        (3, [0.0], "score shape: expected (2,), got (1,)"),
    ],
)
@pytest.mark.parametrize("unit", ["word", "char"])
def test_bad_spans_are_refused(unit: str, field: int, value: list[Any], message: str) -> None:
    spans: list[Any] = list(plain_spans(np.int32 if unit == "word" else np.int64))
    spans[field] = np.array(value, spans[field].dtype)
    start, end, label, score = spans
    with pytest.raises(ValueError) as refusal:
        if unit == "word":
            _native.select_spans(start, end, label, score, False, False)
        else:
            _native.merge_windows(start, end, label, score, False)
    assert str(refusal.value) == message.format(unit=unit)


def test_positions_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="start_word dtype: expected int32, got int64"):
        _native.select_spans(*plain_spans(np.int64), False, False)
    with pytest.raises(ValueError, match="start_char dtype: expected int64, got int32"):
        _native.merge_windows(*plain_spans(np.int32), False)


def test_a_flag_may_hold_any_byte() -> None:
    """numpy writes 0 and 1 for bools, and lets a view hold other bytes."""
    batch = plain_batch((1, 2, 2, 1), logit=1)
    batch["logits"][0, 0, 1, 0] = 2
    batch["flat"] = np.array([2], np.uint8).view(np.bool_)
    assert [row[1:3] for row in rows_of(_native.decode_spans(**batch))] == [(0, 1)]


def test_empty_batches_are_fine() -> None:
    for shape in [(0, 4, 3, 5), (2, 0, 3, 5), (2, 4, 0, 5), (2, 4, 3, 0)]:
        assert rows_of(_native.decode_spans(**plain_batch(shape))) == []
    assert _native.select_spans(*oracles.columns([], np.int32), True, False).shape == (0,)
    assert _native.merge_windows(*oracles.columns([], np.int64), True).shape == (0,)
