"""Documents by seed: a family is drawn, writes, and its text is disturbed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from training.generator.concepts import EXCLUSIVE_GROUPS, canonical
from training.generator.noise import disturb
from training.generator.registry import Family, families
from training.generator.text import Edit, Span, apply_edits, flatten
from training.generator.world import World

__all__ = ["Document", "canonical_entities", "document", "documents", "joined", "masked_frame"]


@dataclass(frozen=True, slots=True)
class Document:
    """A text and what is in it.

    Attributes:
        spans: All types, groups before their parts; positions in code points, end exclusive.
    """

    text: str
    spans: tuple[Span, ...]
    family: str
    kind: str

    def to_json(self) -> dict[str, Any]:
        """``text``, ``entities`` under the default labels, and ``types`` for training."""
        return {
            "text": self.text,
            "entities": [
                {"start": s.start, "end": s.end, "label": s.type}
                for s in canonical_entities(self.spans)
            ],
            "types": [[s.start, s.end, s.type] for s in self.spans],
            "family": self.family,
            "kind": self.kind,
        }

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Document:
        """Read what :meth:`to_json` wrote."""
        spans = tuple(Span(*each) for each in raw["types"])
        return cls(raw["text"], spans, raw["family"], raw["kind"])


def canonical_entities(spans: tuple[Span, ...]) -> list[Span]:
    """Spans under the default and Anonymizer's labels: none overlap."""
    kept: list[Span] = []
    covered = 0
    for span in spans:
        label = canonical(span.type)
        if label is None or span.end <= covered:
            continue
        kept.append(Span(span.start, span.end, label))
        if span.type in EXCLUSIVE_GROUPS:
            covered = span.end
    return kept


@cache
def _drawn(held_out: bool) -> tuple[list[Family], list[float]]:
    chosen = families(held_out)
    return chosen, [family.weight for family in chosen]


def document(seed: int, index: int, held_out: bool = False) -> Document:
    """Document number ``index`` of a seed: the same one whenever it is asked for.

    Args:
        held_out: Draw from the families, templates and names that training never sees.
    """
    rng = random.Random(f"{seed}/{'test' if held_out else 'train'}/{index}")
    chosen, weights = _drawn(held_out)
    family = rng.choices(chosen, weights)[0]
    return write(family, rng)


def write(family: Family, rng: random.Random) -> Document:
    """One document of a family."""
    parts = family.make(World(rng, family.held_out))
    text, spans = flatten(parts)
    if family.prose:
        text, spans = apply_edits(text, spans, _articles(text, spans))
    text, spans = disturb(rng, text, spans, family.prose)
    return Document(text, tuple(spans), family.name, family.kind)


def joined(documents_: Sequence[Document], rng: random.Random) -> Document:
    """Documents one after another as one text, as in a thread, an export or a pasted file."""
    text, spans = "", []
    between = rng.choice(["\n\n", "\n", "\n---\n", " "])
    for doc in documents_:
        text += between if text else ""
        spans += [Span(s.start + len(text), s.end + len(text), s.type) for s in doc.spans]
        text += doc.text
    return Document(text, tuple(spans), "joined", documents_[0].kind)


_BARE_A = re.compile(r"\b[Aa](?= [aeio][a-z])")


def _articles(text: str, spans: list[Span]) -> list[Edit]:
    """``a`` before a vowel becomes ``an``: sentences are put together word by word."""
    inside = {i for s in spans for i in range(s.start, s.end + 1)}
    ends = (match.end() for match in _BARE_A.finditer(text))
    return [Edit(end, end, "n") for end in ends if end not in inside]


def documents(seed: int, count: int, held_out: bool = False, start: int = 0) -> Iterator[Document]:
    """Documents ``start .. start + count`` of a seed."""
    for index in range(start, start + count):
        yield document(seed, index, held_out)


def masked_frame(doc: Document) -> str:
    """The text with every entity replaced by its type: what is left is the frame."""
    pieces, at = [], 0
    for span in canonical_entities(doc.spans):
        if span.start < at:
            continue
        pieces += [doc.text[at : span.start], f"<{span.type}>"]
        at = span.end
    return "".join(pieces) + doc.text[at:]
