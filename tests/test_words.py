"""Words are those of gliner's regular expression, in code points of the whole text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliner_fast.words import replace_surrogates, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\n\u2028\u00a0\u3000", []),
        ("Jane Roe", ["Jane", "Roe"]),
        ("jane.roe@example.com", ["jane", ".", "roe", "@", "example", ".", "com"]),
        ("state-of-the_art x-", ["state-of-the_art", "x", "-"]),
        ("a--b _a a_", ["a", "-", "-", "b", "_a", "a_"]),
        ("\u00e9t\u00e9", ["\u00e9t\u00e9"]),
        ("e\u0301t", ["e", "\u0301", "t"]),  # a combining mark is no word character
        ("\u0939\u093f\u0928", ["\u0939", "\u093f", "\u0928"]),
        ("\U0001f468\u200d\U0001f469", ["\U0001f468", "\u200d", "\U0001f469"]),
        ("a\u200bb", ["a", "\u200b", "b"]),
        ("\u0634\u0643\u0631\u0627 123", ["\u0634\u0643\u0631\u0627", "123"]),
        ("a\x00b", ["a", "\x00", "b"]),
        ("<<ENT>>", ["<", "<", "ENT", ">", ">"]),
        ("\ud800x", ["\ud800", "x"]),
    ],
)
def test_words_by_example(text: str, words: list[str]) -> None:
    assert [text[a:b] for a, b in split_words(text, 0, len(text))] == words


@given(st.text(max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_words_of_a_window_are_those_of_the_slice(text: str, first: int, second: int) -> None:
    start, end = sorted((min(first, len(text)), min(second, len(text))))
    found = split_words(text, start, end)
    alone = re.findall(r"\w+(?:[-_]\w+)*|\S", text[start:end])
    assert [text[a:b] for a, b in found] == alone
    assert all(start <= a < b <= end for a, b in found)


# st.text() makes no surrogates.
CHARACTER = st.one_of(st.characters(), st.sampled_from("\ud800\udbff\udc00\udfff"))


@given(st.lists(CHARACTER, max_size=30).map("".join))
def test_replacing_surrogates_keeps_positions(text: str) -> None:
    replaced = replace_surrogates(text)
    assert len(replaced) == len(text)
    replaced.encode("utf-8")
    for before, after in zip(text, replaced, strict=True):
        assert after == ("\ufffd" if "\ud800" <= before <= "\udfff" else before)
