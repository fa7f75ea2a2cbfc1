"""The gate of int8: measured, recorded, and closed to models that lose entities."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, numpy_helper

from gliner_fast import InvalidInputError, ModelError
from gliner_fast.convert import convert, pipeline
from gliner_fast.convert.calibration import PROMPTS, TEXTS
from gliner_fast.convert.fidelity import Fidelity, Findings, compare, observe
from gliner_fast.convert.layers import LINEAR_KINDS, Quantization
from gliner_fast.engine import Engine
from gliner_fast.manifest import Manifest
from gliner_fast.model_source import find_model
from samples import load, rows, valid_spans

VARIANTS = Path(__file__).parent / "data" / "variants"


def _findings(*entities: tuple[int, int, int, str], logit: float = 0.0) -> Findings:
    return Findings(frozenset(entities), [np.full((2, 2, 1), logit, np.float32)])


def test_agreement_is_counted_by_label() -> None:
    original = _findings((0, 0, 4, "email"), (0, 5, 9, "email"), (1, 0, 3, "city"))
    quantized = _findings((0, 0, 4, "email"), (1, 0, 3, "city"), (1, 4, 6, "date"), logit=3.0)
    found = compare(original, quantized, Quantization(8, ("qkv",)))
    assert found.f1 == pytest.approx(2 * 2 / 6)
    assert (found.kept, found.lost) == (Counter(email=1, city=1), Counter(email=1))
    assert found.added == Counter(date=1)
    assert found.logit_error == pytest.approx(3.0)
    assert found.as_manifest()["labels"]["email"] == {"kept": 1, "lost": 1, "added": 0}


def test_no_entities_at_all_is_agreement() -> None:
    assert compare(_findings(), _findings()).passes


@pytest.mark.parametrize(
    ("kept", "lost", "f1", "passes"),
    [
        (99, 1, 0.999, True),  # one entity may always go
        (98, 2, 0.999, True),
        (97, 3, 0.999, False),
        (200, 0, 0.9949, False),
        (200, 0, 0.995, True),
    ],
)
def test_what_passes(kept: int, lost: int, f1: float, passes: bool) -> None:
    table = (Counter(email=kept), Counter(email=lost), Counter[str]())
    assert Fidelity(f1, *table, logit_error=0.1).passes is passes


def test_a_model_agrees_with_itself() -> None:
    engine = Engine(find_model())
    first, second = observe(engine), observe(engine)
    assert first.entities
    assert compare(first, second).f1 == 1
    assert len(first.logits) >= len(TEXTS) * len(PROMPTS)


def test_a_lossy_model_is_refused_unless_allowed(tmp_path: Path) -> None:
    source, target = VARIANTS / "standard", tmp_path / "model"
    with pytest.raises(ModelError, match="int8 does not keep this model's entities"):
        convert(source, target, "int8", progress=False)
    assert not list(tmp_path.iterdir())
    convert(source, target, "int8", allow_lossy=True, progress=False)
    fidelity = Manifest.load(target).fidelity
    assert fidelity is not None
    assert fidelity["f1"] < 0.995
    assert (fidelity["weight_bits"], fidelity["kept_fp32"]) == (7, [])


def test_weights_of_seven_bits(tmp_path: Path) -> None:
    """All within ±63, the scales twice as large, and both graphs of the same mind."""
    folders = {
        bits: convert(
            VARIANTS / "standard",
            tmp_path / str(bits),
            "int8",
            weight_bits=bits,
            allow_lossy=True,
            progress=False,
        )
        for bits in (8, 7)
    }
    largest = {}
    for bits, folder in folders.items():
        graph = onnx.load(folder / "model.onnx").graph
        weights = [
            numpy_helper.to_array(t) for t in graph.initializer if t.data_type == TensorProto.INT8
        ]
        assert len(weights) >= 4
        largest[bits] = {int(np.abs(w.astype(int)).max()) for w in weights if w.size > 1}
    assert largest == {8: {127}, 7: {63}}
    fp32 = convert(VARIANTS / "standard", tmp_path / "fp32", "fp32", progress=False)
    exact, portable = load(fp32, "portable"), load(folders[7], "portable")
    fused = load(folders[7], "fused")
    between, lost = [], []
    for row in rows(portable, TEXTS[:3], ["person", "email", "city"]):
        expected, got, known = (m.logits([row])[0] for m in (portable, fused, exact))
        valid = valid_spans(*expected.shape[:2])
        between.append(np.abs(expected - got)[valid])
        lost.append(np.abs(expected - known)[valid])
    # An activation between two integers may be rounded either way; less than int8 costs anyhow.
    assert np.concatenate(between).mean() < np.concatenate(lost).mean()
    assert np.concatenate(between).max() < 0.2


def test_other_sizes_of_weights_are_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="weight_bits: expected 7, 8 or None, got 4"):
        convert(VARIANTS / "standard", tmp_path / "model", "int8", weight_bits=4, progress=False)
    with pytest.raises(InvalidInputError, match="weight_bits: expected None for fp32, got 7"):
        convert(VARIANTS / "standard", tmp_path / "model", "fp32", weight_bits=7, progress=False)
    assert not list(tmp_path.iterdir())


def test_kinds_go_back_to_fp32_until_it_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With as many kinds as there are, the search ends at a model that is all fp32 but for the
    embeddings, which passes."""
    monkeypatch.setattr(pipeline, "_MOST_KEPT", len(LINEAR_KINDS))
    folder = convert(VARIANTS / "standard", tmp_path / "model", "int8", progress=False)
    manifest = json.loads((folder / "gliner_fast.json").read_text())
    assert manifest["fidelity"]["f1"] >= 0.995
    kept = manifest["fidelity"]["kept_fp32"]
    assert kept
    assert set(kept) <= set(LINEAR_KINDS)
    operators = (folder / "model.onnx").read_bytes()
    assert (b"MatMulInteger" in operators) is (len(kept) < len(LINEAR_KINDS))
