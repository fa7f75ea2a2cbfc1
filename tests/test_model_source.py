"""Names become files; the Hub's side of it is in ``test_hub.py``, the rest in ``test_model.py``."""

from __future__ import annotations

import json
import logging
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gliner_fast.engine import Engine
from gliner_fast.errors import CorruptModelError, ModelNotFoundError
from gliner_fast.hub import HubOptions
from gliner_fast.model_source import DEFAULT_MODEL, ModelFiles, find_model
from samples import DATA, VARIANTS, copied

BAR = "converting to fp32:   0%"


def test_the_default_model_is_in_the_package() -> None:
    files = find_model()
    assert (files.model_id, files.precision, files.revision) == (DEFAULT_MODEL, "int8", None)
    assert files.folder.name == DEFAULT_MODEL


@pytest.mark.parametrize("name", ["default", DEFAULT_MODEL])
def test_names_of_the_default_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, standard: Path, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_model(name) == find_model()
    (tmp_path / name).write_text("a file is no model")
    assert find_model(name) == find_model()
    (tmp_path / name).unlink()
    shutil.copytree(standard, tmp_path / name)
    assert find_model(name).folder == Path(name)
    # What can only be a path is one.
    with pytest.raises(ModelNotFoundError, match="is not a folder"):
        find_model(tmp_path / "absent" / name)


def test_a_converted_folder_is_loaded_where_it_is(standard: Path) -> None:
    assert find_model(standard) == find_model(str(standard))
    assert find_model(standard).folder == standard


def test_loads_that_start_together_convert_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GLINER_FAST_CACHE", str(tmp_path / "cache"))
    found: list[ModelFiles | BaseException] = []
    start = threading.Barrier(4)

    def work() -> None:
        start.wait()
        try:
            found.append(find_model(VARIANTS / "standard"))
        except BaseException as error:
            found.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [found[0]] * 4
    assert isinstance(found[0], ModelFiles)
    assert capsys.readouterr().err.count(BAR) == 1


def test_force_download_converts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GLINER_FAST_CACHE", str(tmp_path))
    for force in (False, False, True):
        find_model(VARIANTS / "standard", hub=HubOptions(force_download=force))
    assert capsys.readouterr().err.count(BAR) == 2


def _of_another_version(folder: Path) -> None:
    path = folder / "gliner_fast.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**manifest, "format_version": 0}), encoding="utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "tokenizer.json").unlink(),
        lambda folder: os.truncate(folder / "model.onnx.data", 1000),
        lambda folder: (folder / "gliner_fast.json").write_bytes(b"{"),
        _of_another_version,
    ],
    ids=["a file is missing", "a file is cut off", "the manifest is damaged", "another version"],
)
def test_a_cached_conversion_that_cannot_be_loaded_is_made_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    damage: Callable[[Path], object],
) -> None:
    monkeypatch.setenv("GLINER_FAST_CACHE", str(tmp_path / "cache"))
    source = copied("standard", tmp_path / "source")
    files = find_model(source, progress=False)
    damage(files.folder)
    assert find_model(source) == files
    assert find_model(source) == files
    assert capsys.readouterr().err.count(BAR) == 1
    (record,) = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert "converting again" in record.getMessage()
    assert Engine(files).detect("one", []) == []


def test_a_damaged_folder_of_the_users_own_stays(tmp_path: Path, standard: Path) -> None:
    folder = shutil.copytree(standard, tmp_path / "model")
    _of_another_version(folder)
    with pytest.raises(CorruptModelError, match="convert the model again"):
        find_model(folder)


@pytest.mark.parametrize("arguments", [{}, {"onnx_file": "model.onnx"}], ids=["plain", "asked for"])
def test_an_export_without_tokenizer_says_how_to_get_one(
    tmp_path: Path, arguments: dict[str, str]
) -> None:
    folder = shutil.copytree(DATA / "gliner_export", tmp_path / "export")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(
        ModelNotFoundError, match=r"no tokenizer\.json; .*save_pretrained\(folder\)"
    ):
        find_model(folder, **arguments)
