"""The mean of two checkpoints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from training.mean import main


def checkpoint(folder: Path, **weights: float) -> Path:
    folder.mkdir()
    arrays = {name: np.full((2, 3), value, np.float32) for name, value in weights.items()}
    save_file(arrays, folder / "model.safetensors")
    (folder / "gliner_config.json").write_text(f'{{"of": "{folder.name}"}}')
    return folder


def test_weights_are_between_and_the_rest_is_the_seconds(tmp_path: Path) -> None:
    first = checkpoint(tmp_path / "first", a=1.0, b=-2.0)
    second = checkpoint(tmp_path / "second", a=2.0, b=2.0)
    assert main([str(first), str(second), str(tmp_path / "mean"), "--share", "0.25"]) == 0
    found = load_file(tmp_path / "mean" / "model.safetensors")
    assert {name: (x.dtype, x[0, 0]) for name, x in found.items()} == {
        "a": (np.float32, 1.25),
        "b": (np.float32, -1.0),
    }
    assert (tmp_path / "mean" / "gliner_config.json").read_text() == '{"of": "second"}'


def test_other_networks_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = checkpoint(tmp_path / "first", a=1.0)
    second = checkpoint(tmp_path / "second", b=1.0)
    with pytest.raises(SystemExit, match="2"):
        main([str(first), str(second), str(tmp_path / "mean")])
    assert "names or shapes" in capsys.readouterr().err
    assert not (tmp_path / "mean").exists()
    with pytest.raises(SystemExit):
        main([str(first), str(second), str(tmp_path / "mean"), "--share", "1.5"])
    assert "--share: expected 0 to 1, got 1.5" in capsys.readouterr().err


def test_a_folder_too_few_or_too_many_is_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = checkpoint(tmp_path / "first", a=1.0)
    with pytest.raises(SystemExit):
        main([str(first), str(tmp_path / "none"), str(tmp_path / "mean")])
    assert "No such file" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([str(first), str(first), str(first)])
    assert "is there already" in capsys.readouterr().err
    assert load_file(first / "model.safetensors")["a"][0, 0] == 1.0
