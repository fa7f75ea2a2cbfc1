"""Templates: ``[one|other]`` chooses, ``{slot}`` is a rule or a value, ``{slot/2}`` of person 2.

Without a number, a value is of the person in focus, see :class:`training.generator.world.World`.

Alternatives nest, so one template stands for many sentences. A backslash keeps the next
character as it is. A rule is a named list of templates. Of every rule that carries entities
and has at least seven templates, each seventh is kept for test documents alone.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Protocol

from training.generator.text import Part

__all__ = [
    "Choice",
    "Resolver",
    "Seq",
    "Slot",
    "add_rules",
    "expand",
    "parse",
    "rule_names",
    "slot_names",
]

_RULES: dict[str, tuple[str, ...]] = {}
_RESERVE_EVERY = 7
_RESERVE_AT = 3
#: Rules that carry entities. Filler is shared: its share kept for test would be dull.
_RESERVED_RULES = ("say.", "clin.", "log.message")


class Slot:
    __slots__ = ("name", "who")

    def __init__(self, name: str, who: str) -> None:
        self.name = name
        self.who = who


class Choice:
    __slots__ = ("options",)

    def __init__(self, options: Sequence[Seq]) -> None:
        self.options = options


Seq = tuple["str | Slot | Choice", ...]


class Resolver(Protocol):
    """What gives values to slots."""

    rng: random.Random
    held_out: bool

    def value(self, name: str, who: str) -> Part | Sequence[Part]: ...


def add_rules(rules: Mapping[str, Sequence[str]]) -> None:
    """Register rules. A name is used once: a second use is a mistake of the author."""
    for name, templates in rules.items():
        if name in _RULES:
            raise ValueError(f"rule {name!r} exists already")
        if not templates:
            raise ValueError(f"rule {name!r} has no template")
        _RULES[name] = tuple(templates)


def rule_names() -> frozenset[str]:
    """Names of all rules."""
    return frozenset(_RULES)


@cache
def _templates(name: str, held_out: bool) -> tuple[str, ...]:
    """Templates of a rule that documents of a split may use."""
    every = _RULES[name]
    if len(every) < _RESERVE_EVERY or not name.startswith(_RESERVED_RULES):
        return every
    return tuple(t for i, t in enumerate(every) if (i % _RESERVE_EVERY == _RESERVE_AT) == held_out)


def slot_names(template: str) -> frozenset[str]:
    """Names of all slots, in whichever alternative they stand."""
    found: set[str] = set()
    rest = list(parse(template))
    while rest:
        item = rest.pop()
        if isinstance(item, Slot):
            found.add(item.name)
        elif isinstance(item, Choice):
            rest.extend(each for option in item.options for each in option)
    return frozenset(found)


def expand(template: str, world: Resolver) -> list[Part]:
    """Pieces of one sentence of a template."""
    out: list[Part] = []
    _run(parse(template), world, out)
    return out


def _run(seq: Seq, world: Resolver, out: list[Part]) -> None:
    for item in seq:
        if isinstance(item, str):
            out.append(item)
        elif isinstance(item, Choice):
            _run(world.rng.choice(item.options), world, out)
        elif item.name in _RULES:
            _run(parse(world.rng.choice(_templates(item.name, world.held_out))), world, out)
        else:
            value = world.value(item.name, item.who)
            if isinstance(value, (list, tuple)):
                out.extend(value)
            else:
                out.append(value)


@cache
def parse(template: str) -> Seq:
    """Read a template.

    Raises:
        ValueError: If brackets or braces do not match.
    """
    seq, at = _parse(template, 0, top=True)
    assert at == len(template)
    return seq


def _parse(template: str, at: int, top: bool) -> tuple[Seq, int]:
    items: list[str | Slot | Choice] = []
    text = ""
    while at < len(template):
        char = template[at]
        if char == "\\":
            text += template[at + 1]
            at += 2
        elif char == "{":
            end = template.find("}", at)
            if end < 0:
                raise ValueError(f"a brace is not closed: {template!r}")
            if text:
                items.append(text)
                text = ""
            name, _, who = template[at + 1 : end].partition("/")
            items.append(Slot(name, who))
            at = end + 1
        elif char == "[":
            if text:
                items.append(text)
                text = ""
            options = []
            while template[at] != "]":
                option, at = _parse(template, at + 1, top=False)
                options.append(option)
                if at >= len(template):
                    raise ValueError(f"a bracket is not closed: {template!r}")
            items.append(Choice(options))
            at += 1
        elif char in "|]" and not top:
            break
        else:
            text += char
            at += 1
    if text:
        items.append(text)
    return tuple(items), at
