"""Windows cover a text, and parts of a window cover its words."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliner_fast.windows import character_windows, word_windows


def _reference_windows(length: int, chunk_length: int, overlap: int) -> list[tuple[int, int]]:
    """The reference server's loop, word for word."""
    chunks = []
    start = 0
    while start < length:
        end = min(start + chunk_length, length)
        chunks.append((start, end))
        if end >= length:
            break
        start += chunk_length - overlap
    return chunks


@given(st.integers(0, 400), st.integers(1, 50), st.data())
def test_character_windows_are_the_references(length: int, chunk: int, data: st.DataObject) -> None:
    overlap = data.draw(st.integers(0, chunk - 1))
    windows = list(character_windows(length, chunk, overlap))
    assert windows == _reference_windows(length, chunk, overlap)
    assert {i for start, end in windows for i in range(start, end)} == set(range(length))


@pytest.mark.parametrize(
    ("length", "expected"),
    [(0, []), (1, [(0, 1)]), (10, [(0, 10)]), (11, [(0, 10), (7, 11)]), (17, [(0, 10), (7, 17)])],
)
def test_character_windows_by_example(length: int, expected: list[tuple[int, int]]) -> None:
    assert list(character_windows(length, 10, 3)) == expected


@given(
    counts=st.lists(st.integers(0, 9), max_size=60),
    max_words=st.integers(1, 20),
    max_tokens=st.integers(1, 30),
    overlap=st.integers(0, 19),
)
def test_word_windows_cover_every_word_within_the_limits(
    counts: list[int], max_words: int, max_tokens: int, overlap: int
) -> None:
    parts = list(word_windows(counts, max_words, max_tokens, overlap))
    assert {i for first, end in parts for i in range(first, end)} == set(range(len(counts)))
    for first, end in parts:
        assert 0 < end - first <= max_words
        assert sum(counts[first:end]) <= max_tokens or end - first == 1
    assert parts == sorted(parts)
    assert all(after[0] > before[0] for before, after in itertools.pairwise(parts))


@given(words=st.integers(21, 200), max_words=st.integers(10, 20), overlap=st.integers(0, 5))
def test_any_run_of_words_no_longer_than_the_overlap_is_whole_somewhere(
    words: int, max_words: int, overlap: int
) -> None:
    parts = list(word_windows([1] * words, max_words, 10**6, overlap))
    for start in range(words - overlap):
        assert any(first <= start and start + overlap <= end for first, end in parts)


def test_a_run_that_fits_is_one_part() -> None:
    assert list(word_windows([3] * 384, 384, 3 * 384, 48)) == [(0, 384)]
    assert list(word_windows([], 384, 10, 48)) == []


def test_long_words_do_not_multiply_the_work() -> None:
    """Where few words fit, the overlap shrinks with them: no word is read much more than twice."""
    parts = list(word_windows([500] * 1000, 384, 8000, 48))
    assert sum(end - first for first, end in parts) <= 2100
