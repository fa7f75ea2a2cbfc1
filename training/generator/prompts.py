"""Prompts: which labels a document is asked for, and how they are written.

A prompt is a list of concepts, each under one of its names. Some are in the text, most are not:
a model that has seen only labels that occur finds them everywhere.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from training.generator.concepts import (
    ANONYMIZER_LABELS,
    CANONICAL,
    DEFAULT_LABELS,
    DISTRACTORS,
    EXCLUSIVE_GROUPS,
    GROUPS,
    SURFACES,
    chain,
)
from training.generator.text import Span

__all__ = ["PromptOptions", "Prompted", "label_spans", "make_prompt", "style_name"]

#: Labels that people name first. They appear in more prompts than the others.
_COMMON = (
    "first_name", "last_name", "person_name", "email", "phone_number", "address", "street_address", "city",
    "state", "postcode", "country", "date", "date_of_birth", "ssn", "credit_debit_card", "account_number",
    "ip_address", "ipv4", "mac_address", "url", "user_name", "password", "medical_record_number",
    "organization_name", "company_name", "location", "age", "occupation", "time",
)  # fmt: skip
#: Names under which a label and its wider concept are the same word for a reader.
_STYLES = ("canonical", "natural", "title", "upper", "camel", "kebab", "mixed")
_STYLE_WEIGHTS = (46, 26, 7, 6, 3, 2, 10)


@dataclass(frozen=True, slots=True)
class PromptOptions:
    """How prompts are sampled.

    Attributes:
        most: Most labels of a prompt.
        keep: Probability that a type in the text is asked for.
        default: Probability that a prompt is a whole default set, where ``most`` allows it.
    """

    most: int = 65
    keep: float = 0.85
    default: float = 0.07


@dataclass(frozen=True, slots=True)
class Prompted:
    """A text's spans under the labels of a prompt.

    Attributes:
        labels: In the prompt's order.
        spans: With the label as type; nested ones where two concepts both hold.
        concepts: What the labels ask for; labels that fit nothing have none.
    """

    labels: tuple[str, ...]
    spans: tuple[Span, ...]
    concepts: frozenset[str] = frozenset()

    @property
    def negatives(self) -> tuple[str, ...]:
        """Labels that nothing in the text has."""
        found = {s.type for s in self.spans}
        return tuple(label for label in self.labels if label not in found)


def style_name(rng: random.Random, name: str, style: str) -> str:
    """A name as somebody writes it."""
    if style == "mixed":
        style = rng.choice(_STYLES[:-1])
    if style == "canonical":
        return name.replace(" ", "_").replace("-", "_").replace("'", "")
    if style == "title":
        return " ".join(word[:1].upper() + word[1:] for word in name.split())
    if style == "upper":
        upper = name.upper()
        return upper.replace(" ", "_") if rng.random() < 0.7 else upper
    if style == "camel":
        words = name.replace("'", "").split()
        return words[0] + "".join(w.capitalize() for w in words[1:])
    if style == "kebab":
        return name.replace(" ", "-")
    return name


def label_spans(spans: Sequence[Span], names: Mapping[str, str]) -> list[Span]:
    """Spans under the labels of a prompt.

    Args:
        spans: Types, groups before their parts.
        names: Label of each concept in the prompt.
    """
    found: list[Span] = []
    grouped = [s for s in spans if s.type in GROUPS]
    for span in spans:
        inside = [
            g for g in grouped
            if g is not span and g.start <= span.start and span.end <= g.end
        ]  # fmt: skip
        if any(g.type in EXCLUSIVE_GROUPS and g.type in names for g in inside):
            continue
        concept = next((c for c in chain(span.type) if c in names), None)
        if concept is None:
            continue
        # A part of a group does not stand for the whole group again.
        if concept != span.type and any(concept in chain(g.type) for g in inside):
            continue
        found.append(Span(span.start, span.end, names[concept]))
    return sorted(set(found), key=lambda s: (s.start, -s.end, s.type))


def _size(rng: random.Random, most: int) -> int:
    roll = rng.random()
    if roll < 0.3:
        size = rng.randint(1, 5)
    elif roll < 0.65:
        size = rng.randint(4, 12)
    elif roll < 0.87:
        size = rng.randint(12, 32)
    else:
        size = rng.randint(32, 65)
    return min(size, most)


def make_prompt(
    rng: random.Random, spans: Sequence[Span], options: PromptOptions | None = None
) -> Prompted:
    """Sample the labels of a prompt for a text, and its spans under them.

    Some prompts are a whole default set; the others take most of the types in the
    text, at fine or wide granularity, and fill up with concepts that are not in it.
    """
    options = options or PromptOptions()
    if rng.random() < options.default and options.most >= len(CANONICAL):
        chosen = list(DEFAULT_LABELS)
        if rng.random() < 0.5:
            chosen += ANONYMIZER_LABELS
        style = "canonical" if rng.random() < 0.8 else "natural"
        distractors = 0
    else:
        chosen = _sample(rng, spans, options)
        style = rng.choices(_STYLES, _STYLE_WEIGHTS)[0]
        size = _size(rng, options.most)
        # Types of the text come first, but every prompt of two or more has a label that is
        # not in it (or is left out of it).
        chosen = chosen[: max(1, size - 1)]
        distractors = sum(rng.random() < 0.12 for _ in range(size - len(chosen)))
        chosen = _fill(rng, chosen, size - distractors)
    # Defaults keep their own names most of the time; synonyms steer the rest.
    own = 0.75 if style == "canonical" else 0.3
    names: dict[str, str] = {}
    used: set[str] = set()
    for concept in chosen:
        surfaces = SURFACES[concept]
        plain = surfaces[0] if rng.random() < own else rng.choice(surfaces)
        name = style_name(rng, plain, style)
        if name.casefold() not in used:
            used.add(name.casefold())
            names[concept] = name
    extra = [style_name(rng, d, style) for d in rng.sample(DISTRACTORS, distractors)]
    labels = [*names.values(), *(e for e in extra if e.casefold() not in used)]
    rng.shuffle(labels)
    return Prompted(tuple(labels), tuple(label_spans(spans, names)), frozenset(names))


def _sample(rng: random.Random, spans: Sequence[Span], options: PromptOptions) -> list[str]:
    """Concepts of the text, each kept with a probability, some of them wider ones."""
    wide = rng.random() < 0.3
    present: dict[str, None] = {}
    for span in spans:
        concepts = chain(span.type)
        present[concepts[-1] if wide and rng.random() < 0.6 else concepts[0]] = None
    kept = [concept for concept in present if rng.random() < options.keep]
    # Groups with their parts in one prompt are rare in use, but both must work.
    for group in GROUPS:
        if group in kept and rng.random() < 0.6:
            parts = {s.type for s in spans if group in chain(s.type) and s.type != group}
            drop: Collection[str] = parts if rng.random() < 0.5 else {group}
            kept = [c for c in kept if c not in drop]
    rng.shuffle(kept)
    return kept


def _fill(rng: random.Random, chosen: list[str], size: int) -> list[str]:
    rest = [c for c in SURFACES if c not in chosen]
    common = [c for c in _COMMON if c not in chosen]
    while len(chosen) < size and rest:
        source = common if common and rng.random() < 0.35 else rest
        concept = rng.choice(source)
        for pool in (rest, common):
            if concept in pool:
                pool.remove(concept)
        chosen.append(concept)
    return chosen
