"""What happens to text on its way: typing, scanning, wrapping, shouting."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from training.generator.text import Edit, Span, apply_edits

__all__ = ["disturb"]

Noise = Callable[[random.Random, str, Sequence[Span]], list[Edit]]

_WORD = re.compile(r"[A-Za-z]{4,}")
_OCR = {
    "O": "0", "0": "O", "l": "1", "1": "l", "I": "l", "S": "5", "5": "S", "B": "8", "rn": "m",
    "e": "c", "h": "b", "g": "9", "Z": "2", "a": "o", "u": "v", "t": "f", "i": "j",
}  # fmt: skip


def _map_case(change: Callable[[str], str]) -> Noise:
    def edits(rng: random.Random, text: str, spans: Sequence[Span]) -> list[Edit]:
        # One for one: letters whose other case is longer stay.
        changed = "".join(c2 if len(c2 := change(c)) == 1 else c for c in text)
        return [
            Edit(i, i + 1, new)
            for i, (old, new) in enumerate(zip(text, changed, strict=True))
            if old != new
        ]

    return edits


def _free(spans: Sequence[Span], length: int) -> list[bool]:
    """Positions outside every entity."""
    free = [True] * length
    for span in spans:
        for i in range(span.start, span.end):
            free[i] = False
    return free


def _typos(rng: random.Random, text: str, spans: Sequence[Span]) -> list[Edit]:
    free = _free(spans, len(text))
    rate = rng.choice([0.02, 0.05, 0.1])
    edits = []
    for match in _WORD.finditer(text):
        if rng.random() > rate or not all(free[match.start() : match.end()]):
            continue
        at = rng.randrange(match.start() + 1, match.end() - 1)
        roll = rng.random()
        if roll < 0.35:
            edits.append(Edit(at, at + 2, text[at + 1] + text[at]))
        elif roll < 0.65:
            edits.append(Edit(at, at + 1, ""))
        elif roll < 0.85:
            edits.append(Edit(at, at + 1, text[at] * 2))
        else:
            edits.append(Edit(at, at + 1, rng.choice("aeioustrn")))
    return edits


def _scan(rng: random.Random, text: str, spans: Sequence[Span]) -> list[Edit]:
    """Misread letters, also inside entities, and stray spaces."""
    rate = rng.choice([0.005, 0.01, 0.02])
    edits = []
    for i, char in enumerate(text):
        if char in _OCR and rng.random() < rate:
            edits.append(Edit(i, i + 1, _OCR[char]))
        elif char == " " and rng.random() < 0.015:
            edits.append(Edit(i, i + 1, "  "))
    return edits


def _wrap(rng: random.Random, text: str, spans: Sequence[Span]) -> list[Edit]:
    """Hard line breaks at a column, entities or not."""
    width = rng.randint(28, 90)
    end = rng.choice(["\n", "\n", "\n", "\r\n", "\n  ", "\n> "])
    # A quote sign inside an entity would become part of it.
    free = _free(spans, len(text)) if end == "\n> " else [True] * len(text)
    edits, column = [], 0
    for i, char in enumerate(text):
        column += 1
        if char == "\n":
            column = 0
        elif char == " " and column >= width and free[i]:
            edits.append(Edit(i, i + 1, end))
            column = 0
    return edits


def _typography(rng: random.Random, text: str, spans: Sequence[Span]) -> list[Edit]:
    table = {"'": "\u2019", '"': "\u201d", " - ": " \u2013 ", "...": "\u2026"}
    edits = [Edit(m.start(), m.end(), table[m.group()]) for m in re.finditer(r"'| - |\.\.\.", text)]
    for match in re.finditer(r"(?<=\d) (?=\d)|(?<=\d) (?=[A-Z]{2}\b)", text):
        if rng.random() < 0.3:
            edits.append(Edit(match.start(), match.end(), "\u00a0"))
    return edits


def _no_marks(rng: random.Random, text: str, spans: Sequence[Span]) -> list[Edit]:
    """Chat style: end marks and commas left out, where they are between words."""
    free = _free(spans, len(text))
    return [
        Edit(m.start(), m.end(), "")
        for m in re.finditer(r"[.,!](?=\s|$)", text)
        if free[m.start()] and rng.random() < 0.8
    ]


def _spaces(rng: random.Random, text: str, spans: Sequence[Span]) -> list[Edit]:
    rate = rng.choice([0.02, 0.05])
    return [
        Edit(i, i + 1, rng.choice(["  ", "   ", "\t"]))
        for i, char in enumerate(text)
        if char == " " and rng.random() < rate
    ]


def _quoted(rng: random.Random, text: str, spans: Sequence[Span]) -> list[Edit]:
    """Every line behind a mail's quote sign."""
    inside = {i for s in spans for i in range(s.start + 1, s.end)}
    return [Edit(0, 0, "> ")] + [
        Edit(i + 1, i + 1, "> ")
        for i, char in enumerate(text)
        if char == "\n" and i + 1 < len(text) and i + 1 not in inside
    ]


_PROSE: tuple[tuple[float, Noise], ...] = (
    (0.07, _map_case(str.lower)),
    (0.04, _map_case(str.upper)),
    (0.10, _typos),
    (0.03, _scan),
    (0.10, _wrap),
    (0.06, _typography),
    (0.05, _no_marks),
    (0.03, _spaces),
    (0.015, _quoted),
)
_DATA: tuple[tuple[float, Noise], ...] = (
    (0.04, _map_case(str.lower)),
    (0.04, _map_case(str.upper)),
    (0.02, _scan),
    (0.01, _spaces),
)


def disturb(
    rng: random.Random, text: str, spans: Sequence[Span], prose: bool
) -> tuple[str, list[Span]]:
    """Apply a few kinds of noise, most often none."""
    result = list(spans)
    for probability, noise in _PROSE if prose else _DATA:
        if rng.random() < probability:
            text, result = apply_edits(text, result, noise(rng, text, result))
    return text, result
