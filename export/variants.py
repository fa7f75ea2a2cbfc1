"""Every architecture that the converter supports, as tiny checkpoints with random weights.

``CONFIGS`` names them. Each differs from the first in the fields given, so that a converter that
forgets one of them gives other logits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["CONFIGS", "LABELS", "TEXTS", "Variant"]

TEXTS = [
    "Jane Roe (jane.roe@example.com) moved to 12 Elm-Street, Springfield on 4 May 2021.",
    "Call +1 555 0100.",
    "unforgettable antidisestablishmentarianism, said Dr. O'Neill_Smith: "
    "\u00e9t\u00e9 e\u0301! \U0001f600",
]
LABELS = ["person", "email address", "phone_number", "date", "a rather long label to split"]

_ENCODER = {
    "model_type": "deberta-v2",
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 40,
    "hidden_act": "gelu",
    "max_position_embeddings": 512,
    "relative_attention": True,
    "position_buckets": 8,
    "max_relative_positions": -1,
    "position_biased_input": False,
    "pos_att_type": ["p2c", "c2p"],
    "share_att_key": True,
    "norm_rel_ebd": "layer_norm",
    "type_vocab_size": 0,
    "layer_norm_eps": 1e-7,
    "pad_token_id": 0,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
_GLINER = {
    "hidden_size": 16,
    "max_width": 4,
    "max_len": 384,
    "span_mode": "markerV0",
    "num_rnn_layers": 1,
    "subtoken_pooling": "first",
    "embed_ent_token": True,
    "dropout": 0.0,
}


@dataclass(frozen=True)
class Variant:
    """One checkpoint.

    Attributes:
        encoder: Fields of ``encoder_config`` that differ.
        gliner: Fields of ``gliner_config.json`` that differ.
        weights: ``safetensors``, ``pickle``, or ``bfloat16`` (safetensors too).
        base_model: Leave encoder and tokenizer out of the checkpoint, to be found by
            ``model_name``.
        open_vocabulary: Like the first GLiNER repositories: no ``vocab_size`` and no
            ``class_token_index``, no markers in the base model's tokenizer, and a base model
            whose embedding table is longer than its tokenizer.
    """

    encoder: dict[str, Any] = field(default_factory=dict)
    gliner: dict[str, Any] = field(default_factory=dict)
    weights: str = "safetensors"
    base_model: bool = False
    open_vocabulary: bool = False

    @property
    def encoder_config(self) -> dict[str, Any]:
        return {**_ENCODER, **self.encoder}

    @property
    def gliner_config(self) -> dict[str, Any]:
        return {**_GLINER, **self.gliner}


CONFIGS: dict[str, Variant] = {
    "standard": Variant(),
    "own-position-keys": Variant({"share_att_key": False}),
    "c2p": Variant({"pos_att_type": ["c2p"]}),
    "p2c-own-key": Variant({"pos_att_type": ["p2c"], "share_att_key": False}),
    "pos-att-type-text": Variant({"pos_att_type": "c2p|p2c"}),
    "no-position-terms": Variant({"pos_att_type": None}),
    "no-relative-attention": Variant({"relative_attention": False, "position_biased_input": True}),
    "no-buckets": Variant({"position_buckets": -1, "max_relative_positions": 12}),
    "wide-buckets": Variant({"position_buckets": 256}),
    "plain-table": Variant({"norm_rel_ebd": "none"}),
    "convolution": Variant({"conv_kernel_size": 3, "conv_act": "gelu"}),
    "convolution-groups": Variant({"conv_kernel_size": 5, "conv_groups": 2}),
    "absolute-positions": Variant({"position_biased_input": True, "type_vocab_size": 2}),
    "narrow-embeddings": Variant({"embedding_size": 12}),
    "relu": Variant({"hidden_act": "relu"}),
    "gelu-new": Variant({"hidden_act": "gelu_new"}),
    "same-size": Variant(gliner={"hidden_size": 24}),
    "no-rnn": Variant(gliner={"num_rnn_layers": 0}),
    "two-rnns": Variant(gliner={"num_rnn_layers": 2}),
    "marker": Variant(gliner={"span_mode": "marker", "max_width": 7}),
    "last": Variant(gliner={"subtoken_pooling": "last"}),
    "mean": Variant(gliner={"subtoken_pooling": "mean"}),
    "max": Variant(gliner={"subtoken_pooling": "max"}),
    "label-token": Variant(gliner={"embed_ent_token": False}),
    "pickle": Variant(weights="pickle"),
    "bfloat16": Variant(weights="bfloat16"),
    "base-model": Variant(base_model=True),
    "open-vocabulary": Variant(base_model=True, open_vocabulary=True),
}
