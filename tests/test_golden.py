"""The packaged model detects what the reference server detects, case by case."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gliner_fast import GLiNER
from samples import DATA, assert_slices, assert_within, key

CASES = json.loads((DATA / "golden_pii_mini.json").read_text(encoding="utf-8"))
#: float32 sums in another order, through another library.
TOLERANCE = 1e-4


def _numbered(truncated: bool) -> list[Any]:
    return [
        pytest.param(case, id=str(number))
        for number, case in enumerate(CASES)
        if case["truncated"] is truncated
    ]


def test_the_file_is_complete() -> None:
    assert len(CASES) == 150
    assert {case["params"]["flat_ner"] for case in CASES} == {True, False}
    assert sum(len(case["entities"]) for case in CASES) > 1000


@pytest.mark.parametrize("case", _numbered(truncated=False))
def test_same_entities(model: GLiNER, case: dict[str, Any]) -> None:
    found = model.detect(case["text"], case["labels"], **case["params"])
    assert_slices(case["text"], found)
    assert_within(found, case["entities"], TOLERANCE)


@pytest.mark.parametrize("case", _numbered(truncated=True))
def test_at_least_the_entities_where_the_reference_drops_text(
    model: GLiNER, case: dict[str, Any]
) -> None:
    """The reference drops every word of a window past the 384th, silently.

    Ours cuts such a window again, so it reads all words and finds at least as much. Scores are
    not compared: they come from parts with other words around.
    """
    found = model.detect(case["text"], case["labels"], **case["params"])
    assert_slices(case["text"], found)
    assert {key(e) for e in found} >= {key(e) for e in case["entities"]}
    last = max(e["end"] for e in case["entities"])
    assert any(e["start"] > last for e in found)
