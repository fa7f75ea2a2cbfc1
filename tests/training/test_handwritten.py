"""The hand-written set: its markup, and that what is read is what was written."""

import pytest
from training.handwritten import SETS, clean_paragraphs, documents, output, parse_markup, render

from gliner_fast.label_sets import ANONYMIZER_LABELS
from gliner_fast.words import split_words


def test_markup() -> None:
    text, entities = parse_markup("To [[first_name:Ana]], [[city:Bonn]].")
    assert text == "To Ana, Bonn."
    assert [(text[e["start"] : e["end"]], e["label"]) for e in entities] == [
        ("Ana", "first_name"),
        ("Bonn", "city"),
    ]


@pytest.mark.parametrize("broken", ["[[first_name:Ana]", "[[First Name:Ana]]", "Ana]]"])
def test_broken_markup(broken: str) -> None:
    with pytest.raises(ValueError, match="brackets are left over"):
        parse_markup(broken)


def test_space_inside_an_entity() -> None:
    with pytest.raises(ValueError, match="first_name begins or ends"):
        parse_markup("[[first_name: Ana]]")


@pytest.mark.parametrize(
    ("name", "with_entities", "clean"),
    [("handwritten", 60, 120), ("unseen", 60, 120), ("paragraphs", 0, 500)],
)
def test_a_set_is_large_enough_and_sound(name: str, with_entities: int, clean: int) -> None:
    found = list(documents(name))
    assert len(found) >= with_entities
    assert len({doc["family"] for doc in found}) == len(found)
    assert len({each["text"] for each in clean_paragraphs(name)}) >= clean
    for doc in found:
        assert doc["entities"], doc["family"]
        borders = split_words(doc["text"], 0, len(doc["text"]))
        starts, ends = {a for a, _ in borders}, {b for _, b in borders}
        for entity in doc["entities"]:
            assert entity["label"] in ANONYMIZER_LABELS
            assert entity["start"] in starts and entity["end"] in ends, doc["family"]


@pytest.mark.parametrize("name", SETS)
def test_the_output_is_up_to_date(name: str) -> None:
    found = output(name).read_text(encoding="utf-8")
    assert found == render(name), "run: python -m training.handwritten"
