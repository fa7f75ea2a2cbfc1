"""Rows → the input tensors of a graph, for each kind of graph."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gliner_fast.config import GlinerConfig
from gliner_fast.errors import UnsupportedModelError
from gliner_fast.types import EncodedWindow

__all__ = ["GraphKind", "make_feeds"]

Feeds = dict[str, npt.NDArray[np.int64] | npt.NDArray[np.bool_]]


class GraphKind(Enum):
    """Who wrote a graph, and for what."""

    #: The converter here, in standard operators: rows padded to the longest.
    PORTABLE = "portable"
    #: The converter here, in its own CPU operators: rows one after another, without padding.
    FUSED = "fused"
    #: gliner's own export: a mask of word numbers, and a list of all spans.
    GLINER = "gliner"

    @staticmethod
    def of(inputs: Collection[str]) -> GraphKind:
        """The kind of a graph, by the names of its inputs.

        Raises:
            UnsupportedModelError: If it is none of these.
        """
        for kind, names in _INPUTS.items():
            if names <= set(inputs):
                return kind
        expected = sorted(_INPUTS[GraphKind.GLINER])
        raise UnsupportedModelError(
            "inputs of the ONNX graph", sorted(inputs), f"gliner's span models: {expected}"
        )


_INPUTS = {
    GraphKind.PORTABLE: {"input_ids", "token_counts", "word_counts", "label_tokens"},
    GraphKind.FUSED: {"distinct_ids", "places", "cu_lengths", "needed", "word_places"},
    GraphKind.GLINER: {
        "input_ids",
        "attention_mask",
        "words_mask",
        "text_lengths",
        "span_idx",
        "span_mask",
    },
}


def make_feeds(kind: GraphKind, windows: Sequence[EncodedWindow], config: GlinerConfig) -> Feeds:
    """Tensors of one batch. Their names and shapes are documented in ``convert/head.py``."""
    if kind is GraphKind.GLINER:
        return _gliner(windows, config)
    if kind is GraphKind.FUSED:
        return _fused(windows, config)
    feeds: Feeds = {
        "input_ids": _padded([_row_ids(w) for w in windows], 0),
        "token_counts": np.array([w.tokens for w in windows], np.int64),
        "word_counts": np.array([w.words for w in windows], np.int64),
        "label_tokens": _padded([w.prompt.label_tokens for w in windows], -1),
    }
    if config.subtoken_pooling in ("first", "last"):
        feeds["word_tokens"] = _padded([_word_tokens(w, config) for w in windows], -1)
    else:
        # A word from 0 to 0 has no token.
        feeds["word_starts"] = _padded([np.maximum(w.word_starts, 0) for w in windows], 0)
        feeds["word_ends"] = _padded([np.maximum(w.word_ends, 0) for w in windows], 0)
    return feeds


def _fused(windows: Sequence[EncodedWindow], config: GlinerConfig) -> Feeds:
    counts = np.array([w.tokens for w in windows], np.int64)
    ends = np.cumsum(counts)
    # Rows repeat their labels and what they share: before the first attention, equal tokens are
    # equal, and are computed once.
    ids = np.concatenate([_row_ids(w) for w in windows]).astype(np.int64)
    distinct, places = np.unique(ids, return_inverse=True)
    # The tokens that the head reads are one of each word and one of each label. Nothing else of
    # the last layer is used: with 30 labels about half of all.
    origins = (ends - counts).tolist()
    words = np.concatenate(
        [
            np.where(tokens < 0, -1, tokens + origin)
            for tokens, origin in zip(
                (_word_tokens(w, config) for w in windows), origins, strict=True
            )
        ]
    )
    there = words >= 0
    after = 0 if config.embed_ent_token else 1
    labels = [
        w.prompt.label_tokens + (origin + after) for w, origin in zip(windows, origins, strict=True)
    ]
    label_ends = np.cumsum([there.sum(), *map(len, labels)])
    label_places = [np.arange(start, end) for start, end in pairwise(label_ends.tolist())]
    return {
        "distinct_ids": distinct,
        "places": places,
        "cu_lengths": np.concatenate([[0], ends]),
        "needed": np.concatenate([words[there], *labels]).astype(np.int64),
        "word_places": np.where(there, np.cumsum(there) - 1, -1),
        "word_counts": np.array([w.words for w in windows], np.int64),
        "label_places": _padded(label_places, -1),
    }


def _word_tokens(window: EncodedWindow, config: GlinerConfig) -> npt.NDArray[np.int32]:
    """The token that stands for each word, -1 for one without tokens."""
    tokens = window.word_ends - 1 if config.subtoken_pooling == "last" else window.word_starts
    return np.where(window.word_starts < 0, np.int32(-1), tokens)


def _gliner(windows: Sequence[EncodedWindow], config: GlinerConfig) -> Feeds:
    pooling, max_width = config.subtoken_pooling, config.max_width
    ids = _padded([_row_ids(w) for w in windows], 0)
    tokens = np.array([w.tokens for w in windows])
    counts = np.array([w.words for w in windows], np.int64)
    longest = int(counts.max())
    numbers = np.zeros_like(ids)
    for row, window in enumerate(windows):
        for word, (start, end) in enumerate(
            zip(window.word_starts, window.word_ends, strict=True), start=1
        ):
            if start >= 0:
                first = end - 1 if pooling == "last" else start
                last = start + 1 if pooling == "first" else end
                numbers[row, first:last] = word
    starts = np.repeat(np.arange(longest), max_width)
    ends = starts + np.tile(np.arange(max_width), longest)
    spans = np.broadcast_to(np.stack([starts, ends], axis=1), (len(windows), len(starts), 2))
    inside = spans[..., 1] < counts[:, None]
    return {
        "input_ids": ids,
        "attention_mask": (np.arange(ids.shape[1]) < tokens[:, None]).astype(np.int64),
        "words_mask": numbers,
        "text_lengths": counts[:, None],
        "span_idx": np.ascontiguousarray(spans * inside[..., None]),
        "span_mask": inside,
    }


def _row_ids(window: EncodedWindow) -> npt.NDArray[np.int32]:
    return np.concatenate([window.prompt.token_ids, window.token_ids])


def _padded(rows: Sequence[npt.NDArray[np.integer]], fill: int) -> npt.NDArray[np.int64]:
    """Rows of different length as one int64 matrix, padded on the right."""
    matrix = np.full((len(rows), max(map(len, rows))), fill, np.int64)
    for index, row in enumerate(rows):
        matrix[index, : len(row)] = row
    return matrix
