"""Proofread a file of scenes: ``python -m training.generator.proof FILE``."""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from training.generator.documents import canonical_entities
from training.generator.examples import words
from training.generator.families.scenes import read_scenes
from training.generator.grammar import expand, rule_names, slot_names
from training.generator.registry import families
from training.generator.text import Span, flatten
from training.generator.world import MAKERS, World

__all__ = ["marked", "mistakes", "texts"]


def texts(template: str, count: int) -> Iterator[tuple[str, list[Span]]]:
    """Some texts of a template, each with its entities under the default labels."""
    for seed in range(count):
        text, spans = flatten(expand(template, World(random.Random(seed))))
        yield text, canonical_entities(tuple(spans))


def marked(text: str, entities: list[Span]) -> str:
    """The text with its entities as ``[[label:value]]``."""
    for span in sorted(entities, key=lambda span: -span.start):
        value = f"[[{span.type}:{text[span.start : span.end]}]]"
        text = text[: span.start] + value + text[span.end :]
    return text


def mistakes(kind: str, template: str, count: int = 25) -> Iterator[str]:
    """What is wrong with a scene, as ``count`` texts of it show."""
    families()  # Loads all makers and rules, once.
    unknown = slot_names(template) - MAKERS.keys() - rule_names()
    if unknown:
        yield f"no slot is named {', '.join(sorted(unknown))}"
        return
    for text, entities in texts(template, count):
        borders = words(text)
        starts, ends = {a for a, _ in borders}, {b for _, b in borders}
        for span in entities:
            if span.start not in starts or span.end not in ends:
                around = text[max(0, span.start - 12) : span.end + 12]
                yield f"a {span.type} does not begin and end with a word: {around!r}"
                return
        if bool(entities) == kind.startswith("clean_"):
            yield "an entity in a clean scene" if entities else "no entity in some choice"
            return


def main(argv: list[str] | None = None) -> int:
    """Run a command line; status 1 if there is a mistake."""
    parser = argparse.ArgumentParser(prog="python -m training.generator.proof", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--show", metavar="KIND", help="print three texts of a scene instead")
    args = parser.parse_args(argv)
    families()
    try:
        scenes = read_scenes(args.file)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    if args.show:
        shown = [template for kind, template in scenes if kind == args.show]
        if not shown:
            parser.error(f"--show: {args.file.name} has no scene of kind {args.show}")
        for text, entities in texts(shown[0], 3):
            print(marked(text, entities), end="\n\n---\n")
        return 0
    kinds = Counter(kind for kind, _ in scenes)
    found = [(kind, "a kind is used twice") for kind, uses in kinds.items() if uses > 1]
    found += [(kind, each) for kind, template in scenes for each in mistakes(kind, template)]
    for kind, mistake in found:
        print(f"{kind}: {mistake}")
    print(f"{len(scenes)} scenes, {len(found)} mistakes")
    return bool(found)


if __name__ == "__main__":
    raise SystemExit(main())
