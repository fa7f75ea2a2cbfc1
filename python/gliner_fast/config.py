"""``gliner_config.json``: the fields that inference needs, with gliner's names and defaults."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gliner_fast.errors import CorruptModelError, ModelNotFoundError, UnsupportedModelError

__all__ = [
    "CONFIG_FILE",
    "SENTENCEPIECE_FILES",
    "TOKENIZER_SOURCES",
    "WEIGHT_FILES",
    "GlinerConfig",
]

CONFIG_FILE = "gliner_config.json"
#: A checkpoint's weights, in order of preference: no pickle where there is a choice.
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")
SENTENCEPIECE_FILES = ("spm.model", "sentencepiece.bpe.model", "spiece.model", "tokenizer.model")
#: Files that a checkpoint's tokenizer can be made from.
TOKENIZER_SOURCES = ("tokenizer.json", "tokenizer_config.json", *SENTENCEPIECE_FILES)


@dataclass(frozen=True, slots=True)
class GlinerConfig:
    """A GLiNER model's configuration.

    Attributes:
        max_width: Longest span, in words.
        max_len: Most words of one row; a longer window is cut again, nothing is dropped.
        class_token_index: Token id of ``ent_token``, -1 where the checkpoint leaves it open.
        raw: The whole file, for the converter.
    """

    max_width: int
    max_len: int
    hidden_size: int
    num_rnn_layers: int
    span_mode: str
    subtoken_pooling: str
    embed_ent_token: bool
    ent_token: str
    sep_token: str
    class_token_index: int
    vocab_size: int
    model_name: str
    raw: Mapping[str, Any]

    @classmethod
    def load(cls, folder: Path) -> GlinerConfig:
        """Read ``gliner_config.json`` of a checkpoint or model folder.

        Raises:
            ModelNotFoundError: If the folder has none.
            CorruptModelError: If it is no JSON object or a field has a wrong type.
            UnsupportedModelError: If words are split by anything but gliner's regular
                expression.
        """
        path = folder / CONFIG_FILE
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise ModelNotFoundError(
                f"{folder}: has no {CONFIG_FILE}; it is not a GLiNER model"
            ) from None
        except (OSError, ValueError, RecursionError) as error:
            raise CorruptModelError(f"{path}: cannot be read ({error})") from error
        if not isinstance(raw, dict):
            raise CorruptModelError(f"{path}: expected a JSON object")
        config = cls.from_dict(raw)
        splitter = raw.get("words_splitter_type", "whitespace")
        if splitter != "whitespace":
            raise UnsupportedModelError("words_splitter_type", splitter, "whitespace")
        return config

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> GlinerConfig:
        """Fields of ``raw`` with gliner's defaults for what is absent."""

        def field(name: str, default: Any) -> Any:
            value = raw.get(name, default)
            if value is None:
                value = default
            wrong = type(value) is not type(default)
            if wrong or (isinstance(value, int) and name in ("max_width", "max_len") and value < 1):
                raise CorruptModelError(
                    f"{CONFIG_FILE}: {name}: expected something like {default!r}, got {value!r}"
                )
            return value

        return cls(
            max_width=field("max_width", 12),
            max_len=field("max_len", 384),
            hidden_size=field("hidden_size", 512),
            num_rnn_layers=field("num_rnn_layers", 1),
            span_mode=field("span_mode", "markerV0"),
            subtoken_pooling=field("subtoken_pooling", "first"),
            embed_ent_token=field("embed_ent_token", True),
            ent_token=field("ent_token", "<<ENT>>"),
            sep_token=field("sep_token", "<<SEP>>"),
            class_token_index=field("class_token_index", -1),
            vocab_size=field("vocab_size", -1),
            model_name=field("model_name", "microsoft/deberta-v3-small"),
            raw=raw,
        )
