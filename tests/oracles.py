"""What the compiled post-processing has to return, in the plainest Python.

Everything here follows the definition word by word and is quadratic. Spans are tuples
``(start, end, label, score)``; :func:`columns` makes of them the arrays that the native
functions take.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "Columns",
    "Span",
    "best_of_duplicates",
    "columns",
    "conflicts",
    "decode",
    "decode_row",
    "greedy",
    "merge",
    "select",
    "sigmoid",
]

Span = tuple[int, int, int, float]
Columns = tuple[Any, Any, Any, Any]


def columns(spans: Sequence[Span], position: type[np.generic]) -> Columns:
    """Spans as arrays (start, end, label, score), the first two of the dtype ``position``."""
    start, end, label, score = zip(*spans, strict=True) if spans else ((), (), (), ())
    return (
        np.array(start, position),
        np.array(end, position),
        np.array(label, np.int32),
        np.array(score, np.float32),
    )


def sigmoid(logit: float) -> np.float32:
    """The logistic function in float32 steps, with the exponential rounded from float64."""
    with np.errstate(over="ignore"):
        exponential = np.float32(np.exp(np.float64(-logit)))
    one = np.float32(1)
    return one / (one + exponential)


def conflicts(a: Span, b: Span, *, flat: bool, multi_label: bool) -> bool:
    """Whether two spans of inclusive words cannot both be kept."""
    if a[:2] == b[:2]:
        return not multi_label
    if a[0] > b[1] or b[0] > a[1]:
        return False
    a_holds_b = a[0] <= b[0] and b[1] <= a[1]
    b_holds_a = b[0] <= a[0] and a[1] <= b[1]
    return flat or not (a_holds_b or b_holds_a)


def greedy(spans: Sequence[Span], *, flat: bool, multi_label: bool) -> list[int]:
    """Indices of the kept spans in order of (start, end, label)."""
    best_first = sorted(range(len(spans)), key=lambda i: (-spans[i][3], *spans[i][:3]))
    kept: list[int] = []
    for index in best_first:
        if not any(
            conflicts(spans[index], spans[other], flat=flat, multi_label=multi_label)
            for other in kept
        ):
            kept.append(index)
    return sorted(kept, key=lambda i: spans[i][:3])


def decode_row(
    logits: npt.NDArray[np.float32],
    thresholds: npt.NDArray[np.float32],
    *,
    flat: bool,
    multi_label: bool,
) -> list[Span]:
    """The spans of one row.

    Args:
        logits: Shape (word, width, label), without padding.
        thresholds: Shape (label,).
    """
    words, widths, labels = logits.shape
    candidates: list[Span] = []
    for start in range(words):
        for width in range(widths):
            for label in range(labels):
                score = sigmoid(logits[start, width, label])
                if start + width < words and score > thresholds[label]:
                    candidates.append((start, start + width, label, float(score)))
    return [candidates[i] for i in greedy(candidates, flat=flat, multi_label=multi_label)]


def decode(
    logits: npt.NDArray[np.float32],
    word_counts: npt.NDArray[np.int32],
    label_counts: npt.NDArray[np.int32],
    thresholds: npt.NDArray[np.float32],
    flat: npt.NDArray[np.bool_],
    multi_label: npt.NDArray[np.bool_],
) -> list[tuple[int, int, int, int, float]]:
    """The spans of a batch as (row, start, end, label, score), row by row."""
    return [
        (row, *span)
        for row in range(len(logits))
        for span in decode_row(
            logits[row, : word_counts[row], :, : label_counts[row]],
            thresholds[row, : label_counts[row]],
            flat=bool(flat[row]),
            multi_label=bool(multi_label[row]),
        )
    ]


def best_of_duplicates(spans: Sequence[Span]) -> list[int]:
    """One index for each (start, end, label): that of the best score, the first of equals."""
    best: dict[tuple[int, int, int], int] = {}
    for index, span in enumerate(spans):
        key = span[:3]
        if key not in best or span[3] > spans[best[key]][3]:
            best[key] = index
    return sorted(best.values(), key=lambda i: spans[i][:3])


def select(spans: Sequence[Span], *, flat: bool, multi_label: bool) -> list[int]:
    """The greedy search over spans that may come twice."""
    distinct = best_of_duplicates(spans)
    kept = greedy([spans[i] for i in distinct], flat=flat, multi_label=multi_label)
    return [distinct[i] for i in kept]


def merge(spans: Sequence[Span], *, drop_nested: bool) -> list[int]:
    """Indices of the spans that stay, in order of (start, end, label)."""
    stay = [
        index
        for index, (start, end, _, _) in enumerate(spans)
        if not drop_nested
        or not any(
            other[0] <= start and other[1] >= end and other[:2] != (start, end) for other in spans
        )
    ]
    return [stay[i] for i in best_of_duplicates([spans[i] for i in stay])]
