"""Text that knows its entities: a tree of pieces, flattened to a string and spans.

Positions are code points, end exclusive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Edit", "Node", "Part", "Span", "apply_edits", "flatten", "phrases", "plain"]


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of text of some type; it may hold others (an address holds a city)."""

    type: str
    parts: tuple[Part, ...]


Part = str | Node


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """``text[start:end]`` is of a type."""

    start: int
    end: int
    type: str


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """Replace ``text[start:end]``; both equal means insert."""

    start: int
    end: int
    replacement: str


def phrases(text: str) -> list[str]:
    """Parts of a text between semicolons, white space made single."""
    return [" ".join(part.split()) for part in text.split(";")]


def flatten(parts: Iterable[Part]) -> tuple[str, list[Span]]:
    """The text of a tree and its spans, outer before inner.

    White space at the border of a node stays outside its span.
    """
    chunks: list[str] = []
    spans: list[Span] = []
    length = _collect(parts, 0, chunks, spans)
    text = "".join(chunks)
    assert length == len(text)
    clean = []
    for span in spans:
        start, end = span.start, span.end
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start == end:
            raise ValueError(f"empty span of type {span.type}")
        clean.append(Span(start, end, span.type))
    clean.sort(key=lambda s: (s.start, -s.end))
    return text, clean


def _collect(parts: Iterable[Part], at: int, chunks: list[str], spans: list[Span]) -> int:
    for part in parts:
        if isinstance(part, str):
            chunks.append(part)
            at += len(part)
        else:
            start = at
            at = _collect(part.parts, at, chunks, spans)
            spans.append(Span(start, at, part.type))
    return at


def plain(part: Part | Sequence[Part]) -> str:
    """The text of a piece, its types forgotten."""
    if isinstance(part, str):
        return part
    return "".join(plain(p) for p in (part.parts if isinstance(part, Node) else part))


def apply_edits(text: str, spans: Sequence[Span], edits: Iterable[Edit]) -> tuple[str, list[Span]]:
    """Apply edits that do not overlap; spans move along.

    An edit across a span's border belongs to the span. An insertion at a border stays outside.
    Spans that become empty are an error: noise must not remove entities.
    """
    ordered = sorted(edits)
    pieces: list[str] = []
    # Borders of the unchanged stretches: (old start, old end, new start).
    kept: list[tuple[int, int, int]] = []
    old = new = 0
    for edit in ordered:
        if edit.start < old:
            raise ValueError("edits overlap")
        pieces.append(text[old : edit.start])
        kept.append((old, edit.start, new))
        new += edit.start - old + len(edit.replacement)
        pieces.append(edit.replacement)
        old = edit.end
    pieces.append(text[old:])
    kept.append((old, len(text), new))
    changed = "".join(pieces)
    moved = [Span(_start(kept, s.start), _end(kept, s.end), s.type) for s in spans]
    for span in moved:
        if span.start >= span.end:
            raise ValueError(f"an edit removed a span of type {span.type}")
    return changed, moved


def _start(kept: Sequence[tuple[int, int, int]], position: int) -> int:
    """A span's start: after an insertion there; at an edit's start if inside the edit."""
    for index in range(len(kept) - 1, -1, -1):
        old, end, new = kept[index]
        if position >= old:
            if position <= end:
                # At the very end of a stretch an edit may begin: it belongs to the span.
                return new + position - old
            return new + end - old
    raise AssertionError("positions start at 0")


def _end(kept: Sequence[tuple[int, int, int]], position: int) -> int:
    """A span's end: before an insertion there; at an edit's end if inside the edit."""
    for old, end, new in kept:
        if position <= end:
            return new + max(0, position - old) if position > old else new
    raise AssertionError("positions end with the text")
