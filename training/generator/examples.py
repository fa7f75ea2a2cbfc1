"""Documents → rows of gliner's training format.

A row is a window of a document with a prompt: ``tokenized_text`` by gliner's word regex, ``ner``
as ``[first word, last word, label]`` with both ends inclusive, ``ner_labels`` the prompt in order,
``ner_negatives`` those of it that do not occur. Two more fields, which gliner ignores:
``ner_ignored`` are word ranges of entities that the window cuts or that are wider than the
model's spans: nothing that overlaps one should count, neither as right nor as wrong. ``family``
says where the row comes from.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from training.generator.concepts import chain
from training.generator.documents import Document
from training.generator.prompts import Prompted, PromptOptions, make_prompt
from training.generator.text import Span

__all__ = ["WORD", "WindowOptions", "rows", "to_row", "windows", "words"]

#: gliner's ``WhitespaceTokenSplitter``.
WORD = re.compile(r"\w+(?:[-_]\w+)*|\S")


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """How documents are cut.

    Attributes:
        chunk: Window length in characters that the endpoint uses by default.
        whole: Probability that a document stays whole, up to ``max_words``.
        max_width: Longest span of the model, in words.
        max_words: Most words of a row (``max_len``).
    """

    chunk: int = 384
    whole: float = 0.45
    max_width: int = 24
    max_words: int = 300


def words(text: str) -> list[tuple[int, int]]:
    """Words as code point ranges."""
    return [match.span() for match in WORD.finditer(text)]


def windows(
    rng: random.Random, doc: Document, options: WindowOptions
) -> Iterator[tuple[str, list[Span], list[Span]]]:
    """Windows of a document: text, the spans inside, and what is left of those that are cut."""
    length = len(doc.text)
    if rng.random() < options.whole or length <= options.chunk // 2:
        size = length
    elif rng.random() < 0.6:
        size = options.chunk
    else:
        size = rng.randint(60, 900)
    start = 0
    while start < length:
        end = min(start + size, length)
        if end - start >= min(12, length):
            inside = [s for s in doc.spans if start <= s.start and s.end <= end]
            cut = [
                s for s in doc.spans
                if s.start < end and s.end > start and not (start <= s.start and s.end <= end)
            ]  # fmt: skip
            yield (
                doc.text[start:end],
                [Span(s.start - start, s.end - start, s.type) for s in inside],
                [Span(max(s.start, start) - start, min(s.end, end) - start, s.type) for s in cut],
            )
        start = end


def _word_range(borders: Sequence[tuple[int, int]], span: Span) -> tuple[int, int]:
    """First and last word that a span touches, inclusive.

    Raises:
        ValueError: If it touches none.
    """
    touched = [i for i, (start, end) in enumerate(borders) if start < span.end and end > span.start]
    if not touched:
        raise ValueError(f"a span of type {span.type} holds no word")
    return touched[0], touched[-1]


def to_row(
    text: str, prompt: Prompted, cut: Sequence[Span], options: WindowOptions, family: str
) -> dict[str, Any]:
    """One row. Words past ``max_words`` are cut off; spans there are cut ones."""
    borders = words(text)
    ner: list[list[int | str]] = []
    ignored: list[list[int]] = []
    for span in prompt.spans:
        first, last = _word_range(borders, span)
        if last - first >= options.max_width or last >= options.max_words:
            if first < options.max_words:
                ignored.append([first, min(last, options.max_words - 1)])
        else:
            ner.append([first, last, span.type])
    for span in cut:
        if any(start < span.end and end > span.start for start, end in borders):
            first, last = _word_range(borders, span)
            if first < options.max_words:
                ignored.append([first, min(last, options.max_words - 1)])
    found = {label for _, _, label in ner}
    return {
        "tokenized_text": [text[a:b] for a, b in borders[: options.max_words]],
        "ner": ner,
        "ner_labels": list(prompt.labels),
        "ner_negatives": [label for label in prompt.labels if label not in found],
        "ner_ignored": ignored,
        "family": family,
    }


def rows(
    rng: random.Random,
    doc: Document,
    prompts: PromptOptions | None = None,
    cuts: WindowOptions | None = None,
) -> Iterator[dict[str, Any]]:
    """Rows of a document, each window with a prompt of its own."""
    cuts = cuts or WindowOptions()
    for text, spans, cut in windows(rng, doc, cuts):
        prompt = make_prompt(rng, spans, prompts)
        # What is left of an entity that the prompt does not ask for is just text.
        asked = [s for s in cut if prompt.concepts.intersection(chain(s.type))]
        if words(text):
            yield to_row(text, prompt, asked, cuts, doc.family)
