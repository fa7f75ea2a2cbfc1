"""Families of documents: which there are, and which are held out for test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.generator.text import Part
from training.generator.world import World

__all__ = ["HELD_OUT", "Family", "add_family", "families", "family"]

Make = Callable[[World], Sequence[Part]]

#: Families that training never sees. Whole ways of writing, not some of their documents.
HELD_OUT = frozenset(
    {
        "chat_timestamps",
        "config_toml",
        "form_numbered",
        "log_audit",
        "mail_forwarded",
        "nursing_handover",
        "payment_dispute",
        "performance_review",
        "record_prose",
        "subpoena",
        "tenancy_reference",
        "transcript_helpdesk",
        "clean_explainer",
    }
)


@dataclass(frozen=True, slots=True)
class Family:
    """One way of writing documents.

    Attributes:
        name: Unique.
        kind: Sort of document, shared by several families.
        weight: Share among documents, relative to the others.
        prose: Whether text noise such as typos and line wrapping makes sense in it.
        held_out: Whether only test documents come from it.
    """

    name: str
    kind: str
    make: Make
    weight: float
    prose: bool
    held_out: bool


_FAMILIES: dict[str, Family] = {}


def add_family(
    name: str, kind: str, make: Make, weight: float, prose: bool, held_out: bool
) -> None:
    """Register a family. A name is used once."""
    if name in _FAMILIES:
        raise ValueError(f"family {name!r} exists already")
    _FAMILIES[name] = Family(name, kind, make, weight, prose, held_out)


def family(kind: str, weight: float = 1.0, prose: bool = True) -> Callable[[Make], Make]:
    """Register a function that writes documents; its name is the family's."""

    def register(make: Make) -> Make:
        name = make.__name__
        add_family(name, kind, make, weight, prose, name in HELD_OUT)
        return make

    return register


def families(held_out: bool | None = None) -> list[Family]:
    """All families by name, or those of one side of the split."""
    import training.generator.families  # noqa: F401 - registers them

    found = sorted(_FAMILIES.values(), key=lambda f: f.name)
    return [f for f in found if held_out is None or f.held_out == held_out]
