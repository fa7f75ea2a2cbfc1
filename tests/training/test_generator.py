"""What every generated document must be."""

import hashlib
import os
import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

pytest.importorskip("faker", reason="the generator needs faker (extra 'training')")

from training.generator import HELD_OUT, document, documents
from training.generator.concepts import CANONICAL, SURFACES, chain
from training.generator.documents import Document, canonical_entities, masked_frame, write
from training.generator.examples import words
from training.generator.grammar import (
    _RESERVE_EVERY,
    _RESERVED_RULES,
    Choice,
    Seq,
    Slot,
    _templates,
    parse,
    rule_names,
)
from training.generator.pools import first_names, jobs, last_names, listed
from training.generator.registry import families
from training.generator.world import MAKERS, World, fill

from gliner_fast.label_sets import ANONYMIZER_LABELS

ROOT = Path(__file__).parents[2]
TRAIN = list(documents(11, 1500))
TEST = list(documents(11, 300, held_out=True))
EVERY = TRAIN + TEST


def test_spans_slice_to_text() -> None:
    for doc in EVERY:
        for span in doc.spans:
            value = doc.text[span.start : span.end]
            assert value and value == value.strip(), (doc.family, span.type)
            assert span.type in SURFACES


def test_spans_nest_or_are_apart() -> None:
    for doc in EVERY:
        spans = doc.spans
        for i, a in enumerate(spans):
            for b in spans[i + 1 :]:
                apart = a.end <= b.start or b.end <= a.start
                nested = a.start <= b.start and b.end <= a.end
                assert apart or nested, (doc.family, a.type, b.type)


def test_default_labels_never_overlap() -> None:
    for doc in EVERY:
        found = canonical_entities(doc.spans)
        assert all(a.end <= b.start for a, b in pairwise(found)), doc.family
        assert {s.type for s in found} <= set(CANONICAL)


def test_spans_begin_and_end_with_words() -> None:
    for doc in EVERY:
        borders = words(doc.text)
        starts, ends = {a for a, _ in borders}, {b for _, b in borders}
        for span in doc.spans:
            assert span.start in starts and span.end in ends, (doc.family, span.type)


def test_every_default_label_occurs() -> None:
    found = {s.type for doc in TRAIN for s in canonical_entities(doc.spans)}
    assert found == set(CANONICAL)


def test_the_labels_are_the_package_s() -> None:
    assert set(CANONICAL) == set(ANONYMIZER_LABELS)


def test_frames_hardly_repeat() -> None:
    frames = {masked_frame(doc) for doc in TRAIN}
    assert len(frames) >= 0.98 * len(TRAIN)


def test_some_documents_have_no_entity() -> None:
    empty = sum(not canonical_entities(doc.spans) for doc in TRAIN)
    assert 0.08 < empty / len(TRAIN) < 0.3


def test_held_out_families_stay_out_of_training() -> None:
    held_out = {family.name for family in families(held_out=True)}
    assert held_out >= HELD_OUT
    assert not {doc.family for doc in TRAIN} & held_out
    assert {doc.family for doc in TEST} <= held_out


def test_reserved_templates_and_names_stay_out_of_training() -> None:
    for name in rule_names():
        if name.startswith(_RESERVED_RULES):
            seen, kept = set(_templates(name, False)), set(_templates(name, True))
            if len(seen | kept) >= _RESERVE_EVERY:
                assert seen and kept and not seen & kept, name
    for pool in (first_names("en_US", "female"), last_names("en_GB"), jobs()):
        assert pool.held and not set(pool.seen) & set(pool.held)
    countries = listed("address", "en_US", "countries", closed=True)
    assert not countries.held and {"Iran", "Morocco"} <= set(countries.seen)
    assert "John" in first_names("en_US", "male").seen


def test_a_seed_and_a_number_are_a_document() -> None:
    assert document(5, 17) == document(5, 17)
    assert document(5, 17) != document(5, 18)
    assert document(5, 17) != document(6, 17)


def test_documents_do_not_depend_on_the_process() -> None:
    code = (
        "import hashlib; from training.generator import documents\n"
        "print(hashlib.sha256(repr(list(documents(11, 40))).encode()).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(repr(TRAIN[:40]).encode()).hexdigest()


def test_json_round_trip() -> None:
    for doc in TRAIN[:50]:
        assert Document.from_json(doc.to_json()) == doc


@pytest.mark.parametrize("kind", sorted({family.kind for family in families()}))
def test_each_family_writes(kind: str) -> None:
    for family in families():
        if family.kind == kind:
            for seed in range(4):
                assert write(family, random.Random(seed)).family == family.name


def _slots(seq: Seq) -> set[str]:
    found: set[str] = set()
    for item in seq:
        if isinstance(item, Slot):
            found.add(item.name)
        elif isinstance(item, Choice):
            found.update(*(_slots(option) for option in item.options))
    return found


def test_every_slot_of_a_rule_has_a_maker() -> None:
    families()
    known = rule_names() | set(MAKERS)
    for name in rule_names():
        for held_out in (False, True):
            for template in _templates(name, held_out):
                assert _slots(parse(template)) <= known, name


def test_templates_must_close() -> None:
    for broken in ("{name", "[a|b"):
        with pytest.raises(ValueError, match="not closed"):
            parse(broken)


def test_patterns() -> None:
    text = fill(random.Random(1), "^#-%&")
    assert text[0].isupper() and text[1].isdigit() and text[2] == "-" and text[3] in "123456789"


def test_a_person_keeps_what_is_theirs() -> None:
    world = World(random.Random(2))
    assert world.value("email") == world.value("email")
    assert world.value("mrn") == world.value("medical_record_number")
    assert world.value("email", "*") != world.value("email", "*")


def test_chains_end_in_concepts() -> None:
    for concept in SURFACES:
        assert set(chain(concept)) <= set(SURFACES)
    with pytest.raises(KeyError):
        chain("no such thing")
