"""Detections are those of gliner on torch with the reference server's windows and merge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from training.restore import main as restore

from gliner_fast import GLiNER
from gliner_fast.convert import convert
from gliner_fast.engine import Engine
from gliner_fast.types import DecodeOptions, DetectOptions, Entity
from samples import DATA, PACKAGE, assert_slices, assert_within, key, load

#: What gliner finds with the packaged model's weights, taken as float32.
CASES = json.loads((DATA / "golden_default.json").read_text(encoding="utf-8"))
#: A checkpoint beside the repository, and what the reference server finds with it.
SHARED = Path(__file__).parents[2] / "shared"
MINI = SHARED / "models" / "pii-mini"
_MINI_FILE = SHARED / "golden" / "golden_dev.json"
MINI_CASES = json.loads(_MINI_FILE.read_text(encoding="utf-8")) if _MINI_FILE.is_file() else []
#: float32 sums in another order, through another library.
TOLERANCE = 1e-4
#: A score that other words around do not bring under any threshold here.
FIRM = 0.9


def _numbered(truncated: bool) -> list[Any]:
    """Each case for each graph; those of the checkpoint beside the repository where it is."""
    return [
        pytest.param(source, graph, case, id=f"{source}-{graph}-{number}")
        for source, cases in (("packaged", CASES), ("mini", MINI_CASES))
        for graph in ("fused", "portable")
        for number, case in enumerate(cases)
        if case["truncated"] is truncated
    ]


@pytest.fixture(scope="session")
def engine_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Engine]:
    """The fp32 engine of a checkpoint and a graph, converted once."""
    root = tmp_path_factory.mktemp("golden")
    engines: dict[tuple[str, str], Engine] = {}

    def checkpoint(source: str) -> Path:
        if source == "mini":
            return MINI
        restore([str(PACKAGE / "models" / "pii-default"), str(root / "restored")])
        return root / "restored"

    def get(source: str, graph: str) -> Engine:
        if (source, graph) not in engines:
            model = root / source
            if not model.exists():
                convert(checkpoint(source), model, progress=False)
            engines[source, graph] = load(model, graph)
        return engines[source, graph]

    return get


def _detect(engine: Engine, case: dict[str, Any]) -> list[Entity]:
    params = dict(case["params"])
    decode = DecodeOptions(params.pop("threshold"), params.pop("flat_ner"))
    return engine.detect(case["text"], case["labels"], DetectOptions(decode, **params))


def test_the_file_is_complete() -> None:
    assert len(CASES) >= 150
    assert {case["params"]["flat_ner"] for case in CASES} == {True, False}
    assert {case["truncated"] for case in CASES} == {True, False}
    assert sum(len(case["entities"]) for case in CASES) > 900


@pytest.mark.parametrize(("source", "graph", "case"), _numbered(truncated=False))
def test_fp32_finds_the_references_entities(
    engine_of: Callable[[str, str], Engine], source: str, graph: str, case: dict[str, Any]
) -> None:
    found = _detect(engine_of(source, graph), case)
    assert_slices(case["text"], found)
    assert_within(found, case["entities"], TOLERANCE)


@pytest.mark.parametrize(("source", "graph", "case"), _numbered(truncated=True))
def test_at_least_the_entities_where_the_reference_drops_text(
    engine_of: Callable[[str, str], Engine], source: str, graph: str, case: dict[str, Any]
) -> None:
    """The reference drops every word of a window past the 384th, silently.

    Ours cuts such a window again, so it reads all words and finds at least as much. Its parts end
    elsewhere, and with other words around, scores are others: what was near the threshold, or near
    another label, may change; what was firm may not.
    """
    found = _detect(engine_of(source, graph), case)
    assert_slices(case["text"], found)
    assert len(found) >= len(case["entities"])
    least = FIRM if source == "packaged" else 0.0
    assert {key(e) for e in found} >= {key(e) for e in case["entities"] if e["score"] >= least}
    if source == "mini":
        assert max(e["start"] for e in found) > max(e["end"] for e in case["entities"])


@pytest.mark.parametrize("graph", ["fused", "portable"])
def test_what_the_reference_drops_is_read(
    engine_of: Callable[[str, str], Engine], graph: str
) -> None:
    """Most long texts hold entities after the last one that the reference finds."""
    cases = [case for case in CASES if case["truncated"]]
    past = 0
    for case in cases:
        # Where the reference finds nothing there is no last one to be past.
        last = max((e["end"] for e in case["entities"]), default=len(case["text"]))
        past += any(e["start"] > last for e in _detect(engine_of("packaged", graph), case))
    assert past > len(cases) / 2


def test_int8_keeps_the_entities(model: GLiNER) -> None:
    """int8 moves scores. Entities near the threshold may come or go, no others."""
    kept = lost = added = 0
    for case in CASES:
        found = {
            key(e): e["score"] for e in model.detect(case["text"], case["labels"], **case["params"])
        }
        if case["truncated"]:
            assert len(found) >= len(case["entities"])
            continue
        expected = {key(e): e["score"] for e in case["entities"]}
        kept += len(found.keys() & expected.keys())
        lost += len(expected.keys() - found.keys())
        added += len(found.keys() - expected.keys())
    assert 2 * kept / (2 * kept + lost + added) >= 0.98
