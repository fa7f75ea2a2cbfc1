"""Prompts, and rows of gliner's training format."""

import random

import pytest

pytest.importorskip("faker", reason="the generator needs faker (extra 'training')")

from training.generator import documents
from training.generator.concepts import DISTRACTORS, SURFACES
from training.generator.examples import WindowOptions, rows, to_row, windows, words
from training.generator.prompts import (
    Prompted,
    PromptOptions,
    label_spans,
    make_prompt,
    style_name,
)
from training.generator.text import Span

DOCS = list(documents(21, 400))
PASSPORT = [Span(0, 4, "passport_number")]
ADDRESS = [
    Span(0, 20, "address"),
    Span(0, 10, "street_address"),
    Span(12, 16, "city"),
    Span(17, 20, "postcode"),
]
MOMENT = [Span(0, 9, "date_time"), Span(0, 4, "date"), Span(5, 9, "time")]


@pytest.mark.parametrize(
    ("spans", "names", "expected"),
    [
        (PASSPORT, {"passport_number": "passport"}, [(0, 4, "passport")]),
        (PASSPORT, {"national_id": "id card"}, [(0, 4, "id card")]),
        (PASSPORT, {"passport_number": "p", "national_id": "n"}, [(0, 4, "p")]),
        (PASSPORT, {"ssn": "ssn"}, []),
        (ADDRESS, {"address": "address"}, [(0, 20, "address")]),
        (ADDRESS, {"city": "city", "postcode": "zip"}, [(12, 16, "city"), (17, 20, "zip")]),
        (ADDRESS, {"location": "place"}, [(12, 16, "place")]),
        ([Span(3, 7, "city")], {"address": "address"}, [(3, 7, "address")]),
        (MOMENT, {"date_time": "moment", "date": "date"}, [(0, 9, "moment")]),
        (MOMENT, {"date": "date", "time": "time"}, [(0, 4, "date"), (5, 9, "time")]),
        ([Span(0, 3, "company_name")], {"organization_name": "org"}, [(0, 3, "org")]),
    ],
)
def test_labels_steer(
    spans: list[Span], names: dict[str, str], expected: list[tuple[int, int, str]]
) -> None:
    assert [(s.start, s.end, s.type) for s in label_spans(spans, names)] == expected


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("canonical", "date_of_birth"),
        ("natural", "date of birth"),
        ("title", "Date Of Birth"),
        ("camel", "dateOfBirth"),
        ("kebab", "date-of-birth"),
    ],
)
def test_styles(style: str, expected: str) -> None:
    assert style_name(random.Random(1), "date of birth", style) == expected


def test_prompts_are_sound() -> None:
    sizes = set()
    negatives = 0
    for index, doc in enumerate(DOCS):
        prompt = make_prompt(random.Random(index), doc.spans)
        lowered = [label.casefold() for label in prompt.labels]
        assert prompt.labels and len(set(lowered)) == len(lowered)
        assert {s.type for s in prompt.spans} <= set(prompt.labels)
        assert len(prompt.labels) <= 65
        sizes.add(len(prompt.labels))
        negatives += bool(prompt.negatives)
    assert min(sizes) == 1 and max(sizes) == 65
    assert negatives > 0.85 * len(DOCS)


def test_a_small_model_of_prompts() -> None:
    for index, doc in enumerate(DOCS[:100]):
        assert len(make_prompt(random.Random(index), doc.spans, PromptOptions(most=7)).labels) <= 7


def test_distractors_are_no_names_of_concepts() -> None:
    names = {name.casefold() for surfaces in SURFACES.values() for name in surfaces}
    assert not names & {d.casefold() for d in DISTRACTORS}


def test_names_belong_to_one_concept() -> None:
    owners: dict[str, str] = {}
    for concept, surfaces in SURFACES.items():
        for name in surfaces:
            assert owners.setdefault(name, concept) == concept, name


def test_rows_hold_what_the_prompt_asks_for() -> None:
    for index, doc in enumerate(DOCS):
        for row in rows(random.Random(index), doc):
            size = len(row["tokenized_text"])
            assert 0 < size <= WindowOptions().max_words
            for first, last, label in row["ner"]:
                assert 0 <= first <= last < size and label in row["ner_labels"]
            assert set(row["ner_negatives"]) == set(row["ner_labels"]) - {n[2] for n in row["ner"]}
            assert all(0 <= a <= b < size for a, b in row["ner_ignored"])


def test_nothing_is_dropped_silently() -> None:
    options = WindowOptions(max_width=6, max_words=40)
    for index, doc in enumerate(DOCS[:200]):
        for text, spans, cut in windows(random.Random(index), doc, options):
            if not words(text):
                continue
            prompt = make_prompt(random.Random(index), spans)
            row = to_row(text, prompt, cut, options, doc.family)
            borders = words(text)
            for span in prompt.spans:
                touched = [i for i, (a, b) in enumerate(borders) if a < span.end and b > span.start]
                first, last = touched[0], touched[-1]
                if first >= options.max_words:
                    continue
                is_row = [first, last, span.type] in row["ner"]
                is_ignored = [first, min(last, options.max_words - 1)] in row["ner_ignored"]
                assert is_row or is_ignored


def test_rows_read_the_same_words_as_the_text() -> None:
    text = "Ms. Roe-Smith (a@b.co) paid $5."
    row = to_row(text, Prompted(("x",), (Span(4, 13, "x"),)), [], WindowOptions(), "f")
    assert row["tokenized_text"][2] == "Roe-Smith" and row["ner"] == [[2, 2, "x"]]


def test_windows_cover_the_text() -> None:
    options = WindowOptions(whole=0.0)
    for index, doc in enumerate(DOCS[:50]):
        pieces = [text for text, _, _ in windows(random.Random(index), doc, options)]
        assert len("".join(pieces)) > len(doc.text) - 12


def test_an_entity_at_a_cut_is_not_counted() -> None:
    options = WindowOptions(whole=0.0, chunk=100)
    seen = ignored = 0
    for index, doc in enumerate(DOCS):
        for text, spans, cut in windows(random.Random(index), doc, options):
            assert all(0 <= s.start < s.end <= len(text) for s in [*spans, *cut])
            seen += len(cut)
        for row in rows(random.Random(index), doc, cuts=options):
            ignored += len(row["ner_ignored"])
    assert 0 < ignored < seen
