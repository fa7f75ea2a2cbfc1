"""Scenes: what their files must hold, and what becomes of them."""

import random
from pathlib import Path

import pytest

pytest.importorskip("faker", reason="the generator needs faker (extra 'training')")

from training.generator.documents import canonical_entities, write
from training.generator.families.scenes import FOLDER, read_scenes, sentences
from training.generator.grammar import expand
from training.generator.registry import families
from training.generator.text import Node, flatten
from training.generator.world import World

FILES = sorted(FOLDER.rglob("*.txt"))
SCENES = [(path.stem, kind, text) for path in FILES for kind, text in read_scenes(path)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_kinds_are_unique_in_a_file(path: Path) -> None:
    kinds = [kind for kind, _ in read_scenes(path)]
    assert len(kinds) > 50
    assert len(set(kinds)) == len(kinds)


def test_clean_scenes_alone_have_no_entity() -> None:
    for stem, kind, text in SCENES:
        found = 0
        for seed in range(4):
            _, spans = flatten(expand(text, World(random.Random(seed))))
            found += len(canonical_entities(tuple(spans)))
        assert (found == 0) == kind.startswith("clean_"), (stem, kind)


def test_every_scene_is_a_family_on_one_side_of_the_split() -> None:
    names = {family.name: family for family in families() if family.kind.startswith("scene: ")}
    assert len(names) == len(SCENES)
    held = sum(family.held_out for family in names.values())
    assert len(names) / 9 < held < len(names) / 5
    for family in names.values():
        for seed in range(3):
            assert write(family, random.Random(seed)).text.strip()


def test_sentences_are_all_of_the_text() -> None:
    parts = ["Dear ", Node("first_name", ("Ann",)), ",\n\nI moved. My number is 3.5! Bye\n", "x"]
    found = sentences(parts)
    assert [flatten(each)[0] for each in found] == [
        "Dear Ann,\n\n", "I moved. ", "My number is 3.5! ", "Bye\n", "x",
    ]  # fmt: skip
    assert flatten([part for each in found for part in each]) == flatten(parts)


def test_text_before_the_first_heading_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("Hello\n=== kind\nText\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.txt: text before the first heading"):
        read_scenes(path)
