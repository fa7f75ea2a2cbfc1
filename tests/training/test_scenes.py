"""Scenes: what their files must hold, and what becomes of them."""

import random
import re
from pathlib import Path

import pytest

pytest.importorskip("faker", reason="the generator needs faker (extra 'training')")

from training.generator.documents import write
from training.generator.families.scenes import FOLDER, read_scenes, sentences
from training.generator.grammar import rule_names
from training.generator.proof import main, mistakes
from training.generator.registry import families
from training.generator.text import Node, flatten
from training.generator.world import MAKERS

FILES = sorted(FOLDER.rglob("*.txt"))
SCENES = [(path.stem, kind, text) for path in FILES for kind, text in read_scenes(path)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_kinds_are_unique_in_a_file(path: Path) -> None:
    kinds = [kind for kind, _ in read_scenes(path)]
    assert len(kinds) > 50
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_proofreading_finds_no_mistake(path: Path) -> None:
    for kind, text in read_scenes(path):
        assert not list(mistakes(kind, text, count=4)), kind


@pytest.mark.parametrize(
    ("kind", "template", "mistake"),
    [
        ("note", "[Call|{nobody_knows_this}] {first_name}", "no slot is named nobody_knows_this"),
        ("note", "Call x{first_name}", "a first_name does not begin"),
        ("note", "[Call {first_name}|Call me]", "no entity"),
        ("clean_note", "[Call me|Call {first_name}]", "an entity in a clean scene"),
    ],
)
def test_proofreading_finds(kind: str, template: str, mistake: str) -> None:
    (found,) = mistakes(kind, template)
    assert found.startswith(mistake)


def test_the_guide_names_slots_that_exist() -> None:
    guide = (FOLDER / "README.md").read_text(encoding="utf-8")
    tables = guide[guide.index("## Slots that are entities") : guide.index("## Rules")]
    named = set(re.findall(r"`\{(\w+)\}`", tables))
    assert len(named) > 100
    assert named <= MAKERS.keys() | rule_names()


def test_proof_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "new.txt"
    path.write_text("=== note\nCall {first_name}!\n", encoding="utf-8")
    assert main([str(path)]) == 0
    assert capsys.readouterr().out == "1 scenes, 0 mistakes\n"
    assert main([str(path), "--show", "note"]) == 0
    assert capsys.readouterr().out.count("Call [[first_name:") == 3
    with pytest.raises(SystemExit):
        main([str(path), "--show", "letter"])
    assert "new.txt has no scene of kind letter" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([str(tmp_path / "none.txt")])
    assert "No such file" in capsys.readouterr().err
    path.write_text("=== note\nCall {first_name}!\n" * 2, encoding="utf-8")
    assert main([str(path)]) == 1
    assert "note: a kind is used twice" in capsys.readouterr().out
    path.write_text("=== note\nCall me!\n", encoding="utf-8")
    assert main([str(path)]) == 1
    assert capsys.readouterr().out == "note: no entity in some choice\n1 scenes, 1 mistakes\n"


def _number(name: str) -> int:
    return int(name.split("_")[1])


def test_every_scene_is_a_family_on_one_side_of_the_split() -> None:
    names = {family.name: family for family in families() if family.kind.startswith("scene: ")}
    assert len(names) == len(SCENES)
    first = sum(len(read_scenes(path)) for path in FOLDER.glob("*.txt"))
    held = sum(family.held_out for name, family in names.items() if _number(name) < first)
    assert held == (first + 3) // 7
    # What a kind decides must never change: weights were trained on one side.
    sides = {family.name.split("_", 2)[2]: family.held_out for family in names.values()}
    assert sides["adjusting_visit_file_note"] is True
    assert sides["tortoise_gone_leaflet"] is False
    assert len(names) / 9 < sum(family.held_out for family in names.values()) < len(names) / 5
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
