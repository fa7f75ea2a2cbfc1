"""A model folder is checked when it is loaded, and byte by byte when asked."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gliner_fast.errors import CorruptModelError, ModelNotFoundError
from gliner_fast.manifest import Manifest, new_folder
from gliner_fast.model_source import DEFAULT_MODEL
from samples import load


@pytest.fixture
def folder(standard: Path, tmp_path: Path) -> Path:
    return shutil.copytree(standard, tmp_path / "model")


def _edit(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "gliner_fast.json"
    raw = json.loads(path.read_text(encoding="utf-8"))
    edit(raw)
    path.write_text(json.dumps(raw), encoding="utf-8")


def test_a_whole_folder_is_accepted(folder: Path) -> None:
    Manifest.load(folder).verify(folder)
    assert load(folder).precision == "fp32"


def test_the_packaged_model_is_whole() -> None:
    from samples import PACKAGE

    folder = PACKAGE / "models" / DEFAULT_MODEL
    manifest = Manifest.load(folder)
    manifest.verify(folder)
    assert (manifest.model_id, manifest.precision) == (DEFAULT_MODEL, "int8")


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(CorruptModelError, match=r"tokenizer\.json is missing"):
        load(folder)


def test_a_file_of_another_size_is_named(folder: Path) -> None:
    with (folder / "model.onnx.data").open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(CorruptModelError, match=r"model\.onnx\.data: expected \d+ bytes, got \d+"):
        load(folder)


def test_a_changed_byte_is_found_by_its_hash(folder: Path) -> None:
    with (folder / "model.onnx.data").open("r+b") as stream:
        stream.seek(1000)
        byte = stream.read(1)
        stream.seek(1000)
        stream.write(bytes([byte[0] ^ 1]))
    manifest = Manifest.load(folder)
    with pytest.raises(CorruptModelError, match=r"model\.onnx\.data: differs from its SHA-256"):
        manifest.verify(folder)


def test_another_format_says_what_to_do(folder: Path) -> None:
    _edit(folder, lambda raw: raw.update(format_version=99))
    with pytest.raises(CorruptModelError, match=r"got 99; convert the model again"):
        load(folder)


@pytest.mark.parametrize(
    "edit",
    [
        lambda raw: raw.pop("files"),
        lambda raw: raw.pop("precision"),
        lambda raw: raw.update(surprise=1),
        lambda raw: raw.update(files=[]),
        lambda raw: raw["files"].update(x={"bytes": 1}),
        lambda raw: raw["files"].update(x=None),
    ],
)
def test_a_damaged_manifest(folder: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    _edit(folder, edit)
    with pytest.raises(CorruptModelError, match=r"gliner_fast\.json: cannot be read"):
        Manifest.load(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_a_manifest_that_is_none(folder: Path, content: bytes) -> None:
    (folder / "gliner_fast.json").write_bytes(content)
    with pytest.raises(CorruptModelError, match=r"gliner_fast\.json: cannot be read"):
        Manifest.load(folder)


def test_a_folder_without_a_manifest(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"has no gliner_fast\.json"):
        Manifest.load(tmp_path)


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_new_folder_appears_whole_or_not_at_all(tmp_path: Path, error: BaseException) -> None:
    target = tmp_path / "deep" / "model"
    with new_folder(target, replace=False) as scratch:
        (scratch / "file").write_text("old")
        assert not target.exists()
    assert (target / "file").read_text() == "old"
    with pytest.raises(type(error)), new_folder(target, replace=True) as scratch:
        (scratch / "file").write_text("new")
        raise error
    assert (target / "file").read_text() == "old"
    with new_folder(target, replace=True) as scratch:
        (scratch / "file").write_text("new")
    assert (target / "file").read_text() == "new"
    assert [path.name for path in target.parent.iterdir()] == ["model"]
