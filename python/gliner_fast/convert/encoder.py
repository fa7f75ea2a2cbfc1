"""The DeBERTa-v2/v3 encoder as a graph.

Source: He et al., "DeBERTa: Decoding-enhanced BERT with Disentangled Attention", section 3, as
implemented by transformers' ``DebertaV2Model``. Two things differ in form, not in result: the
projected relative-position tables are weights here, where in the original every layer projects
the same table in every run; and the attention scale is folded into the query projection and the
position-to-content table.

How scores become a context is left to an :class:`Attention`: ``attention`` has the one of
standard operators, ``fused`` the one of this project's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from gliner_fast.convert.config import EncoderConfig
from gliner_fast.convert.layers import Layers
from gliner_fast.convert.weights import FloatArray, Linear, Weights

__all__ = ["WORD_EMBEDDINGS", "Attention", "build_encoder"]

_ROOT = "token_rep_layer.bert_layer.model"
#: The embedding table of tokens, (vocab_size, embedding_size).
WORD_EMBEDDINGS = f"{_ROOT}.embeddings.word_embeddings.weight"


class Attention(Protocol):
    """Disentangled attention over the tokens of each row."""

    def attend(
        self, qkv: str, c2p: FloatArray | None, p2c: FloatArray | None, only: str = ""
    ) -> str:
        """Context (..., hidden) from scaled queries, keys and values side by side.

        Args:
            qkv: (..., 3 * hidden).
            c2p: Position keys (2 * position_span, hidden), met by queries; or None.
            p2c: Scaled position queries of that shape, met by keys; or None.
            only: int64 (needed,), the tokens whose context is wanted; without it all are.
        """

    def mask(self, x: str) -> str:
        """``x`` (..., hidden) with padding set to zero."""


def build_encoder(
    layers: Layers,
    config: EncoderConfig,
    weights: Weights,
    input_ids: str,
    attention: Attention,
    on_layer: Callable[[], object],
    places: str = "",
    needed: str = "",
) -> str:
    """Emit the encoder.

    Args:
        input_ids: int64 (..., token), padded with anything; with ``places``, each token once.
        on_layer: Called after each layer, for progress.
        places: int64 (token,), where each token is in ``input_ids``: before the first attention,
            equal tokens are equal, and are computed once.
        needed: int64 (needed,), the tokens whose hidden states are wanted; without it all are.

    Returns:
        Hidden states (..., token, hidden) in the layers' float type. Those of padding are
        arbitrary, and nothing of them reaches a real token.
    """
    g = layers.graph
    with g.scope("embeddings"):
        embedded = _embeddings(layers, config, weights, input_ids)
        if config.conv_kernel_size:
            # The convolution would carry padding into its neighbours.
            embedded = attention.mask(embedded)
    table = _position_table(config, weights)
    hidden = embedded
    for index in range(config.num_hidden_layers):
        with g.scope(f"layer{index}"):
            name = f"{_ROOT}.encoder.layer.{index}"
            last = index == config.num_hidden_layers - 1
            only = needed if last else ""
            first = places if index == 0 else ""
            hidden = _layer(layers, config, weights, name, hidden, attention, table, first, only)
            if index == 0 and config.conv_kernel_size:
                hidden = attention.mask(_convolution(layers, config, weights, embedded, hidden))
        on_layer()
    return hidden


def _norm(
    layers: Layers,
    weights: Weights,
    name: str,
    x: str,
    config: EncoderConfig,
    residual: str = "",
) -> str:
    size = config.hidden_size
    return layers.layer_norm(
        x,
        weights.get(f"{name}.weight", size),
        weights.get(f"{name}.bias", size),
        config.layer_norm_eps,
        residual,
    )


def _embeddings(layers: Layers, config: EncoderConfig, weights: Weights, input_ids: str) -> str:
    g = layers.graph
    name = f"{_ROOT}.embeddings"
    width = config.embedding_size
    table = weights.get(WORD_EMBEDDINGS, config.vocab_size, width)
    x = layers.embedding("words", table, input_ids)
    if config.position_biased_input:
        rows = config.max_position_embeddings
        absolute = weights.get(f"{name}.position_embeddings.weight", rows, width)
        length = g.dim(input_ids, 1)
        used = g.slice(layers.weight("positions", absolute), g.constant([0]), length, 0)
        x = g.op("Add", x, used)
    if config.type_vocab_size:
        types = weights.get(f"{name}.token_type_embeddings.weight", config.type_vocab_size, width)
        x = g.op("Add", x, layers.weight("type", types[0]))
    if width != config.hidden_size:
        projection = weights.linear(f"{name}.embed_proj", width, config.hidden_size, bias=False)
        x = layers.linear(x, projection, "projection")
    return _norm(layers, weights, f"{name}.LayerNorm", x, config)


def _position_table(config: EncoderConfig, weights: Weights) -> FloatArray | None:
    """The relative-position embeddings, normalised where the config says so."""
    if not (config.c2p or config.p2c):
        return None
    rows = 2 * config.position_span
    name = f"{_ROOT}.encoder"
    table = weights.get(f"{name}.rel_embeddings.weight", -1, config.hidden_size)[:rows]
    if config.norm_rel_ebd:
        gain = weights.get(f"{name}.LayerNorm.weight", config.hidden_size)
        bias = weights.get(f"{name}.LayerNorm.bias", config.hidden_size)
        centred = table - table.mean(axis=1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + config.layer_norm_eps)
        table = centred / deviation * gain + bias
    return table.astype(np.float32)


def _layer(
    layers: Layers,
    config: EncoderConfig,
    weights: Weights,
    name: str,
    hidden: str,
    attention: Attention,
    table: FloatArray | None,
    places: str,
    only: str,
) -> str:
    """One layer; from its attention on for the tokens at ``only``, if that is given.

    With ``places``, ``hidden`` has each token once, up to the attention.
    """
    size, inner = config.hidden_size, config.intermediate_size
    qkv, c2p, p2c = _projections(layers, config, weights, f"{name}.attention.self", hidden, table)
    for chosen in filter(None, (places, only)):
        hidden = layers.graph.op("Gather", hidden, chosen)
    if places:
        qkv = layers.graph.op("Gather", qkv, places)
    context = attention.attend(qkv, c2p, p2c, only)
    output = weights.linear(f"{name}.attention.output.dense", size, size)
    attended = layers.linear(context, output, "attention_output")
    attended = _norm(
        layers, weights, f"{name}.attention.output.LayerNorm", attended, config, hidden
    )
    up = weights.linear(f"{name}.intermediate.dense", size, inner)
    down = weights.linear(f"{name}.output.dense", inner, size)
    x = layers.linear(attended, up, "feed_up", config.hidden_act)
    x = layers.linear(x, down, "feed_down")
    return _norm(layers, weights, f"{name}.output.LayerNorm", x, config, attended)


def _projections(
    layers: Layers,
    config: EncoderConfig,
    weights: Weights,
    name: str,
    hidden: str,
    table: FloatArray | None,
) -> tuple[str, FloatArray | None, FloatArray | None]:
    """Queries, keys and values, projected at once, and the position tables, projected now."""
    size = config.hidden_size
    scale = 1.0 / float(np.sqrt(config.attention_head_size * config.attention_terms))
    query = weights.linear(f"{name}.query_proj", size, size).scaled(scale)
    key = weights.linear(f"{name}.key_proj", size, size)
    value = weights.linear(f"{name}.value_proj", size, size)
    qkv = layers.linear(hidden, Linear.stacked(query, key, value), "qkv")
    c2p = p2c = None
    if table is not None and config.c2p:
        own = not config.share_att_key
        keys = weights.linear(f"{name}.pos_key_proj", size, size) if own else key
        c2p = keys.apply(table)
    if table is not None and config.p2c:
        if config.share_att_key:
            queries = query
        else:
            queries = weights.linear(f"{name}.pos_query_proj", size, size).scaled(scale)
        p2c = queries.apply(table)
    return qkv, c2p, p2c


def _convolution(
    layers: Layers, config: EncoderConfig, weights: Weights, embedded: str, hidden: str
) -> str:
    """The convolution beside the first layer (DeBERTa-v2 xlarge)."""
    g = layers.graph
    name = f"{_ROOT}.encoder.conv"
    size, kernel = config.hidden_size, config.conv_kernel_size
    weight = weights.get(f"{name}.conv.weight", size, size // config.conv_groups, kernel)
    with g.scope("conv"):
        x = g.op(
            "Conv",
            g.transpose(embedded, 0, 2, 1),
            layers.weight("weight", weight),
            layers.weight("bias", weights.get(f"{name}.conv.bias", size)),
            kernel_shape=[kernel],
            pads=[kernel // 2, kernel // 2],
            group=config.conv_groups,
        )
        x = layers.activation(g.transpose(x, 0, 2, 1), config.conv_act)
        return _norm(layers, weights, f"{name}.LayerNorm", x, config, hidden)
