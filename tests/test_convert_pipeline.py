"""A model folder appears whole or not at all, says where it came from, and is reproducible."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from gliner_fast import __version__
from gliner_fast.convert import PRECISIONS, convert
from gliner_fast.errors import (
    CorruptModelError,
    GlinerFastError,
    InvalidInputError,
    ModelError,
    ModelNotFoundError,
    UnsupportedModelError,
)
from gliner_fast.manifest import Manifest
from samples import VARIANTS, copied, edit_config, load

Tensors = dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float32]]]

WORDS = "token_rep_layer.bert_layer.model.embeddings.word_embeddings.weight"
#: Among the last tensors that are read, when most of the graph is written.
LATE = "span_rep_layer.span_rep_layer.out_project.3.weight"


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _edited(folder: Path, edit: Callable[[Tensors], object]) -> Path:
    """The standard checkpoint with its tensors changed."""
    copied("standard", folder)
    tensors = load_file(folder / "model.safetensors")
    edit(tensors)
    save_file(tensors, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize("precision", PRECISIONS)
def test_converting_twice_gives_the_same_bytes(tmp_path: Path, precision: str) -> None:
    first, second = (
        convert(VARIANTS / "standard", tmp_path / name, precision, allow_lossy=True, progress=False)
        for name in ("first", "second")
    )
    assert _contents(first) == _contents(second)


def test_the_manifest_says_what_the_folder_is(standard: Path) -> None:
    raw = json.loads((standard / "gliner_fast.json").read_text(encoding="utf-8"))
    files = _contents(standard)
    del files["gliner_fast.json"]
    assert set(files) >= {"gliner_config.json", "model.onnx", "model.onnx.data", "tokenizer.json"}
    assert raw.pop("files") == {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in files.items()
    }
    source = VARIANTS / "standard"
    names = ("gliner_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
    assert raw.pop("source") == {
        "repository": None,
        "revision": None,
        "base_model": None,
        "files": {name: hashlib.sha256((source / name).read_bytes()).hexdigest() for name in names},
    }
    versions = raw.pop("versions")
    assert versions["gliner-fast"] == __version__
    assert set(versions) == {"gliner-fast", "onnx"}
    total = sum(t.size for t in load_file(source / "model.safetensors").values())
    assert raw.pop("parameters") == total
    assert raw == {
        "format_version": 2,
        "fidelity": None,
        "max_tokens": None,
        "model_id": "standard",
        "precision": "fp32",
    }


def test_absolute_positions_limit_the_tokens(tmp_path: Path) -> None:
    folder = convert(VARIANTS / "absolute-positions", tmp_path / "model", progress=False)
    assert Manifest.load(folder).max_tokens == 512


def test_no_file_names_a_local_folder(tmp_path: Path) -> None:
    source = copied("base-model", tmp_path / "secret-place" / "checkpoint")
    edit_config(source, model_name=str(source / "base" / "tiny-deberta"))
    folder = convert(source, tmp_path / "model", progress=False)
    manifest = Manifest.load(folder)
    assert manifest.source["base_model"] == "tiny-deberta"
    assert b"secret-place" not in (folder / "gliner_fast.json").read_bytes()
    assert b"secret-place" not in (folder / "model.onnx").read_bytes()


def test_a_base_model_that_is_nowhere_is_named(tmp_path: Path) -> None:
    source = copied("base-model", tmp_path / "source")
    edit_config(source, model_name="./nowhere")
    with pytest.raises(ModelNotFoundError, match=r"no encoder_config, and its base model .*nowhe"):
        convert(source, tmp_path / "model", progress=False)


def test_an_existing_target_stays_unless_forced(tmp_path: Path) -> None:
    target = convert(VARIANTS / "standard", tmp_path / "model", progress=False)
    before = _contents(target)
    with pytest.raises(GlinerFastError, match=r"exists already; use --force"):
        convert(VARIANTS / "no-rnn", target, progress=False)
    assert _contents(target) == before
    convert(VARIANTS / "no-rnn", target, force=True, progress=False)
    assert Manifest.load(target).model_id == "no-rnn"
    assert load(target).config.num_rnn_layers == 0
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_force_replaces_nothing_but_a_converted_model(tmp_path: Path) -> None:
    source = copied("standard", tmp_path / "source")
    before = _contents(source)
    with pytest.raises(GlinerFastError, match="exists and is not a converted model"):
        convert(source, source, force=True, progress=False)
    assert _contents(source) == before
    (tmp_path / "empty").mkdir()
    convert(source, tmp_path / "empty", force=True, progress=False)


def test_a_failed_conversion_leaves_what_was_there(tmp_path: Path) -> None:
    target = convert(VARIANTS / "no-rnn", tmp_path / "model", progress=False)
    before = _contents(target)
    source = _edited(tmp_path / "source", lambda tensors: tensors.pop(LATE))
    with pytest.raises(CorruptModelError, match=f"tensor {LATE} is missing"):
        convert(source, target, force=True, progress=False)
    assert _contents(target) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "source"]


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: the same call fails the same way."""
    resource = pytest.importorskip("resource")
    target = tmp_path / "model"
    done = subprocess.run(
        [sys.executable, "-m", "gliner_fast", "convert", VARIANTS / "standard", target],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "gliner-fast: File too large"
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_reader_never_sees_half_a_folder(tmp_path: Path) -> None:
    """While a folder is replaced again and again, it is either whole or, for a blink, absent."""
    target = convert(VARIANTS / "standard", tmp_path / "model", progress=False)
    whole = len(list(target.iterdir()))
    stop = threading.Event()
    seen: list[int] = []

    def read() -> None:
        while not stop.is_set():
            handle = None
            try:
                # Files are opened within one folder, which may be replaced meanwhile.
                handle = os.open(target, os.O_RDONLY)
                names = os.listdir(handle)  # noqa: PTH208 - pathlib takes no handle
            except FileNotFoundError:
                continue
            finally:
                if handle is not None:
                    os.close(handle)
            seen.append(len(names))

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(5):
        convert(VARIANTS / "standard", target, force=True, progress=False)
    stop.set()
    reader.join()
    # A folder that was replaced is emptied after it has moved away, with its handle still open.
    assert seen.count(whole) > 0.9 * len(seen)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda t: t.pop(WORDS), f"tensor {WORDS} is missing"),
        (
            lambda t: t.update({WORDS: t[WORDS][:-1].copy()}),
            r"tensor .*word_embeddings.weight: expected shape \(86, 24\), got \(85, 24\)",
        ),
        (
            lambda t: t.update({LATE: t[LATE][None].copy()}),
            r"out_project.3.weight: expected shape \(16, 64\), got \(1, 16, 64\)",
        ),
        (lambda t: t[LATE].__setitem__((3, 5), np.nan), f"tensor {LATE} holds NaN or infinite"),
        (lambda t: t[WORDS].__setitem__((0, 0), -np.inf), f"tensor {WORDS} holds NaN or infinite"),
    ],
    ids=["missing", "misshapen", "other rank", "NaN", "infinite"],
)
def test_damaged_tensors_are_named(
    tmp_path: Path, edit: Callable[[Tensors], object], message: str
) -> None:
    source = _edited(tmp_path / "source", edit)
    with pytest.raises(CorruptModelError, match=message):
        convert(source, tmp_path / "model", progress=False)
    assert not (tmp_path / "model").exists()


def test_names_may_begin_with_model(tmp_path: Path, standard: Path) -> None:
    """Some repositories were saved from the outer module."""

    def nest(tensors: Tensors) -> None:
        for name in list(tensors):
            tensors["model." + name] = tensors.pop(name)

    folder = convert(_edited(tmp_path / "source", nest), tmp_path / "model", progress=False)
    assert (folder / "model.onnx.data").read_bytes() == (standard / "model.onnx.data").read_bytes()


def test_a_damaged_safetensors_file_is_corrupt(tmp_path: Path) -> None:
    source = copied("standard", tmp_path / "source")
    content = (source / "model.safetensors").read_bytes()
    for damaged in (b"", content[:100], content[:-1000], b"\xff" * 64):
        (source / "model.safetensors").write_bytes(damaged)
        with pytest.raises(CorruptModelError, match=r"model\.safetensors: cannot be read"):
            convert(source, tmp_path / "model", progress=False)


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("gliner_config.json", None, ModelNotFoundError),
        ("gliner_config.json", b"{", CorruptModelError),
        ("gliner_config.json", b"[]", CorruptModelError),
        ("gliner_config.json", b"\xff", CorruptModelError),
        ("model.safetensors", None, ModelNotFoundError),
        ("tokenizer.json", b"{}", CorruptModelError),
        ("tokenizer.json", None, ModelNotFoundError),
    ],
)
def test_files_that_are_missing_or_damaged(
    tmp_path: Path, name: str, content: bytes | None, error: type[ModelError]
) -> None:
    source = copied("standard", tmp_path / "source")
    if content is None:
        (source / name).unlink()
        edit = {"model_name": "./nowhere"} if name.startswith("tokenizer") else {}
        if edit:
            edit_config(source, **edit)
    else:
        (source / name).write_bytes(content)
    with pytest.raises(error):
        convert(source, tmp_path / "model", progress=False)
    assert not (tmp_path / "model").exists()


def test_weights_of_another_tokenizer_are_refused(tmp_path: Path) -> None:
    source = copied("standard", tmp_path / "source")
    edit_config(source, class_token_index=83)
    with pytest.raises(CorruptModelError, match=r"class_token_index is 83, but .* is 84"):
        convert(source, tmp_path / "model", progress=False)


@pytest.mark.parametrize(("size", "mark"), [(84, "<<ENT>>' is 84"), (85, "<<SEP>>' is 85")])
def test_a_vocabulary_without_the_markers_is_refused(tmp_path: Path, size: int, mark: str) -> None:
    source = copied("standard", tmp_path / "source")
    edit_config(source, encoder__vocab_size=size)
    with pytest.raises(CorruptModelError, match=f"{mark}, but the vocabulary has {size}"):
        convert(source, tmp_path / "model", progress=False)
    # Where gliner's own configuration leaves it open, the table's length counts.
    edit_config(source, class_token_index=-1)
    convert(source, tmp_path / "model", progress=False)


def test_an_unknown_precision_is_the_callers_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="precision: expected one of fp32, fp16, int8"):
        convert(VARIANTS / "standard", tmp_path / "model", "int4", progress=False)


def test_progress_is_shown_on_standard_error_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    convert(VARIANTS / "standard", tmp_path / "quiet", progress=False)
    assert capsys.readouterr() == ("", "")
    convert(VARIANTS / "standard", tmp_path / "loud")
    out, err = capsys.readouterr()
    assert out == ""
    assert "converting to fp32" in err


def test_what_cannot_be_supported_is_said_before_weights_are_read(tmp_path: Path) -> None:
    source = copied("standard", tmp_path / "source")
    (source / "model.safetensors").write_bytes(b"damaged")
    edit_config(source, span_mode="token_level")
    with pytest.raises(UnsupportedModelError):
        convert(source, tmp_path / "model", progress=False)
