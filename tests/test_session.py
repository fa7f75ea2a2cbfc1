"""The one module that knows ONNX Runtime: devices, threads and failures in its words."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from gliner_fast.config import GlinerConfig
from gliner_fast.cpus import available_cpus
from gliner_fast.errors import (
    CorruptModelError,
    DeviceUnavailableError,
    InferenceError,
    InvalidInputError,
    ModelNotFoundError,
)
from gliner_fast.model_source import DEFAULT_MODEL
from gliner_fast.session import DEVICES, Session
from samples import load, rows


def _session(folder: Path, **arguments: object) -> Session:
    return Session(folder / "model.onnx", GlinerConfig.load(folder), **arguments)  # type: ignore[arg-type]


def test_auto_takes_what_is_there(standard: Path) -> None:
    cuda = "CUDAExecutionProvider" in ort.get_available_providers()
    assert _session(standard).device == ("cuda" if cuda else "cpu")
    assert _session(standard, device="cpu").device == "cpu"


@pytest.mark.parametrize(
    ("device", "provider", "install"),
    [
        ("cuda", "CUDAExecutionProvider", "onnxruntime-gpu"),
        ("mps", "CoreMLExecutionProvider", "pip install onnxruntime, on macOS"),
    ],
)
def test_a_device_that_is_not_there_is_never_replaced(
    standard: Path, device: str, provider: str, install: str
) -> None:
    if provider in ort.get_available_providers():
        assert _session(standard, device=device).device == device
        return
    with pytest.raises(DeviceUnavailableError, match=install) as caught:
        _session(standard, device=device)
    assert provider in str(caught.value)


@pytest.mark.parametrize("device", ["gpu", "", "CPU", "cuda:1", "tpu"])
def test_unknown_devices_name_the_known_ones(standard: Path, device: str) -> None:
    with pytest.raises(InvalidInputError, match=f"device: expected one of {', '.join(DEVICES)}"):
        _session(standard, device=device)


def test_unknown_graphs_name_the_known_ones(standard: Path) -> None:
    with pytest.raises(InvalidInputError, match="graph: expected one of auto, fused, portable"):
        _session(standard, graph="fast")


def test_a_missing_graph_is_not_found(tmp_path: Path, standard: Path) -> None:
    folder = shutil.copytree(standard, tmp_path / "model")
    for path in folder.glob("*.onnx"):
        path.unlink()
    with pytest.raises(ModelNotFoundError, match=r"model\.onnx: is missing"):
        _session(folder)


def test_weights_that_are_cut_off_are_corrupt(tmp_path: Path, standard: Path) -> None:
    folder = shutil.copytree(standard, tmp_path / "model")
    with (folder / "model.onnx.data").open("r+b") as stream:
        stream.truncate(1000)
    with pytest.raises(CorruptModelError, match=r"onnx: cannot be loaded"):
        _session(folder)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_change_no_result(standard: Path, threads: int) -> None:
    session = _session(standard, threads=threads)
    assert session.threads == threads
    assert session._session.get_session_options().intra_op_num_threads == threads
    engine = load(standard)
    batch = rows(engine, ["Jane Roe moved", "Call 555"], ["person", "date"])
    assert np.abs(session.run(batch) - engine.logits(batch))[:, :2].max() <= 1e-5


def test_threads_default_to_the_cpus_of_this_process(standard: Path) -> None:
    assert 1 <= available_cpus() <= (os.cpu_count() or 1)
    assert _session(standard).threads == available_cpus()


def test_a_failing_run_names_sizes_and_not_text(standard: Path) -> None:
    """A token that the vocabulary does not have stands for whatever may fail in a run."""
    engine = load(standard, "portable")
    (row,) = rows(engine, ["secret words"], ["person"])
    broken = replace(row, token_ids=np.full_like(row.token_ids, 10**6))
    with pytest.raises(
        InferenceError, match=f"a batch of 1 rows and {row.tokens} tokens"
    ) as caught:
        engine.run([broken])
    assert "secret" not in str(caught.value)
    assert len(engine.run([row])) == 1


def test_the_packaged_config_is_json_without_surprises() -> None:
    from samples import PACKAGE

    raw = json.loads((PACKAGE / "models" / DEFAULT_MODEL / "gliner_config.json").read_text())
    assert GlinerConfig.from_dict(raw).max_len == raw["max_len"] == 384
