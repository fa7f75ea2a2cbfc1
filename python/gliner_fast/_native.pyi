"""Post-processing of span models, compiled from Rust: numbers in, numbers out.

All arrays are numpy arrays, C-contiguous and of exactly the dtype named; nothing is converted.
Read-only arrays will do. The functions copy what they need, then compute without the GIL. They
keep no reference to their arguments and depend on nothing else.

Word indices are inclusive at both ends. Character offsets are code points, end exclusive.

Raises:
    ValueError: From every function, for an array of another dtype, shape or layout and for a
        value outside its range. The message says what was expected and what came:
        ``thresholds shape: expected (2, 5), got (2, 4)``.
    TypeError: For an argument that is no numpy array.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["__version__", "decode_spans", "merge_windows", "select_spans"]

__version__: str
"""Version of the compiled crate, equal to that of the package."""

def decode_spans(
    logits: npt.NDArray[np.float32],
    word_counts: npt.NDArray[np.int32],
    label_counts: npt.NDArray[np.int32],
    thresholds: npt.NDArray[np.float32],
    flat: npt.NDArray[np.bool_],
    multi_label: npt.NDArray[np.bool_],
) -> tuple[
    npt.NDArray[np.int32],
    npt.NDArray[np.int32],
    npt.NDArray[np.int32],
    npt.NDArray[np.int32],
    npt.NDArray[np.float32],
]:
    """Turn a batch of logits into the spans of its rows, by a greedy search in each.

    A span is a candidate where ``sigmoid(logit) > threshold``, both float32, if it ends within
    its row's words. Candidates are taken by score, best first, ties in order of (start, width,
    label), and one is kept if it conflicts with none kept before. Rows do not depend on each
    other. The search is that of ``BaseDecoder.greedy_search`` in gliner.

    Args:
        logits: Shape (batch, word, width, label). Width index ``k`` stands for the span of the
            words ``start`` to ``start + k``. Infinities are fine.
        word_counts: Words of each row, shape (batch,). The rest is padding and may hold
            anything, NaN included; so may the logits of spans that end in it.
        label_counts: Labels of each row, shape (batch,). The rest is padding as well.
        thresholds: Numbers in [0, 1], shape (batch, label).
        flat: True where spans that share a word conflict, False where only those do that
            overlap and do not contain one another; shape (batch,).
        multi_label: True where one span may carry several labels, shape (batch,).

    Returns:
        ``(row, start_word, end_word, label, score)``, arrays of shape (spans,) in order of
        (row, start, end, label). The score is the probability, in (0, 1].

    Raises:
        ValueError: See the module; also for a NaN among the logits in use, naming its place.
    """

def select_spans(
    start_word: npt.NDArray[np.int32],
    end_word: npt.NDArray[np.int32],
    label: npt.NDArray[np.int32],
    score: npt.NDArray[np.float32],
    flat: bool,
    multi_label: bool,
) -> npt.NDArray[np.int64]:
    """Search the spans of one text greedily, as :func:`decode_spans` does for a row.

    Spans may have any width and come in any order. Of spans with the same start, end and label
    only the best counts, the first of equals.

    Args:
        start_word: First word of each span, 0 or more, shape (spans,).
        end_word: Last word, not less than ``start_word``, same shape.
        label: Label of each span, 0 or more, same shape.
        score: Any numbers but NaN, higher is better, same shape.
        flat: See :func:`decode_spans`.
        multi_label: See :func:`decode_spans`.

    Returns:
        Indices of the kept spans, shape (kept,), in order of (start, end, label).
    """

def merge_windows(
    start_char: npt.NDArray[np.int64],
    end_char: npt.NDArray[np.int64],
    label: npt.NDArray[np.int32],
    score: npt.NDArray[np.float32],
    drop_nested: bool,
) -> npt.NDArray[np.int64]:
    """Merge the spans that overlapping windows found in one document.

    Of spans with the same start, end and label only the best stays, the first of equals. Spans
    that only cross each other stay both.

    Args:
        start_char: First code point of each span, 0 or more, shape (spans,).
        end_char: One past the last code point, not less than ``start_char``, same shape.
        label: Label of each span, 0 or more, same shape.
        score: Any numbers but NaN, higher is better, same shape.
        drop_nested: True drops every span strictly inside another one, of whatever label.

    Returns:
        Indices of the spans that stay, shape (kept,), in order of (start, end, label).
    """
