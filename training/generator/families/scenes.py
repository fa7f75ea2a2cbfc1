"""Scenes: whole documents written as templates, in ``training/generator/scenes``.

A file holds blocks, each headed by ``=== kind``. Every scene is a family of its own. Of those in
the folder itself each seventh is held out, counted over all files, so no file can be added there
without moving others between training and test; new files belong in ``more``, where the scene's
own kind decides. Most documents are a scene as written; some are a few sentences of one, or
sentences of one between those of another, so that a frame is not learned as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from training.generator.families.tools import Parts, statements
from training.generator.grammar import expand, parse
from training.generator.registry import add_family
from training.generator.text import plain
from training.generator.world import World

__all__ = ["FOLDER", "read_scenes", "sentences"]

FOLDER = Path(__file__).parent.parent / "scenes"
#: Share of all scenes together, on the scale of the other families, which come to 188.
_WEIGHT = 215.0
_HELD_EVERY, _HELD_AT = 7, 3
#: Files whose scenes are no prose, so that noise leaves them as they are.
_UNWRITTEN = ("technical", "secrets", "logins", "accesses", "dumps")
_BREAK = re.compile(r"((?<=[.!?])[ \n]+|\n+)")


def read_scenes(path: Path) -> list[tuple[str, str]]:
    """Kind and template of each scene of a file.

    Raises:
        ValueError: If text stands before the first heading, or brackets do not match.
    """
    head, *blocks = re.split(r"(?m)^=== ", path.read_text(encoding="utf-8"))
    if head.strip():
        raise ValueError(f"{path.name}: text before the first heading")
    scenes = []
    for block in blocks:
        kind, _, template = block.partition("\n")
        parse(template.strip("\n"))
        scenes.append((kind.strip(), template.strip("\n")))
    return scenes


def sentences(parts: Parts) -> list[Parts]:
    """Pieces by sentence or line, each with the white space that follows it."""
    found: list[Parts] = [[]]
    for part in parts:
        if not isinstance(part, str):
            found[-1].append(part)
            continue
        # An entity may end just before a mark: "{city}. Next" has its break in the string.
        pieces = _BREAK.split(part)
        for text, gap in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
            if text or gap:
                found[-1].append(text + gap)
            if gap and plain(found[-1]).strip():
                found.append([])
    return [each for each in found if each]


def _flat(groups: list[Parts]) -> Parts:
    return [part for group in groups for part in group]


def _excerpt(world: World, parts: Parts) -> list[Parts]:
    """Some sentences in a row."""
    every = sentences(parts)
    length = world.rng.randint(1, max(1, len(every) - 1))
    start = world.rng.randint(0, len(every) - length)
    return every[start : start + length]


def _scene(world: World, template: str, others: list[str]) -> Parts:
    rng = world.rng
    parts = expand(template, world)
    roll = rng.random()
    if roll < 0.55:
        return parts
    if roll < 0.72:
        return _flat(_excerpt(world, parts))
    if roll < 0.86:
        # Something said about somebody, somewhere in it.
        every = sentences(parts)
        every.insert(rng.randint(0, len(every)), [" ", *statements(world, 1)[0], " "])
        return _flat(every)
    world.focus = "5"
    other = _excerpt(world, expand(rng.choice(others), world))
    return [*_flat(_excerpt(world, parts)), rng.choice(["\n", " ", "\n\n"]), *_flat(other)]


def _files() -> Iterator[tuple[Path, list[tuple[str, str, bool]]]]:
    """Each file's scenes: kind, template and whether it is held out."""
    number = 0
    for path in sorted(FOLDER.glob("*.txt")):
        scenes = list(enumerate(read_scenes(path), number))
        yield path, [(kind, text, i % _HELD_EVERY == _HELD_AT) for i, (kind, text) in scenes]
        number += len(scenes)
    for path in sorted((FOLDER / "more").glob("*.txt")):
        yield (
            path,
            [
                (kind, text, crc32(kind.encode()) % _HELD_EVERY == _HELD_AT)
                for kind, text in read_scenes(path)
            ],
        )


def _register() -> None:
    files = list(_files())
    count = sum(len(scenes) for _, scenes in files)
    number = 0
    for path, scenes in files:
        kept = [text for _, text, held_out in scenes if not held_out]
        held = [text for _, text, held_out in scenes if held_out]
        for kind, template, held_out in scenes:
            others = held if held_out else kept

            def make(world: World, template: str = template, others: list[str] = others) -> Parts:
                return _scene(world, template, others)

            add_family(
                f"scene_{number:03d}_{kind}",
                f"scene: {path.stem}",
                make,
                weight=_WEIGHT / count,
                prose=path.stem not in _UNWRITTEN,
                held_out=held_out,
            )
            number += 1


_register()
