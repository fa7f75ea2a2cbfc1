"""What a checkpoint's configuration asks for, checked against what the graph can do.

Everything that cannot be converted is refused here, naming the field and its value, so that
later stages build without doubts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gliner_fast.config import GlinerConfig
from gliner_fast.errors import CorruptModelError, UnsupportedModelError

__all__ = ["ACTIVATIONS", "EncoderConfig", "HeadConfig", "check_convertible"]

#: Activations by the names that transformers uses, as operators of the graph.
ACTIVATIONS = ("gelu", "gelu_new", "gelu_pytorch_tanh", "relu", "tanh", "silu", "swish")
_SPAN_MODES = ("markerV0", "marker")
_MODEL_TYPES = (None, "gliner", "gliner_uni_encoder_span")
_POOLINGS = ("first", "last", "mean", "max")
#: Fields that add or replace parts of the network, with the value that means "not used".
_UNUSED: tuple[tuple[str, tuple[object, ...]], ...] = (
    ("labels_encoder", (None,)),
    ("labels_decoder", (None,)),
    ("relations_layer", (None,)),
    ("span_encoder_config", (None,)),
    ("fuse_layers", (None, False)),
    ("post_fusion_schema", (None, "")),
    ("precomputed_prompts_mode", (None, False)),
)


@dataclass(frozen=True, slots=True)
class EncoderConfig:
    """A DeBERTa-v2 or v3 encoder, with transformers' field names and defaults.

    ``position_span`` is half the number of rows of the relative-position table: a relative
    position ``d`` reads row ``clamp(d + position_span, 0, 2 * position_span - 1)``.
    ``attention_terms`` is 1 plus one for each position term: they share the attention scale.
    """

    vocab_size: int
    hidden_size: int
    embedding_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    hidden_act: str
    layer_norm_eps: float
    max_position_embeddings: int
    position_biased_input: bool
    type_vocab_size: int
    relative_attention: bool
    position_buckets: int
    max_relative_positions: int
    share_att_key: bool
    attention_terms: int
    c2p: bool
    p2c: bool
    norm_rel_ebd: bool
    conv_kernel_size: int
    conv_groups: int
    conv_act: str

    @property
    def attention_head_size(self) -> int:
        return self.hidden_size // self.num_attention_heads

    @property
    def position_span(self) -> int:
        if self.position_buckets > 0:
            return self.position_buckets
        return self.max_relative_positions

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any], vocab_size: int) -> EncoderConfig:
        """Read transformers' ``config.json``. ``vocab_size`` above 0 overrides its own.

        Raises:
            UnsupportedModelError: If a field holds a value the graph has no form for.
        """
        where = "encoder_config"
        model_type = raw.get("model_type", "deberta-v2")
        if model_type != "deberta-v2":
            raise UnsupportedModelError(f"{where}.model_type", model_type, "deberta-v2")

        def whole(name: str, default: int | None = None, least: int = 1) -> int:
            value = raw.get(name, default)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise UnsupportedModelError(f"{where}.{name}", value, f"a whole number >= {least}")
            return value

        def one_of(name: str, default: str, choices: tuple[str, ...]) -> str:
            value = raw.get(name, default)
            if value not in choices:
                raise UnsupportedModelError(f"{where}.{name}", value, ", ".join(choices))
            return str(value)

        hidden = whole("hidden_size")
        heads = whole("num_attention_heads")
        if hidden % heads:
            raise UnsupportedModelError(
                f"{where}.num_attention_heads", heads, f"a divisor of hidden_size ({hidden})"
            )
        if raw.get("attention_head_size", hidden // heads) != hidden // heads:
            raise UnsupportedModelError(
                f"{where}.attention_head_size",
                raw["attention_head_size"],
                f"hidden_size / num_attention_heads ({hidden // heads})",
            )
        positions = whole("max_position_embeddings", 512)
        most = whole("max_relative_positions", -1, least=-1)
        kinds = raw.get("pos_att_type") or []
        if isinstance(kinds, str):
            kinds = [kind.strip() for kind in kinds.lower().split("|")]
        if not isinstance(kinds, list):
            raise UnsupportedModelError(f"{where}.pos_att_type", kinds, "a list of c2p, p2c")
        epsilon = raw.get("layer_norm_eps", 1e-7)
        if not isinstance(epsilon, float) or not 0 <= epsilon < 1:
            raise UnsupportedModelError(f"{where}.layer_norm_eps", epsilon, "a number in [0, 1)")
        norms = [part.strip() for part in str(raw.get("norm_rel_ebd", "none")).lower().split("|")]
        kernel = whole("conv_kernel_size", 0, least=0)
        if kernel and kernel % 2 == 0:
            raise UnsupportedModelError(f"{where}.conv_kernel_size", kernel, "odd numbers")
        groups = whole("conv_groups", 1) if kernel else 1
        if hidden % groups:
            raise UnsupportedModelError(
                f"{where}.conv_groups", groups, f"a divisor of hidden_size ({hidden})"
            )
        relative = bool(raw.get("relative_attention", False))
        return cls(
            vocab_size=vocab_size if vocab_size > 0 else whole("vocab_size"),
            hidden_size=hidden,
            embedding_size=whole("embedding_size", hidden),
            num_hidden_layers=whole("num_hidden_layers"),
            num_attention_heads=heads,
            intermediate_size=whole("intermediate_size"),
            hidden_act=one_of("hidden_act", "gelu", ACTIVATIONS),
            layer_norm_eps=epsilon,
            max_position_embeddings=positions,
            position_biased_input=bool(raw.get("position_biased_input", True)),
            type_vocab_size=whole("type_vocab_size", 0, least=0),
            relative_attention=relative,
            position_buckets=whole("position_buckets", -1, least=-1),
            max_relative_positions=most if most >= 1 else positions,
            share_att_key=bool(raw.get("share_att_key", False)),
            # transformers counts the terms even where relative_attention is off.
            attention_terms=1 + ("c2p" in kinds) + ("p2c" in kinds),
            c2p=relative and "c2p" in kinds,
            p2c=relative and "p2c" in kinds,
            norm_rel_ebd="layer_norm" in norms,
            conv_kernel_size=kernel,
            conv_groups=groups,
            conv_act=one_of("conv_act", "tanh", ACTIVATIONS) if kernel else "tanh",
        )


@dataclass(frozen=True, slots=True)
class HeadConfig:
    """GLiNER's span head."""

    hidden_size: int
    max_width: int
    span_mode: str
    rnn_layers: int
    pooling: str
    embed_ent_token: bool


def check_convertible(config: GlinerConfig) -> HeadConfig:
    """The head's configuration, or a refusal that names the field.

    Raises:
        UnsupportedModelError: For bi-encoders, token-level models, decoders and whatever else
            has no graph here.
    """
    raw = config.raw
    if raw.get("model_type") not in _MODEL_TYPES:
        raise UnsupportedModelError(
            "model_type", raw["model_type"], "gliner_uni_encoder_span (or none)"
        )
    for name, unused in _UNUSED:
        if raw.get(name) not in unused:
            raise UnsupportedModelError(name, _short(raw[name]), "not used")
    if config.span_mode not in _SPAN_MODES:
        raise UnsupportedModelError("span_mode", config.span_mode, ", ".join(_SPAN_MODES))
    if config.subtoken_pooling not in _POOLINGS:
        raise UnsupportedModelError(
            "subtoken_pooling", config.subtoken_pooling, ", ".join(_POOLINGS)
        )
    if config.hidden_size < 2 or (config.num_rnn_layers > 0 and config.hidden_size % 2):
        raise UnsupportedModelError("hidden_size", config.hidden_size, "even numbers")
    if config.max_width < 1:
        raise CorruptModelError(f"max_width: expected at least 1, got {config.max_width}")
    return HeadConfig(
        hidden_size=config.hidden_size,
        max_width=config.max_width,
        span_mode=config.span_mode,
        rnn_layers=max(0, config.num_rnn_layers),
        pooling=config.subtoken_pooling,
        embed_ent_token=config.embed_ent_token,
    )


def _short(value: object) -> object:
    """Configs nest; a refusal names the value, not a page of it."""
    return "{...}" if isinstance(value, (dict, list)) else value
