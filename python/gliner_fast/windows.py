"""Text → windows: where a text is cut, in code points."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["character_windows", "word_windows"]


def character_windows(length: int, chunk_length: int, overlap: int) -> Iterator[tuple[int, int]]:
    """Windows of ``chunk_length`` code points, each ``chunk_length - overlap`` after the last.

    The last one ends at the text's end. Yields (start, end), end exclusive.

    Source: ``_create_text_chunks`` of the reference server.
    """
    start = 0
    while start < length:
        yield start, min(start + chunk_length, length)
        if start + chunk_length >= length:
            return
        start += chunk_length - overlap


def word_windows(
    token_counts: list[int], max_words: int, max_tokens: int, overlap: int
) -> Iterator[tuple[int, int]]:
    """Cut a run of words so that no part exceeds ``max_words`` or ``max_tokens``.

    Neighbouring parts share ``overlap`` words, at most half of a part: where few long words fit,
    none is read much more than twice. A span at the cut is whole in one of them. A run that fits
    is one part.
    No word is left out: one of more than ``max_tokens`` tokens is a part of its own.

    Args:
        token_counts: Tokens of each word.

    Yields:
        (first, end) word indices, end exclusive.
    """
    if 0 < len(token_counts) <= max_words and sum(token_counts) <= max_tokens:
        yield 0, len(token_counts)
        return
    first = 0
    while first < len(token_counts):
        end, tokens = first, 0
        while end < len(token_counts) and end - first < max_words:
            tokens += token_counts[end]
            if tokens > max_tokens and end > first:
                break
            end += 1
        yield first, end
        if end == len(token_counts):
            return
        first = max(first + 1, end - min(overlap, (end - first) // 2))
