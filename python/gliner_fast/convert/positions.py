"""Relative positions: which row of the position table a distance reads."""

from __future__ import annotations

import numpy as np

from gliner_fast.convert.config import EncoderConfig

__all__ = ["relative_position_rows"]


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
