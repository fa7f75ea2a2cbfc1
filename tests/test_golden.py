"""Detections are those of gliner on torch with the reference server's windows and merge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gliner_fast import GLiNER
from gliner_fast.convert import convert
from gliner_fast.engine import Engine
from gliner_fast.types import DecodeOptions, DetectOptions, Entity
from samples import DATA, assert_slices, assert_within, key, load

#: Of the packaged model, whose weights are int8, by its fp32 checkpoint.
CASES = json.loads((DATA / "golden_default.json").read_text(encoding="utf-8"))
#: A checkpoint beside the repository, and what the reference server finds with it.
SHARED = Path(__file__).parents[2] / "shared"
MINI = SHARED / "models" / "pii-mini"
_MINI_FILE = SHARED / "golden" / "golden_dev.json"
MINI_CASES = json.loads(_MINI_FILE.read_text(encoding="utf-8")) if _MINI_FILE.is_file() else []
#: float32 sums in another order, through another library.
TOLERANCE = 1e-4


def _numbered(cases: list[Any], truncated: bool) -> list[Any]:
    return [
        pytest.param(case, id=str(number))
        for number, case in enumerate(cases)
        if case["truncated"] is truncated
    ]


def test_the_file_is_complete() -> None:
    assert len(CASES) >= 150
    assert {case["params"]["flat_ner"] for case in CASES} == {True, False}
    assert {case["truncated"] for case in CASES} == {True, False}
    assert sum(len(case["entities"]) for case in CASES) > 900


def test_the_packaged_model_keeps_its_checkpoints_entities(model: GLiNER) -> None:
    """int8 moves scores. Entities near the threshold may come or go, no others."""
    kept = lost = added = 0
    for case in CASES:
        if case["truncated"]:
            continue
        found = {
            key(e): e["score"] for e in model.detect(case["text"], case["labels"], **case["params"])
        }
        expected = {key(e): e["score"] for e in case["entities"]}
        kept += len(found.keys() & expected.keys())
        lost += len(expected.keys() - found.keys())
        added += len(found.keys() - expected.keys())
    assert 2 * kept / (2 * kept + lost + added) >= 0.98


@pytest.mark.parametrize("case", _numbered(CASES, truncated=True))
def test_it_reads_past_what_gliner_drops(model: GLiNER, case: dict[str, Any]) -> None:
    found = model.detect(case["text"], case["labels"], **case["params"])
    assert_slices(case["text"], found)
    assert len(found) >= len(case["entities"])


@pytest.fixture(scope="session", params=["fused", "portable"])
def mini(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The checkpoint beside the repository, converted to fp32."""
    if not MINI_CASES:
        pytest.skip("needs the checkpoint pii-mini and its golden file beside the repository")
    target = tmp_path_factory.mktemp("mini") / "model"
    return load(convert(MINI, target, progress=False), request.param)


def _detect(engine: Engine, case: dict[str, Any]) -> list[Entity]:
    params = dict(case["params"])
    decode = DecodeOptions(params.pop("threshold"), params.pop("flat_ner"))
    return engine.detect(case["text"], case["labels"], DetectOptions(decode, **params))


@pytest.mark.parametrize("case", _numbered(MINI_CASES, truncated=False))
def test_fp32_finds_the_references_entities(mini: Engine, case: dict[str, Any]) -> None:
    found = _detect(mini, case)
    assert_slices(case["text"], found)
    assert_within(found, case["entities"], TOLERANCE)


@pytest.mark.parametrize("case", _numbered(MINI_CASES, truncated=True))
def test_at_least_the_entities_where_the_reference_drops_text(
    mini: Engine, case: dict[str, Any]
) -> None:
    """The reference drops every word of a window past the 384th, silently.

    Ours cuts such a window again, so it reads all words and finds at least as much. Scores are
    not compared: they come from parts with other words around.
    """
    found = _detect(mini, case)
    assert_slices(case["text"], found)
    assert {key(e) for e in found} >= {key(e) for e in case["entities"]}
    last = max(e["end"] for e in case["entities"])
    assert any(e["start"] > last for e in found)
