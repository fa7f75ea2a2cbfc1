"""Texts → spans with a model of this package."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gliner_fast.evaluation.types import LabelledSpan
from gliner_fast.model import GLiNER
from gliner_fast.types import (
    DEFAULT_CHUNK_LENGTH,
    DecodeOptions,
    DetectOptions,
    Entity,
    Spans,
    default_overlap,
)

__all__ = ["ModelPredictor", "ReadingOptions"]


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """How a model reads a text.

    Attributes:
        whole: One window for the whole text, as gliner's ``predict_entities`` reads it; else
            the endpoint's windows.
        flat: No overlapping entities. The endpoint's default is False.
        chunk_length, overlap: The endpoint's windows, in code points; None for its default.
    """

    whole: bool = False
    flat: bool = False
    chunk_length: int = DEFAULT_CHUNK_LENGTH
    overlap: int | None = None


class ModelPredictor:
    """A model of this package. One run of the model serves all thresholds.

    A higher threshold keeps a subset of the candidates of a lower one, and the greedy search
    takes them by score, so what it keeps of the subset is what it kept before: filtering the
    spans of the lowest threshold and merging windows again is exact.
    """

    def __init__(
        self, model: GLiNER, options: ReadingOptions | None = None, name: str | None = None
    ) -> None:
        self.labels: frozenset[str] | None = None
        self.note = ""
        self.name = name or model.engine.model_id
        self._model = model
        self._options = options or ReadingOptions()

    def predict(
        self, text: str, labels: Sequence[str], thresholds: Sequence[float]
    ) -> list[list[LabelledSpan]]:
        """Entities of one text for each of the thresholds, which ascend.

        Raises:
            InvalidInputError, InferenceError
        """
        engine = self._model.engine
        options = self._options
        decode = DecodeOptions(thresholds[0], options.flat)
        if options.whole:
            plan = engine.plan_whole(text, engine.prompt(labels), decode)
        else:
            overlap = options.overlap
            if overlap is None:
                overlap = default_overlap(options.chunk_length)
            plan = engine.plan(text, labels, DetectOptions(decode, options.chunk_length, overlap))
        spans = [engine.run([window])[0] for window in plan.windows]
        return [
            _labelled(engine.assemble(plan, [_above(s, threshold) for s in spans]))
            for threshold in thresholds
        ]


def _above(spans: Spans, threshold: float) -> Spans:
    keep = spans.score > threshold
    if keep.all():
        return spans
    return replace(
        spans,
        start_word=spans.start_word[keep],
        end_word=spans.end_word[keep],
        label=spans.label[keep],
        score=spans.score[keep],
    )


def _labelled(entities: Sequence[Entity]) -> list[LabelledSpan]:
    return [LabelledSpan(e["start"], e["end"], e["label"], e["score"]) for e in entities]
