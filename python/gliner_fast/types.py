"""The nouns that the stages hand to one another. No behaviour beyond validation.

Text positions are Unicode code points, end exclusive. Word indices are inclusive at both ends.
Token positions count from the start of the encoded window, the prompt included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np
import numpy.typing as npt

from gliner_fast.errors import InvalidInputError, describe, describe_parameter

__all__ = [
    "DEFAULT_CHUNK_LENGTH",
    "DEFAULT_OVERLAP",
    "DEFAULT_THRESHOLD",
    "DecodeOptions",
    "DetectOptions",
    "EncodedWindow",
    "Entity",
    "Int32Array",
    "Plan",
    "Prompt",
    "Spans",
    "check_labels",
    "check_threshold",
    "default_overlap",
]

DEFAULT_THRESHOLD = 0.3
DEFAULT_CHUNK_LENGTH = 384
DEFAULT_OVERLAP = 128

Int32Array = npt.NDArray[np.int32]


class _EntityRequired(TypedDict):
    start: int
    end: int
    text: str
    label: str
    score: float


class Entity(_EntityRequired, total=False):
    """One detected entity; ``text == original[start:end]``, offsets in code points.

    ``class_probs`` maps the five best labels of the span to their probabilities. It is there
    only when asked for.
    """

    class_probs: dict[str, float]


@dataclass(frozen=True, slots=True)
class DecodeOptions:
    """How one window's logits become spans.

    Attributes:
        threshold: A span is a candidate where ``sigmoid(logit) > threshold``; in [0, 1].
        flat_ner: True keeps spans that share no word; False also keeps nested ones.
        multi_label: True lets one span carry several labels.
        thresholds: Per-label thresholds in place of ``threshold``, by label.
        class_probs: Also return the best labels of every span.
    """

    threshold: float = DEFAULT_THRESHOLD
    flat_ner: bool = False
    multi_label: bool = False
    thresholds: Mapping[str, float] = field(default_factory=dict)
    class_probs: bool = False

    def __post_init__(self) -> None:
        check_threshold("threshold", self.threshold)
        for value in self.thresholds.values():
            check_threshold("thresholds", value)


@dataclass(frozen=True, slots=True)
class DetectOptions:
    """The endpoint's parameters, with the reference server's defaults.

    Attributes:
        decode: See :class:`DecodeOptions`.
        chunk_length: Window length in code points, at least 1.
        overlap: Code points that neighbouring windows share; 0 <= overlap < chunk_length. None
            becomes :func:`default_overlap`.
    """

    decode: DecodeOptions = field(default_factory=DecodeOptions)
    chunk_length: int = DEFAULT_CHUNK_LENGTH
    overlap: int = None  # type: ignore[assignment]  # an int after __post_init__

    def __post_init__(self) -> None:
        _check_whole("chunk_length", self.chunk_length, 1)
        if self.overlap is None:
            object.__setattr__(self, "overlap", default_overlap(self.chunk_length))
        _check_whole("overlap", self.overlap, 0)
        if self.overlap >= self.chunk_length:
            raise InvalidInputError(
                "overlap", f"less than chunk_length ({self.chunk_length})", str(self.overlap)
            )


@dataclass(frozen=True, slots=True)
class Prompt:
    """The labels of a request as token ids: prefix, marked labels, separator.

    Attributes:
        labels: Distinct labels in the caller's order; a label's index is its class.
        token_ids: ``[CLS] <<ENT>> label ... <<SEP>>``, shape (tokens,).
        label_tokens: Position of each label's marker in ``token_ids``, shape (labels,).
    """

    labels: tuple[str, ...]
    token_ids: Int32Array
    label_tokens: Int32Array


@dataclass(frozen=True, slots=True)
class EncodedWindow:
    """One row of a batch: a prompt and a run of words of one text.

    Attributes:
        prompt: Shared by all windows of a request.
        decode: How this row's logits become spans.
        token_ids: The words' token ids and the closing special token, shape (tokens,).
        word_starts: First token of each word, counted from the prompt's first token; -1 where
            a word has no token. Shape (words,).
        word_ends: One past the last token of each word, same shape and origin.
        char_starts: First code point of each word in the whole text, shape (words,).
        char_ends: One past the last code point, shape (words,).
        chunk: Index of the character window that this row belongs to. A character window of
            too many words is spread over several rows of the same chunk.
        first_word: Index, within the chunk, of this row's first word.
    """

    prompt: Prompt
    decode: DecodeOptions
    token_ids: Int32Array
    word_starts: Int32Array
    word_ends: Int32Array
    char_starts: npt.NDArray[np.int64]
    char_ends: npt.NDArray[np.int64]
    chunk: int
    first_word: int

    @property
    def tokens(self) -> int:
        """Tokens of this row, prompt included: the unit of token budgets."""
        return len(self.prompt.token_ids) + len(self.token_ids)

    @property
    def words(self) -> int:
        """Words of this row."""
        return len(self.word_starts)


@dataclass(frozen=True, slots=True)
class Spans:
    """What the decoder kept of one row. Arrays share the shape (spans,).

    Attributes:
        start_word, end_word: Inclusive word indices within the row.
        label: Index into ``prompt.labels``.
        score: Probability in [0, 1].
        class_probs: Per span, the five best labels; None unless asked for.
    """

    start_word: Int32Array
    end_word: Int32Array
    label: Int32Array
    score: npt.NDArray[np.float32]
    class_probs: list[dict[str, float]] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A text cut and encoded, ready to be batched with any other.

    Attributes:
        text: The caller's text, unchanged.
        prompt: The request's labels.
        options: The request's parameters.
        windows: The rows to run. Windows without a word are left out.
        drop_nested: Whether spans inside another are dropped when windows are merged.
        chunks: Number of character windows, empty ones included.
    """

    text: str
    prompt: Prompt
    options: DetectOptions
    windows: Sequence[EncodedWindow]
    drop_nested: bool
    chunks: int

    @property
    def tokens(self) -> int:
        """Tokens of all rows, the repeated prompt included."""
        return sum(window.tokens for window in self.windows)


def default_overlap(chunk_length: int) -> int:
    """The overlap of windows for which none was named: 128, a third of a shorter window."""
    return min(DEFAULT_OVERLAP, chunk_length // 3)


def _check_whole(name: str, value: object, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise InvalidInputError(name, f"a whole number >= {least}", describe_parameter(value))


def check_threshold(name: str, value: object) -> None:
    """Refuse anything but a number in [0, 1].

    Raises:
        InvalidInputError: Naming the field.
    """
    number = isinstance(value, (int, float, np.floating)) and not isinstance(value, bool)
    if not number or not 0 <= value <= 1:  # type: ignore[operator]
        raise InvalidInputError(name, "a number in [0, 1]", describe_parameter(value))


def check_labels(labels: object) -> tuple[str, ...]:
    """The distinct labels in the caller's order.

    Raises:
        InvalidInputError: If ``labels`` is not a sequence of strings (a bare string is not).
    """
    if isinstance(labels, (str, bytes)) or not isinstance(labels, Sequence):
        raise InvalidInputError("labels", "a list of strings", describe(labels))
    for index, label in enumerate(labels):
        if not isinstance(label, str):
            raise InvalidInputError(f"labels[{index}]", "a string", describe(label))
    return tuple(dict.fromkeys(labels))
