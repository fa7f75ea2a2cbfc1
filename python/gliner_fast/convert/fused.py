"""Disentangled attention as one CPU operator, over a ragged batch without padding."""

from __future__ import annotations

import numpy as np

from gliner_fast.convert.config import EncoderConfig, HeadConfig
from gliner_fast.convert.graph import FUSED_DOMAIN
from gliner_fast.convert.layers import Layers
from gliner_fast.convert.positions import relative_position_rows
from gliner_fast.convert.weights import FloatArray

__all__ = ["FusedAttention", "can_fuse"]


def can_fuse(encoder: EncoderConfig, head: HeadConfig) -> bool:
    """Whether the fused graph has a form for the model.

    Convolutions and absolute positions see where rows begin, and mean and max pooling go over
    padded rows; no known PII model has them, and the portable graph serves them.
    """
    return (
        not encoder.conv_kernel_size
        and not encoder.position_biased_input
        and head.pooling in ("first", "last")
    )


class FusedAttention:
    """Emits ``DisentangledAttention`` on (token, ...) tensors of all rows, one after another.

    Args:
        cu_lengths: int64 (batch + 1,): first token of each row, and the end.
    """

    def __init__(self, layers: Layers, config: EncoderConfig, cu_lengths: str) -> None:
        self._layers = layers
        self._heads = config.num_attention_heads
        self._cu_lengths = cu_lengths
        self._rows = ""
        if config.c2p or config.p2c:
            rows = relative_position_rows(config).astype(np.int32)
            self._rows = layers.graph.weight("position_rows", rows)

    def mask(self, x: str) -> str:
        """There is no padding."""
        return x

    def attend(
        self, qkv: str, c2p: FloatArray | None, p2c: FloatArray | None, only: str = ""
    ) -> str:
        g = self._layers.graph
        with g.scope("attention"):
            inputs = [
                qkv,
                self._cu_lengths,
                "" if c2p is None else self._layers.weight("c2p", c2p),
                "" if p2c is None else self._layers.weight("p2c", p2c),
                self._rows,
                only,
            ]
            while not inputs[-1]:
                inputs.pop()
            return g.op(
                "DisentangledAttention",
                *inputs,
                domain=FUSED_DOMAIN,
                num_heads=self._heads,
                products=self._layers.fused_products,
            )
