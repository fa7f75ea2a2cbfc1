"""Disentangled attention in standard operators, over a padded batch."""

from __future__ import annotations

import numpy as np

from gliner_fast.convert.config import EncoderConfig
from gliner_fast.convert.layers import Layers
from gliner_fast.convert.positions import relative_position_rows
from gliner_fast.convert.weights import FloatArray

__all__ = ["PortableAttention"]


class PortableAttention:
    """Softmax of content-content, c2p and p2c scores, on (batch, token, ...) tensors.

    Everything that depends on the batch's shape alone is computed once and shared by all layers.

    Args:
        input_ids: int64 (batch, token).
        token_counts: int64 (batch,), real tokens of each row.
    """

    def __init__(
        self, layers: Layers, config: EncoderConfig, input_ids: str, token_counts: str
    ) -> None:
        self._layers = layers
        self._heads = config.num_attention_heads
        self._dim = config.attention_head_size
        g = layers.graph
        length = g.dim(input_ids, 1)
        token = g.unsqueeze(g.range(length), 0)
        self._mask = g.op("Less", token, g.unsqueeze(token_counts, 1), name="mask")
        with g.scope("positions"):
            # 0 at tokens, the lowest number at padding: (batch, 1, 1, token).
            self._mask_bias = g.op(
                "Where",
                g.unsqueeze(self._mask, 1, 2),
                layers.constant(0.0),
                layers.constant(float(np.finfo(layers.dtype).min)),
            )
            if config.c2p or config.p2c:
                self._set_rows(config, length)

    def _set_rows(self, config: EncoderConfig, length: str) -> None:
        """Table rows in the order that :meth:`_band` wants, both of shape (2 * token,).

        Column c of a band stands for d = length - 1 - c in content-to-position and for its
        negative in position-to-content; one column more makes the rows 2 * length wide.
        """
        g = self._layers.graph
        rows = relative_position_rows(config)
        reach = len(rows) // 2
        table = g.weight("rows", rows)
        column = g.range(g.op("Mul", length, g.constant([2])))
        distance = g.op("Sub", g.op("Sub", length, g.constant([1])), column)

        def look_up(distance: str) -> str:
            clipped = g.op("Clip", distance, g.constant(-reach), g.constant(reach))
            return g.op("Gather", table, g.op("Add", clipped, g.constant([reach])))

        self._c2p_rows = look_up(distance)
        self._p2c_rows = look_up(g.op("Neg", distance))

    def mask(self, x: str) -> str:
        g = self._layers.graph
        return g.op("Mul", x, g.cast(g.unsqueeze(self._mask, 2), self._layers.dtype))

    def attend(
        self, qkv: str, c2p: FloatArray | None, p2c: FloatArray | None, only: str = ""
    ) -> str:
        g = self._layers.graph
        if only:
            raise ValueError("only: expected none, rows are padded here")
        # (batch, token, 3 * heads * dim) -> three of (batch, heads, token, dim)
        parts = g.transpose(g.reshape(qkv, 0, 0, 3, self._heads, self._dim), 2, 0, 3, 1, 4)
        split = g.op_outputs("Split", 3, parts, axis=0, num_outputs=3)
        q, k, v = (g.op("Squeeze", part, g.constant([0])) for part in split)
        scores = g.op("MatMul", q, g.transpose(k, 0, 1, 3, 2), name="content")
        if c2p is not None:
            scores = g.op("Add", scores, self._band(q, c2p, self._c2p_rows, "c2p"))
        if p2c is not None:
            band = self._band(k, p2c, self._p2c_rows, "p2c")
            scores = g.op("Add", scores, g.transpose(band, 0, 1, 3, 2))
        probabilities = g.op("Softmax", g.op("Add", scores, self._mask_bias), axis=-1)
        context = g.op("MatMul", probabilities, v, name="context")
        return g.reshape(g.transpose(context, 0, 2, 1, 3), 0, 0, self._heads * self._dim)

    def _band(self, x: str, table: FloatArray, rows: str, name: str) -> str:
        """``band[b, h, i, j] = x[b, h, i] . table[row of the distance from i to j]``.

        The products with the 2 * length rows that occur are a matrix whose row i holds its
        entries from column length - 1 - i on. Flattened, that is entry
        i * (2 * length - 1) + length - 1 + j: dropping the first length - 1 entries and reading
        rows one shorter aligns them. Two copies, and no gather over heads and tokens.
        """
        g = self._layers.graph
        with g.scope(name):
            used = g.op("Gather", self._layers.weight("table", table), rows, axis=0)
            by_head = g.transpose(g.reshape(used, 0, self._heads, self._dim), 1, 2, 0)
            product = g.op("MatMul", x, by_head)
            length = g.dim(x, 2)
            less = g.op("Sub", length, g.constant([1]))
            shorter = g.op("Add", length, less)
            end = g.op("Add", less, g.op("Mul", length, shorter))
            flat = g.slice(g.reshape(product, 0, 0, -1), less, end, 2)
            aligned = g.op("Reshape", flat, g.shape(0, 0, length, shorter))
            return g.slice(aligned, g.constant([0]), length, 3)
