"""The nouns of an evaluation. Positions are code points, end exclusive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Example", "LabelledSpan", "Predictor"]


@dataclass(frozen=True, slots=True, order=True)
class LabelledSpan:
    """``text[start:end]`` has a label; a prediction also has a score."""

    start: int
    end: int
    label: str
    score: float = 1.0


@dataclass(frozen=True, slots=True)
class Example:
    """An annotated text.

    Attributes:
        group: Where it comes from (a family, a genre), for figures by group; may be empty.
    """

    text: str
    entities: tuple[LabelledSpan, ...]
    group: str = ""


class Predictor(Protocol):
    """Something that finds entities.

    Attributes:
        name: As it appears in the report.
        labels: Labels that it can give, None for any that it is asked for.
        note: What a reader of its figures must know; may be empty.
    """

    name: str
    labels: frozenset[str] | None
    note: str

    def predict(
        self, text: str, labels: Sequence[str], thresholds: Sequence[float]
    ) -> list[list[LabelledSpan]]:
        """Entities of one text for each of the thresholds, which ascend."""
        ...
