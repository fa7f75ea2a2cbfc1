"""The tokens that the head reads: one of each word and one of each label.

Nothing else of the last layer's output is used, so that layer attends from these tokens alone,
and goes on with them: with 30 labels about half of all.
"""

from __future__ import annotations

import numpy as np

from gliner_fast.convert.graph import GraphBuilder

__all__ = ["needed_tokens"]


def needed_tokens(g: GraphBuilder, inputs: dict[str, str]) -> tuple[str, dict[str, str]]:
    """Number the tokens that the head reads.

    Args:
        inputs: From :func:`gliner_fast.convert.head.head_inputs`, first or last pooling; positions
            count from the first row's first token.

    Returns:
        Positions of these tokens, int64 (needed,), and the head's inputs with ``word_tokens`` and
        ``label_tokens`` as places in that list, -1 where there is none.
    """
    words, labels = inputs["word_tokens"], inputs["label_tokens"]
    flat_words, flat_labels = (g.reshape(x, -1) for x in (words, labels))
    positions = g.op("Concat", flat_words, flat_labels, axis=0)
    there = g.op("GreaterOrEqual", positions, g.constant(0))
    kept = g.op("Squeeze", g.op("NonZero", there), g.constant([0]))
    tokens = g.op("Gather", positions, kept)
    rank = g.op("CumSum", g.cast(there, np.int64), g.constant(0))
    places = g.op("Where", there, g.op("Sub", rank, g.constant(1)), g.constant(-1))
    border = g.dim(flat_words, 0)
    end = g.dim(positions, 0)
    return tokens, {
        **inputs,
        "word_tokens": g.op(
            "Reshape", g.slice(places, g.constant([0]), border, 0), g.op("Shape", words)
        ),
        "label_tokens": g.op("Reshape", g.slice(places, border, end, 0), g.op("Shape", labels)),
    }
