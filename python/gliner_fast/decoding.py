"""Logits → spans → entities. The searches run in Rust, which sees numbers only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from gliner_fast import _native
from gliner_fast.types import DecodeOptions, EncodedWindow, Entity, Plan, Prompt, Spans

__all__ = ["decode", "entities"]

_TOP_CLASSES = 5


def decode(logits: npt.NDArray[np.float32], windows: Sequence[EncodedWindow]) -> list[Spans]:
    """Spans of each row of a batch, after the greedy search within the row.

    Args:
        logits: (row, word, max_width, label), rows padded to the largest.

    Returns:
        One :class:`Spans` a row, ordered by (start_word, end_word, label).
    """
    rows, starts, ends, labels, scores = _native.decode_spans(
        logits,
        np.array([w.words for w in windows], np.int32),
        np.array([len(w.prompt.labels) for w in windows], np.int32),
        _thresholds(windows, logits.shape[3]),
        np.array([w.decode.flat_ner for w in windows], np.bool_),
        np.array([w.decode.multi_label for w in windows], np.bool_),
    )
    borders = np.searchsorted(rows, np.arange(len(windows) + 1))
    result = []
    for row, window in enumerate(windows):
        part = slice(borders[row], borders[row + 1])
        probabilities = None
        if window.decode.class_probs:
            of_row = logits[row][starts[part], ends[part] - starts[part]]
            probabilities = [_top_classes(span, window.prompt) for span in of_row]
        result.append(Spans(starts[part], ends[part], labels[part], scores[part], probabilities))
    return result


def _thresholds(windows: Sequence[EncodedWindow], labels: int) -> npt.NDArray[np.float32]:
    """Threshold of each row and label."""
    thresholds = np.empty((len(windows), labels), np.float32)
    for row, window in enumerate(windows):
        thresholds[row] = window.decode.threshold
        if window.decode.thresholds:
            for index, label in enumerate(window.prompt.labels):
                thresholds[row, index] = window.decode.thresholds.get(
                    label, window.decode.threshold
                )
    return thresholds


def _top_classes(logits: npt.NDArray[np.float32], prompt: Prompt) -> dict[str, float]:
    """The best labels of one span by probability, best first."""
    own = logits[: len(prompt.labels)]
    with np.errstate(over="ignore"):  # exp(-logit) may overflow; the probability is 0 then
        probabilities = 1 / (1 + np.exp(-own))
    best = np.argsort(-probabilities, kind="stable")[:_TOP_CLASSES]
    return {prompt.labels[i]: float(probabilities[i]) for i in best}


def entities(plan: Plan, spans: Sequence[Spans]) -> list[Entity]:
    """Entities of a text from the spans of all its rows.

    Rows of a character window that had to be cut again are searched together once more, so the
    window's rule (flat or nested) holds over the cut. Windows are then merged: nested spans
    dropped where the plan says so, duplicates collapsed to their best score.

    Args:
        spans: Aligned with ``plan.windows``.

    Returns:
        Ordered by (start, end, label); offsets in code points of the whole text.
    """
    parts = [
        part
        for first, last in _chunks(plan.windows)
        for part in _chunk_spans(plan, spans, first, last)
    ]
    if not parts:
        return []
    starts = np.concatenate([part[0] for part in parts])
    ends = np.concatenate([part[1] for part in parts])
    labels = np.concatenate([part[2] for part in parts])
    scores = np.concatenate([part[3] for part in parts])
    probabilities = [p for part in parts for p in part[4]]
    rank = _ranks(plan.prompt.labels)
    kept = _native.merge_windows(starts, ends, rank[labels], scores, plan.drop_nested)
    result: list[Entity] = []
    for index in kept:
        start, end = int(starts[index]), int(ends[index])
        entity: Entity = {
            "start": start,
            "end": end,
            "text": plan.text[start:end],
            "label": plan.prompt.labels[labels[index]],
            "score": float(scores[index]),
        }
        if probabilities:
            entity["class_probs"] = probabilities[index]
        result.append(entity)
    return result


def _chunks(windows: Sequence[EncodedWindow]) -> list[tuple[int, int]]:
    """Runs of rows that belong to one character window, as (first, end)."""
    borders = [
        row
        for row in range(len(windows))
        if row == 0 or windows[row].chunk != windows[row - 1].chunk
    ]
    # A text without a word has no rows, and so no run either.
    ends = [*borders[1:], len(windows)] if borders else []
    return list(zip(borders, ends, strict=True))


_Part = tuple[
    npt.NDArray[np.int64],
    npt.NDArray[np.int64],
    npt.NDArray[np.int32],
    npt.NDArray[np.float32],
    list[dict[str, float]],
]


def _chunk_spans(plan: Plan, spans: Sequence[Spans], first: int, end: int) -> list[_Part]:
    """Character spans of one character window, which is the rows ``first .. end``."""
    rows = range(first, end)
    kept: npt.NDArray[np.int64] | None = None
    if len(rows) > 1:
        decode: DecodeOptions = plan.options.decode
        offset = [plan.windows[row].first_word for row in rows]
        kept = _native.select_spans(
            np.concatenate([spans[r].start_word + o for r, o in zip(rows, offset, strict=True)]),
            np.concatenate([spans[r].end_word + o for r, o in zip(rows, offset, strict=True)]),
            np.concatenate([spans[r].label for r in rows]),
            np.concatenate([spans[r].score for r in rows]),
            decode.flat_ner,
            decode.multi_label,
        )
    parts = []
    before = 0
    for row in rows:
        window, found = plan.windows[row], spans[row]
        count = len(found.label)
        own = np.arange(count)
        if kept is not None:
            own = np.sort(kept[(kept >= before) & (kept < before + count)] - before)
        before += count
        if len(own):
            probabilities = found.class_probs or []
            parts.append(
                (
                    window.char_starts[found.start_word[own]],
                    window.char_ends[found.end_word[own]],
                    found.label[own],
                    found.score[own],
                    [probabilities[i] for i in own] if probabilities else [],
                )
            )
    return parts


def _ranks(labels: Sequence[str]) -> npt.NDArray[np.int32]:
    """Place of each label in alphabetical order: the last key of the result's order."""
    ranks = np.empty(len(labels), np.int32)
    ranks[sorted(range(len(labels)), key=lambda i: labels[i])] = np.arange(len(labels))
    return ranks
