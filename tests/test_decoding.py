"""Spans of rows become entities of the text: rows of one window are searched together again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import oracles
from gliner_fast.decoding import decode, entities
from gliner_fast.types import (
    DecodeOptions,
    DetectOptions,
    EncodedWindow,
    Plan,
    Prompt,
    Spans,
)

NOTHING = np.empty(0, np.int32)
TEXT = "abcdefghijklmnopqrstuvwxyz0123456789"
LABELS = ("b", "a", "c")


def _prompt(labels: tuple[str, ...] = LABELS) -> Prompt:
    return Prompt(labels, NOTHING, NOTHING)


def _row(
    words: int, decode: DecodeOptions, prompt: Prompt, chunk: int = 0, first: int = 0
) -> EncodedWindow:
    """Words are the characters ``first ..`` of the text."""
    starts = np.arange(first, first + words, dtype=np.int64)
    return EncodedWindow(
        prompt, decode, NOTHING, np.zeros(words, np.int32), np.zeros(words, np.int32),
        starts, starts + 1, chunk, first,
    )  # fmt: skip


def _spans(*spans: oracles.Span) -> Spans:
    columns = list(zip(*spans, strict=True)) if spans else [(), (), (), ()]
    kinds = (np.int32, np.int32, np.int32, np.float32)
    return Spans(*(np.array(c, k) for c, k in zip(columns, kinds, strict=True)))


def _plan(options: DecodeOptions, rows: list[EncodedWindow], drop_nested: bool = False) -> Plan:
    return Plan(TEXT, rows[0].prompt, DetectOptions(options), rows, drop_nested, 1)


@given(
    logits=arrays(np.float32, (3, 6, 3, 4), elements=st.floats(-4, 4, width=32)),
    words=st.lists(st.integers(1, 6), min_size=3, max_size=3),
    labels=st.lists(st.integers(1, 4), min_size=3, max_size=3),
    flat=st.lists(st.booleans(), min_size=3, max_size=3),
    threshold=st.lists(st.sampled_from([0.0, 0.3, 0.5, 1.0]), min_size=3, max_size=3),
)
def test_each_row_is_decoded_with_its_own_options(
    logits: npt.NDArray[np.float32],
    words: list[int],
    labels: list[int],
    flat: list[bool],
    threshold: list[float],
) -> None:
    rows = [
        _row(words[i], DecodeOptions(threshold[i], flat[i]), _prompt(tuple("wxyz"[: labels[i]])))
        for i in range(3)
    ]
    for index, found in enumerate(decode(logits, rows)):
        expected = oracles.decode_row(
            logits[index, : words[index], :, : labels[index]],
            np.full(labels[index], threshold[index], np.float32),
            flat=flat[index],
            multi_label=False,
        )
        keys = zip(
            found.start_word.tolist(), found.end_word.tolist(), found.label.tolist(), strict=True
        )
        assert list(keys) == [span[:3] for span in expected]
        assert np.allclose(found.score, [span[3] for span in expected], atol=1e-6)


def test_thresholds_of_labels_stand_in_for_the_rows() -> None:
    logits = np.zeros((1, 1, 1, 3), np.float32)  # every probability is 0.5
    options = DecodeOptions(0.4, thresholds={"a": 0.6, "unknown": 0.0}, multi_label=True)
    found = decode(logits, [_row(1, options, _prompt())])[0]
    assert [LABELS[i] for i in found.label] == ["b", "c"]


def test_class_probs_are_of_the_span_itself() -> None:
    logits = np.full((1, 3, 2, 6), -9, np.float32)
    logits[0, 1, 1] = [3, -1, 0, 1, 2, -2]
    options = DecodeOptions(0.9, class_probs=True)
    row = _row(3, options, _prompt(tuple("abcdef")))
    spans = decode(logits, [row])[0]
    (found,) = entities(_plan(options, [row]), [spans])
    assert (found["text"], found["label"]) == ("bc", "a")
    assert list(found["class_probs"]) == ["a", "e", "d", "c", "b"]
    assert found["class_probs"]["e"] == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-6)


def test_class_probs_of_extreme_logits_raise_no_warning() -> None:
    logits = np.array([1e30, -1e30, -89], np.float32).reshape(1, 1, 1, 3)
    row = _row(1, DecodeOptions(0.5, class_probs=True), _prompt())
    (probs,) = decode(logits, [row])[0].class_probs or []
    assert probs["b"] == 1.0
    assert probs["a"] == probs["c"] == pytest.approx(0.0, abs=1e-30)


def test_no_rows_and_no_spans_are_no_entities() -> None:
    options = DecodeOptions()
    row = _row(3, options, _prompt())
    assert entities(_plan(options, [row]), [_spans()]) == []
    assert entities(Plan("", _prompt(), DetectOptions(), [], True, 0), []) == []


def test_entities_are_ordered_by_start_end_and_label() -> None:
    options = DecodeOptions(multi_label=True)
    row = _row(6, options, _prompt())
    spans = _spans((2, 3, 0, 0.5), (2, 3, 1, 0.9), (2, 2, 2, 0.4), (0, 5, 0, 0.3))
    found = entities(_plan(options, [row]), [spans])
    assert [(e["text"], e["label"]) for e in found] == [
        ("abcdef", "b"),
        ("c", "c"),
        ("cd", "a"),
        ("cd", "b"),
    ]
    assert [round(e["score"], 3) for e in found] == [0.3, 0.4, 0.9, 0.5]


SPANS = st.lists(
    st.tuples(
        st.integers(0, 9), st.integers(0, 3), st.integers(0, 2), st.floats(0.25, 1, width=32)
    ).map(lambda s: (s[0], min(s[0] + s[1], 9), s[2], s[3])),
    max_size=8,
    unique_by=lambda s: s[:3],
)


@given(SPANS, SPANS, st.booleans(), st.booleans())
def test_rows_of_one_window_are_searched_as_one(
    left: list[oracles.Span], right: list[oracles.Span], flat: bool, drop_nested: bool
) -> None:
    """Two rows of ten words that share six: what they found must not contradict itself."""
    options = DecodeOptions(0.2, flat)
    rows = [_row(10, options, _prompt(), first=first) for first in (0, 4)]
    spans = [_spans(*sorted(side)) for side in (left, right)]
    whole = [*sorted(left), *((a + 4, b + 4, label, s) for a, b, label, s in sorted(right))]
    kept = [whole[i] for i in oracles.select(whole, flat=flat, multi_label=False)]
    rank = {0: 1, 1: 0, 2: 2}  # labels in alphabetical order
    characters = [(a, b + 1, rank[label], score) for a, b, label, score in kept]
    expected = [
        (*characters[i][:2], sorted(LABELS)[characters[i][2]], np.float32(characters[i][3]))
        for i in oracles.merge(characters, drop_nested=drop_nested)
    ]
    found = entities(_plan(options, rows, drop_nested), spans)
    assert [(e["start"], e["end"], e["label"], np.float32(e["score"])) for e in found] == expected


def test_windows_are_merged_and_not_searched_again() -> None:
    """Windows of characters keep what each found, as in the reference, but for duplicates."""
    options = DecodeOptions(0.2, True)
    rows = [_row(10, options, _prompt(), chunk, first) for chunk, first in ((0, 0), (1, 4))]
    left, right = _spans((4, 6, 0, 0.5), (8, 9, 1, 0.9)), _spans((0, 2, 0, 0.75), (3, 5, 1, 0.6))
    found = entities(_plan(options, rows), [left, right])
    assert [(e["start"], e["end"], e["score"]) for e in found] == [
        (4, 7, 0.75),
        (7, 10, pytest.approx(0.6)),
        (8, 10, pytest.approx(0.9)),
    ]
    nested = entities(_plan(options, rows, drop_nested=True), [left, right])
    assert [(e["start"], e["end"]) for e in nested] == [(4, 7), (7, 10)]
