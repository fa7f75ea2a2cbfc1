"""Windows → words, by gliner's regular expression.

It stays in Python's ``re``: other engines define ``\\w`` differently, and the models were
trained on words that this one finds (a combining mark, for one, is not a word character).
"""

from __future__ import annotations

import re

__all__ = ["has_surrogates", "replace_surrogates", "split_words"]

_WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")
_SURROGATE = re.compile("[\ud800-\udfff]")


def split_words(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Words of ``text[start:end]`` as code point ranges of the whole text, end exclusive.

    Source: gliner's ``WhitespaceTokenSplitter``.
    """
    return [match.span() for match in _WORD.finditer(text, start, end)]


def has_surrogates(text: str) -> bool:
    """Whether ``text`` has a lone surrogate."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def replace_surrogates(text: str) -> str:
    """``text`` with every lone surrogate replaced by U+FFFD, one for one.

    Tokenizers take UTF-8, which has no form for a lone surrogate. The length stays, so that
    positions do.
    """
    return _SURROGATE.sub("\ufffd", text) if has_surrogates(text) else text
