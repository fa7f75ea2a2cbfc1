"""The DeBERTa-v2/v3 encoder as a graph.

Source: He et al., "DeBERTa: Decoding-enhanced BERT with Disentangled Attention", section 3, as
implemented by transformers' ``DebertaV2Model``. Three things differ in form, not in result:

* The projected relative-position tables are weights here. In the original every layer projects
  the same table in every run.
* The attention scale is folded into the query projection and the position-to-content table.
* A position term reads its diagonal band by two reshapes instead of a gather with an index of
  heads x length x length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gliner_fast.convert.config import EncoderConfig
from gliner_fast.convert.layers import Layers
from gliner_fast.convert.weights import FloatArray, Linear, Weights

__all__ = ["build_encoder", "relative_position_rows"]

_ROOT = "token_rep_layer.bert_layer.model"


@dataclass(frozen=True)
class _Positions:
    """Tensors shared by all layers.

    Attributes:
        mask_bias: 0 at tokens, the lowest number at padding, shape (batch, 1, 1, token).
        c2p_rows: Table rows in the order that :func:`_band` wants for content-to-position.
        p2c_rows: The same for position-to-content. Both of shape (2 * token,).
    """

    mask_bias: str
    c2p_rows: str
    p2c_rows: str


def relative_position_rows(config: EncoderConfig) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Row of the position table for every relative position ``d`` in [-reach, reach].

    ``d`` is the query's position minus the key's. Beyond ``reach`` rows repeat: buckets grow
    with the logarithm of the distance and are clamped. Shape (2 * reach + 1,); entry
    ``d + reach``.
    """
    span = config.position_span
    reach = max(span, config.max_relative_positions) + 1
    distance = np.arange(-reach, reach + 1)
    bucket = distance.astype(np.float32)
    if config.position_buckets > 0 and config.max_relative_positions > 0:
        # In float32 like the original: at a bucket's border float64 could fall on its other side.
        middle = np.float32(config.position_buckets // 2)
        size = np.where(np.abs(distance) < middle, middle - 1, np.abs(distance))
        size = size.astype(np.float32)
        largest = np.float32((config.max_relative_positions - 1) / middle)
        log_bucket = np.ceil(np.log(size / middle) / np.log(largest) * (middle - 1)) + middle
        bucket = np.where(size <= middle, bucket, log_bucket * np.sign(bucket))
    return np.clip(bucket.astype(np.int64) + span, 0, 2 * span - 1)


def build_encoder(
    layers: Layers,
    config: EncoderConfig,
    weights: Weights,
    input_ids: str,
    token_counts: str,
    on_layer: Callable[[], object],
) -> str:
    """Emit the encoder.

    Args:
        input_ids: int64 (batch, token), padded with anything.
        token_counts: int64 (batch,), real tokens of each row.
        on_layer: Called after each layer, for progress.

    Returns:
        Hidden states (batch, token, hidden) in the layers' float type. Those of padding are
        arbitrary, and nothing of them reaches a real token.
    """
    g = layers.graph
    length = g.dim(input_ids, 1)
    mask = g.op("Less", g.unsqueeze(g.range(length), 0), g.unsqueeze(token_counts, 1), name="mask")
    positions = _positions(layers, config, length, mask)
    with g.scope("embeddings"):
        embedded = _embeddings(layers, config, weights, input_ids, length)
        if config.conv_kernel_size:
            embedded = g.op("Mul", embedded, g.cast(g.unsqueeze(mask, 2), layers.dtype))
    table = _position_table(config, weights)
    hidden = embedded
    for index in range(config.num_hidden_layers):
        with g.scope(f"layer{index}"):
            name = f"{_ROOT}.encoder.layer.{index}"
            hidden = _layer(layers, config, weights, name, hidden, positions, table)
            if index == 0 and config.conv_kernel_size:
                hidden = _convolution(layers, config, weights, embedded, hidden, mask)
        on_layer()
    return hidden


def _norm(layers: Layers, weights: Weights, name: str, x: str, config: EncoderConfig) -> str:
    size = config.hidden_size
    return layers.layer_norm(
        x,
        weights.get(f"{name}.weight", size),
        weights.get(f"{name}.bias", size),
        config.layer_norm_eps,
    )


def _embeddings(
    layers: Layers, config: EncoderConfig, weights: Weights, input_ids: str, length: str
) -> str:
    g = layers.graph
    name = f"{_ROOT}.embeddings"
    width = config.embedding_size
    words = weights.get(f"{name}.word_embeddings.weight", config.vocab_size, width)
    x = g.op("Gather", layers.weight("words", words), input_ids)
    if config.position_biased_input:
        rows = config.max_position_embeddings
        table = weights.get(f"{name}.position_embeddings.weight", rows, width)
        absolute = g.slice(layers.weight("positions", table), g.constant([0]), length, 0)
        x = g.op("Add", x, absolute)
    if config.type_vocab_size:
        types = weights.get(f"{name}.token_type_embeddings.weight", config.type_vocab_size, width)
        x = g.op("Add", x, layers.weight("type", types[0]))
    if width != config.hidden_size:
        projection = weights.linear(f"{name}.embed_proj", width, config.hidden_size, bias=False)
        x = layers.linear(x, projection, "projection")
    return _norm(layers, weights, f"{name}.LayerNorm", x, config)


def _positions(layers: Layers, config: EncoderConfig, length: str, mask: str) -> _Positions:
    g = layers.graph
    with g.scope("positions"):
        mask_bias = g.op(
            "Where",
            g.unsqueeze(mask, 1, 2),
            layers.constant(0.0),
            layers.constant(float(np.finfo(layers.dtype).min)),
        )
        if not (config.c2p or config.p2c):
            return _Positions(mask_bias, "", "")
        rows = relative_position_rows(config)
        reach = len(rows) // 2
        table = g.weight("rows", rows)
        # Column c of a band stands for d = length - 1 - c in content-to-position and for its
        # negative in position-to-content; one column more makes the rows 2 * length wide.
        column = g.range(g.op("Mul", length, g.constant([2])))
        distance = g.op("Sub", g.op("Sub", length, g.constant([1])), column)

        def look_up(distance: str) -> str:
            clipped = g.op("Clip", distance, g.constant(-reach), g.constant(reach))
            return g.op("Gather", table, g.op("Add", clipped, g.constant([reach])))

        return _Positions(mask_bias, look_up(distance), look_up(g.op("Neg", distance)))


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
    positions: _Positions,
    table: FloatArray | None,
) -> str:
    g = layers.graph
    size, inner = config.hidden_size, config.intermediate_size
    context = _attention(
        layers, config, weights, f"{name}.attention.self", hidden, positions, table
    )
    output = weights.linear(f"{name}.attention.output.dense", size, size)
    attended = g.op("Add", layers.linear(context, output, "attention_output"), hidden)
    attended = _norm(layers, weights, f"{name}.attention.output.LayerNorm", attended, config)
    up = weights.linear(f"{name}.intermediate.dense", size, inner)
    down = weights.linear(f"{name}.output.dense", inner, size)
    x = layers.activation(layers.linear(attended, up, "feed_up"), config.hidden_act)
    x = g.op("Add", layers.linear(x, down, "feed_down"), attended)
    return _norm(layers, weights, f"{name}.output.LayerNorm", x, config)


def _attention(
    layers: Layers,
    config: EncoderConfig,
    weights: Weights,
    name: str,
    hidden: str,
    positions: _Positions,
    table: FloatArray | None,
) -> str:
    """Disentangled self-attention: softmax of content-content, c2p and p2c scores."""
    g = layers.graph
    heads, dim = config.num_attention_heads, config.attention_head_size
    size = config.hidden_size
    query = weights.linear(f"{name}.query_proj", size, size)
    key = weights.linear(f"{name}.key_proj", size, size)
    value = weights.linear(f"{name}.value_proj", size, size)
    scale = 1.0 / float(np.sqrt(dim * config.attention_terms))

    stacked = layers.linear(hidden, Linear.stacked(query.scaled(scale), key, value), "qkv")
    # (batch, token, 3 * heads * dim) -> three of (batch, heads, token, dim)
    by_head = g.transpose(g.reshape(stacked, 0, 0, 3, heads, dim), 2, 0, 3, 1, 4)
    split = g.op_outputs("Split", 3, by_head, axis=0, num_outputs=3)
    q, k, v = (g.op("Squeeze", part, g.constant([0])) for part in split)

    scores = g.op("MatMul", q, g.transpose(k, 0, 1, 3, 2), name="content")
    if table is not None and config.c2p:
        projection = (
            key if config.share_att_key else weights.linear(f"{name}.pos_key_proj", size, size)
        )
        band = _band(layers, config, q, projection.apply(table), positions.c2p_rows, "c2p")
        scores = g.op("Add", scores, band)
    if table is not None and config.p2c:
        projection = (
            query if config.share_att_key else weights.linear(f"{name}.pos_query_proj", size, size)
        )
        rows = projection.scaled(scale).apply(table)
        band = _band(layers, config, k, rows, positions.p2c_rows, "p2c")
        scores = g.op("Add", scores, g.transpose(band, 0, 1, 3, 2))
    probabilities = g.op("Softmax", g.op("Add", scores, positions.mask_bias), axis=-1)
    context = g.op("MatMul", probabilities, v, name="context")
    return g.reshape(g.transpose(context, 0, 2, 1, 3), 0, 0, size)


def _band(
    layers: Layers, config: EncoderConfig, x: str, table: FloatArray, rows: str, name: str
) -> str:
    """``band[b, h, i, j] = x[b, h, i] . table[row of the distance from i to j]``.

    The products with the 2 * length rows that occur are a matrix whose row i holds its entries
    from column length - 1 - i on. Flattened, that is entry i * (2 * length - 1) + length - 1 + j:
    dropping the first length - 1 entries and reading rows one shorter aligns them. Two copies,
    against an index and a gather over all heads (half the time on two threads).
    """
    g = layers.graph
    heads, dim = config.num_attention_heads, config.attention_head_size
    with g.scope(name):
        used = g.op("Gather", layers.weight("table", table), rows, axis=0)
        by_head = g.transpose(g.reshape(used, 0, heads, dim), 1, 2, 0)
        product = g.op("MatMul", x, by_head)
        length = g.dim(x, 2)
        less = g.op("Sub", length, g.constant([1]))
        shorter = g.op("Add", length, less)
        flat = g.reshape(product, 0, 0, -1)
        end = g.op("Add", less, g.op("Mul", length, shorter))
        aligned = g.op("Reshape", g.slice(flat, less, end, 2), g.shape(0, 0, length, shorter))
        return g.slice(aligned, g.constant([0]), length, 3)


def _convolution(
    layers: Layers, config: EncoderConfig, weights: Weights, embedded: str, hidden: str, mask: str
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
        x = _norm(layers, weights, f"{name}.LayerNorm", g.op("Add", hidden, x), config)
        # Padding stays zero, as in the original, where every layer reads it masked.
        return g.op("Mul", x, g.cast(g.unsqueeze(mask, 2), layers.dtype))
