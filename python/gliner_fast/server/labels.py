"""Aliases of labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gliner_fast.types import Entity

__all__ = ["LabelMap", "check_aliases"]


@dataclass(frozen=True, slots=True)
class LabelMap:
    """A caller's labels and the labels that the model sees in their place.

    Attributes:
        asked: The model's labels, distinct, in the caller's order.
        callers: The caller's own label for each of ``asked``.
    """

    asked: tuple[str, ...]
    callers: Mapping[str, str]

    @classmethod
    def of(cls, labels: Iterable[str], aliases: Mapping[str, str]) -> LabelMap:
        """Replace aliases. Where two labels mean the same one, the first in the list wins."""
        callers: dict[str, str] = {}
        for label in labels:
            callers.setdefault(aliases.get(label, label), label)
        return cls(tuple(callers), callers)

    def thresholds(
        self, thresholds: Mapping[str, float], aliases: Mapping[str, str]
    ) -> dict[str, float]:
        """Per-label thresholds by the model's labels; those of labels not asked for do nothing."""
        meant = {aliases.get(label, label): value for label, value in thresholds.items()}
        return {label: value for label, value in meant.items() if label in self.callers}

    def restore(self, entities: list[Entity]) -> list[Entity]:
        """Entities under the caller's labels, ordered by (start, end, label)."""
        if all(own == asked for asked, own in self.callers.items()):
            return entities
        renamed: list[Entity] = [{**e, "label": self.callers[e["label"]]} for e in entities]
        return sorted(renamed, key=lambda e: (e["start"], e["end"], e["label"]))


def check_aliases(aliases: Mapping[str, str]) -> None:
    """Refuse aliases whose meaning would depend on the order of look-ups.

    Raises:
        ValueError: If an alias leads to another alias or to itself.
    """
    for alias, label in aliases.items():
        if label in aliases:
            raise ValueError(f"alias {alias!r} leads to {label!r}, which is an alias itself")
