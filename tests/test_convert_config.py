"""What cannot be converted is refused, with the field and its value, and nothing is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gliner_fast.convert import convert
from gliner_fast.errors import CorruptModelError, UnsupportedModelError
from samples import copied, edit_config

REFUSED: list[tuple[str, Any]] = [
    ("model_type", "gliner_bi_encoder_span"),
    ("model_type", "gliner_uni_encoder_token"),
    ("labels_encoder", "microsoft/deberta-v3-small"),
    ("labels_decoder", "gpt2"),
    ("relations_layer", "biaffine"),
    ("fuse_layers", True),
    ("post_fusion_schema", "l2l-l2t-t2t"),
    ("precomputed_prompts_mode", True),
    ("span_mode", "token_level"),
    ("span_mode", "query"),
    ("subtoken_pooling", "median"),
    ("words_splitter_type", "spacy"),
    ("hidden_size", 15),
    ("encoder_config.model_type", "bert"),
    ("encoder_config.model_type", "modernbert"),
    ("encoder_config.hidden_act", "mish"),
    ("encoder_config.num_attention_heads", 5),
    ("encoder_config.attention_head_size", 64),
    ("encoder_config.hidden_size", 0),
    ("encoder_config.num_hidden_layers", "2"),
    ("encoder_config.conv_kernel_size", 4),
    ("encoder_config.type_vocab_size", -1),
    ("encoder_config.max_position_embeddings", True),
]
DAMAGED: list[tuple[str, Any]] = [
    ("max_width", 0),
    ("max_len", -1),
    ("max_width", "12"),
    ("num_rnn_layers", 1.5),
    ("ent_token", 7),
    ("encoder_config", "deberta"),
]


def _with(folder: Path, field: str, value: Any) -> Path:
    copied("standard", folder)
    edit_config(folder, **{field.replace("encoder_config.", "encoder__"): value})
    return folder


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_unsupported_values_are_named(tmp_path: Path, field: str, value: Any) -> None:
    source = _with(tmp_path / "source", field, value)
    with pytest.raises(UnsupportedModelError) as caught:
        convert(source, tmp_path / "target", progress=False)
    assert (caught.value.field, caught.value.value) == (field, value)
    assert str(caught.value).startswith(f"{field}: {value!r} is not supported; supported: ")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_nested_value_is_not_quoted(tmp_path: Path) -> None:
    source = _with(tmp_path / "source", "span_encoder_config", {"hidden_size": 1})
    with pytest.raises(UnsupportedModelError, match=r"^span_encoder_config: '\{\.\.\.\}' is not"):
        convert(source, tmp_path / "target", progress=False)


def test_a_convolution_needs_an_activation_that_exists(tmp_path: Path) -> None:
    source = copied("convolution", tmp_path / "source")
    edit_config(source, encoder__conv_act="mish")
    with pytest.raises(UnsupportedModelError, match=r"^encoder_config\.conv_act: 'mish'"):
        convert(source, tmp_path / "target", progress=False)


@pytest.mark.parametrize(("field", "value"), DAMAGED)
def test_values_of_a_wrong_kind_are_damage(tmp_path: Path, field: str, value: Any) -> None:
    source = _with(tmp_path / "source", field, value)
    with pytest.raises(CorruptModelError, match=field):
        convert(source, tmp_path / "target", progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("position_buckets", "8"),
        ("max_relative_positions", 1.5),
        ("layer_norm_eps", "tiny"),
        ("pos_att_type", 3),
        ("conv_groups", 7),
    ],
)
def test_an_odd_encoder_value_is_refused_by_name(tmp_path: Path, field: str, value: Any) -> None:
    source = copied("convolution", tmp_path / "source")
    edit_config(source, **{f"encoder__{field}": value})
    with pytest.raises(UnsupportedModelError) as caught:
        convert(source, tmp_path / "target", progress=False)
    assert (caught.value.field, caught.value.value) == (f"encoder_config.{field}", value)
