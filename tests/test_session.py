"""The one module that knows ONNX Runtime: devices, threads and failures in its words."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest

from gliner_fast import session as session_module
from gliner_fast.config import GlinerConfig
from gliner_fast.cpus import available_cpus
from gliner_fast.errors import (
    CorruptModelError,
    DeviceUnavailableError,
    InferenceError,
    InvalidInputError,
    ModelNotFoundError,
)
from gliner_fast.feeds import GraphKind
from gliner_fast.model_source import DEFAULT_MODEL
from gliner_fast.session import DEVICES, Session
from samples import load, rows


def _session(folder: Path, **arguments: object) -> Session:
    return Session(folder / "model.onnx", GlinerConfig.load(folder), **arguments)  # type: ignore[arg-type]


def test_auto_takes_what_is_there(standard: Path) -> None:
    cuda = "CUDAExecutionProvider" in ort.get_available_providers()
    # A build for GPUs names CUDA where it cannot start, too.
    assert _session(standard).device in ("cpu", *["cuda"] * cuda)
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


NO_DRIVER = "CUDA failure 35: CUDA driver version is insufficient"


@pytest.fixture(params=["left out of the session", "raised"])
def no_gpu(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A build for GPUs on a machine without one. What happened, in order."""
    events: list[str] = []
    plain = ort.InferenceSession

    def start(file: Path, *arguments: Any, providers: list[str], **options: Any) -> Any:
        events.append(providers[0])
        if providers[0] == "CUDAExecutionProvider" and request.param == "raised":
            raise RuntimeError(NO_DRIVER)
        return plain(file, *arguments, providers=["CPUExecutionProvider"], **options)

    def preload() -> None:
        events.append("preload")
        print("Failed to load libcublasLt.so")

    names = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(ort, "get_available_providers", lambda: names)
    monkeypatch.setattr(ort, "InferenceSession", start)
    monkeypatch.setattr(ort, "preload_dlls", preload, raising=False)
    session_module._preload_cuda.cache_clear()
    yield events
    session_module._preload_cuda.cache_clear()


def test_auto_takes_the_cpu_where_cuda_cannot_start(
    standard: Path, no_gpu: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    session = _session(standard)
    assert (session.device, session.kind) == ("cpu", GraphKind.FUSED)
    (warning,) = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert "CUDAExecutionProvider is installed but cannot start" in warning
    assert warning.endswith("; taking the CPU")


def test_cuda_that_cannot_start_is_never_replaced(
    standard: Path, no_gpu: list[str], request: pytest.FixtureRequest
) -> None:
    with pytest.raises(DeviceUnavailableError, match=r"'onnxruntime-gpu\[cuda,cudnn\]'") as caught:
        _session(standard, device="cuda")
    assert (NO_DRIVER in str(caught.value)) == ("raised" in request.node.name)


def test_libraries_of_cuda_are_loaded_once_and_before_it(
    standard: Path, no_gpu: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        _session(standard)
    assert no_gpu == ["preload", *["CUDAExecutionProvider", "CPUExecutionProvider"] * 2]
    assert capsys.readouterr().out == ""
    session_module._preload_cuda.cache_clear()
    no_gpu.clear()
    _session(standard, device="cpu")
    assert no_gpu == ["CPUExecutionProvider"]


def test_onnx_runtime_that_cannot_preload(
    standard: Path, no_gpu: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(ort, "preload_dlls")
    assert _session(standard).device == "cpu"
    assert "preload" not in no_gpu


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


def _of_another_version(standard: Path, folder: Path) -> Path:
    """A model whose fused graph has an operator that this build does not have."""
    shutil.copytree(standard, folder)
    path = folder / "model.fused.onnx"
    graph = onnx.load(path, load_external_data=False)
    node = next(n for n in graph.graph.node if n.domain == "gliner_fast")
    node.op_type = "FromTheFuture"
    path.write_bytes(graph.SerializeToString())
    return folder


def test_a_fused_graph_of_another_version_gives_way(
    tmp_path: Path, standard: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = _of_another_version(standard, tmp_path / "model")
    with caplog.at_level(logging.INFO, "gliner_fast"):
        assert _session(folder, device="cpu").kind is GraphKind.PORTABLE
    warning, info = (record.getMessage() for record in caplog.records)
    assert "FromTheFuture" in warning
    assert warning.endswith("; taking the portable graph")
    assert "loaded the portable graph (the fused graph cannot be loaded) on cpu" in info
    with pytest.raises(CorruptModelError, match=r"fused\.onnx: cannot be loaded: .*FromTheFuture"):
        _session(folder, device="cpu", graph="fused")
    (folder / "model.onnx").write_bytes(b"not a graph")
    with pytest.raises(CorruptModelError, match=r"model\.onnx: cannot be loaded"):
        _session(folder, device="cpu")


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
