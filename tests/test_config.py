"""``gliner_config.json`` is read with gliner's defaults, and damage is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gliner_fast.config import GlinerConfig
from gliner_fast.errors import CorruptModelError, ModelNotFoundError, UnsupportedModelError


def _write(folder: Path, content: object) -> Path:
    (folder / "gliner_config.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def test_what_is_absent_or_null_has_gliners_default(tmp_path: Path) -> None:
    for content in ({}, {"max_width": None, "model_name": None, "embed_ent_token": None}):
        config = GlinerConfig.load(_write(tmp_path, content))
        assert (config.max_width, config.max_len, config.hidden_size) == (12, 384, 512)
        assert (config.span_mode, config.subtoken_pooling) == ("markerV0", "first")
        assert (config.ent_token, config.sep_token) == ("<<ENT>>", "<<SEP>>")
        assert (config.class_token_index, config.vocab_size) == (-1, -1)
        assert config.num_rnn_layers == 1 and config.embed_ent_token is True
        assert config.model_name == "microsoft/deberta-v3-small"


def test_what_is_given_counts(tmp_path: Path) -> None:
    config = GlinerConfig.load(_write(tmp_path, {"max_width": 3, "extra": [1], "max_len": 9}))
    assert (config.max_width, config.max_len, config.raw["extra"]) == (3, 9, [1])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("max_width", 0),
        ("max_len", 0),
        ("max_len", "384"),
        ("hidden_size", 512.0),
        ("embed_ent_token", 1),
        ("span_mode", []),
    ],
)
def test_wrong_values_are_named(tmp_path: Path, field: str, value: object) -> None:
    with pytest.raises(CorruptModelError, match=f"gliner_config.json: {field}: expected"):
        GlinerConfig.load(_write(tmp_path, {field: value}))


def test_damaged_files(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFoundError, match=r"has no gliner_config\.json"):
        GlinerConfig.load(tmp_path)
    with pytest.raises(CorruptModelError, match="expected a JSON object"):
        GlinerConfig.load(_write(tmp_path, [1]))
    for content in (b"", b"{", b"\xff\xfe", b"[" * 100_000):
        (tmp_path / "gliner_config.json").write_bytes(content)
        with pytest.raises(CorruptModelError, match="cannot be read"):
            GlinerConfig.load(tmp_path)


def test_only_gliners_word_splitter(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModelError, match="words_splitter_type: 'spacy'"):
        GlinerConfig.load(_write(tmp_path, {"words_splitter_type": "spacy"}))
