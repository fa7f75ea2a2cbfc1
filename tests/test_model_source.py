"""Names become files; the Hub's side of it is in ``test_hub.py``, the rest in ``test_model.py``."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gliner_fast.engine import Engine
from gliner_fast.errors import CorruptModelError
from gliner_fast.hub import HubOptions
from gliner_fast.model_source import DEFAULT_MODEL, ModelFiles, find_model
from samples import VARIANTS, copied

BAR = "converting to fp32:   0%"


def test_the_default_model_is_in_the_package() -> None:
    files = find_model()
    assert (files.model_id, files.precision, files.revision) == (DEFAULT_MODEL, "int8", None)
    assert files.folder.name == DEFAULT_MODEL


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


def test_a_damaged_conversion_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLINER_FAST_CACHE", str(tmp_path / "cache"))
    source = copied("standard", tmp_path / "source")
    files = find_model(source, progress=False)
    (files.folder / "tokenizer.json").unlink()
    with pytest.raises(CorruptModelError, match=r"tokenizer\.json is missing"):
        find_model(source, progress=False)
    again = find_model(source, progress=False, hub=HubOptions(force_download=True))
    assert Engine(again).detect("one", []) == []
