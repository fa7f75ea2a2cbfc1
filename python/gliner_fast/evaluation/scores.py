"""Spans → counts → precision, recall, F1, F2; strict and relaxed; confusion.

*Strict*: start, end and label are equal. *Relaxed*: labels are equal and the spans share a
character; each gold entity and each prediction is used once, the largest overlaps first. Where
nobody predicts and nothing is there, precision and recall are 1.

These definitions are nervaluate's ``strict`` and, but for its counting partial matches half,
its ``ent_type``. nervaluate itself is the oracle of a test: it compares entities in the order
of a list, so a nested or overlapping prediction can take an entity from an exact one, it has no
F2, and it would run again for each threshold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gliner_fast.evaluation.types import LabelledSpan

__all__ = ["MISSED", "SPURIOUS", "Counts", "Figures", "Scores", "macro", "score"]

#: Columns of the confusion beside the labels.
MISSED = "(missed)"
SPURIOUS = "(nothing)"


@dataclass(slots=True)
class Counts:
    """True positives, predictions and gold entities."""

    correct: int = 0
    predicted: int = 0
    gold: int = 0

    def add(self, other: Counts) -> None:
        self.correct += other.correct
        self.predicted += other.predicted
        self.gold += other.gold

    def figures(self) -> Figures:
        """Ratios of these counts."""
        precision = self.correct / self.predicted if self.predicted else float(self.gold == 0)
        recall = self.correct / self.gold if self.gold else float(self.predicted == 0)
        return Figures(
            precision,
            recall,
            _f(precision, recall, 1.0),
            _f(precision, recall, 2.0),
            self.gold,
            self.predicted,
        )


@dataclass(frozen=True, slots=True)
class Figures:
    """Precision, recall, F1, F2 (recall counts double), and what they are of."""

    precision: float
    recall: float
    f1: float
    f2: float
    gold: int
    predicted: int


@dataclass(slots=True)
class Scores:
    """Counts of a whole data set.

    Attributes:
        strict, relaxed: By label.
        confusion: (gold label, predicted label), with :data:`MISSED` and :data:`SPURIOUS`.
        documents: Texts in all.
        clean: Texts without any gold entity.
        alarmed: Of those, the ones with at least one prediction.
    """

    strict: dict[str, Counts] = field(default_factory=dict)
    relaxed: dict[str, Counts] = field(default_factory=dict)
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)
    documents: int = 0
    clean: int = 0
    alarmed: int = 0

    def micro(self, relaxed: bool = False) -> Figures:
        """Figures over all labels' counts together."""
        total = Counts()
        for counts in (self.relaxed if relaxed else self.strict).values():
            total.add(counts)
        return total.figures()

    def macro(self, relaxed: bool = False) -> Figures:
        """Mean of the figures of the labels that occur in the gold entities."""
        return macro((self.relaxed if relaxed else self.strict).values())

    @property
    def false_alarm_rate(self) -> float | None:
        """Share of clean texts with a prediction; None without clean texts."""
        return self.alarmed / self.clean if self.clean else None


def _f(precision: float, recall: float, beta: float) -> float:
    weight = beta * beta
    below = weight * precision + recall
    return (1 + weight) * precision * recall / below if below else 0.0


def macro(counts: Iterable[Counts]) -> Figures:
    """Unweighted mean over labels with gold entities."""
    every = [c.figures() for c in counts if c.gold]
    if not every:
        return Counts().figures()
    size = len(every)
    return Figures(
        sum(f.precision for f in every) / size,
        sum(f.recall for f in every) / size,
        sum(f.f1 for f in every) / size,
        sum(f.f2 for f in every) / size,
        sum(f.gold for f in every),
        sum(f.predicted for f in every),
    )


def score(
    gold: Sequence[Sequence[LabelledSpan]], predicted: Sequence[Sequence[LabelledSpan]]
) -> Scores:
    """Compare predictions with gold entities, text by text.

    Equal spans of one text count once on either side.

    Raises:
        ValueError: If the numbers of texts differ.
    """
    scores = Scores()
    for golds, found in zip(gold, predicted, strict=True):
        _score_text(scores, _unique(golds), _unique(found))
    return scores


def _unique(spans: Sequence[LabelledSpan]) -> list[LabelledSpan]:
    return sorted({LabelledSpan(s.start, s.end, s.label) for s in spans})


def _score_text(scores: Scores, gold: list[LabelledSpan], found: list[LabelledSpan]) -> None:
    scores.documents += 1
    if not gold:
        scores.clean += 1
        scores.alarmed += bool(found)
    exact = set(gold) & set(found)
    for counts in (scores.strict, scores.relaxed):
        for span in gold:
            counts.setdefault(span.label, Counts()).gold += 1
        for span in found:
            counts.setdefault(span.label, Counts()).predicted += 1
    for span in exact:
        scores.strict[span.label].correct += 1
    for left, _ in _pairs(gold, found, same_label=True):
        scores.relaxed[left.label].correct += 1
    matched_gold, matched_found = set(), set()
    for left, right in _pairs(gold, found, same_label=False):
        scores.confusion[left.label, right.label] += 1
        matched_gold.add(left)
        matched_found.add(right)
    for span in gold:
        if span not in matched_gold:
            scores.confusion[span.label, MISSED] += 1
    for span in found:
        if span not in matched_found:
            scores.confusion[SPURIOUS, span.label] += 1


def _pairs(
    gold: list[LabelledSpan], found: list[LabelledSpan], same_label: bool
) -> list[tuple[LabelledSpan, LabelledSpan]]:
    """Overlapping pairs, one to one: the largest shared part of both together first.

    Equal labels go before others of the same overlap, so an exact match is never taken.
    """
    candidates = []
    for i, left in enumerate(gold):
        for j, right in enumerate(found):
            shared = min(left.end, right.end) - max(left.start, right.start)
            if shared > 0 and (not same_label or left.label == right.label):
                union = max(left.end, right.end) - min(left.start, right.start)
                candidates.append((-shared / union, left.label != right.label, i, j))
    candidates.sort()
    pairs, used_gold, used_found = [], set(), set()
    for _, _, i, j in candidates:
        if i not in used_gold and j not in used_found:
            used_gold.add(i)
            used_found.add(j)
            pairs.append((gold[i], found[j]))
    return pairs
