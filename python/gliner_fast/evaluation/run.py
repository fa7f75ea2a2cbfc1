"""Examples and a predictor → a result."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gliner_fast.errors import InvalidInputError
from gliner_fast.evaluation.mapping import LabelMap, map_spans
from gliner_fast.evaluation.scores import Scores, score
from gliner_fast.evaluation.types import Example, LabelledSpan, Predictor
from gliner_fast.types import DEFAULT_THRESHOLD, check_threshold

__all__ = ["DEFAULT_SWEEP", "EvaluationOptions", "Latency", "Result", "evaluate", "on_labels"]

#: Thresholds of a sweep.
DEFAULT_SWEEP = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """What to measure.

    Attributes:
        labels: The prompt; None means the labels of the data, in alphabetical order.
        threshold: Of the main figures.
        sweep: Thresholds to try besides.
        prediction_map: New names for predicted labels, null to leave one out.
    """

    labels: tuple[str, ...] | None = None
    threshold: float = DEFAULT_THRESHOLD
    sweep: tuple[float, ...] = ()
    prediction_map: LabelMap = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Latency:
    """Time of one document after another, each alone, in milliseconds."""

    median: float
    p95: float
    documents_per_second: float
    characters_per_second: float


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured of one predictor.

    Attributes:
        scores: At the main threshold.
        sweep: At every threshold, the main one among them, ascending.
        groups: At the main threshold, by the examples' groups.
        predictions: At the main threshold, by example.
    """

    name: str
    note: str
    labels: tuple[str, ...]
    threshold: float
    scores: Scores
    sweep: tuple[tuple[float, Scores], ...]
    groups: dict[str, Scores]
    latency: Latency
    predictions: tuple[tuple[LabelledSpan, ...], ...]


def evaluate(
    predictor: Predictor,
    examples: Sequence[Example],
    options: EvaluationOptions | None = None,
    on_example: Callable[[], object] | None = None,
) -> Result:
    """Predict every example and score it.

    Args:
        on_example: Called after each example, for progress.

    Raises:
        InvalidInputError: If there is no example or no label, or a threshold is off.
    """
    options = options or EvaluationOptions()
    labels = options.labels
    if labels is None:
        labels = tuple(sorted({e.label for example in examples for e in example.entities}))
    if not examples or not labels:
        raise InvalidInputError("data", "examples with labels, or labels given", "none")
    thresholds = sorted({options.threshold, *options.sweep})
    for threshold in thresholds:
        check_threshold("threshold", threshold)
    found: dict[float, list[list[LabelledSpan]]] = {t: [] for t in thresholds}
    times = []
    for example in examples:
        begin = time.perf_counter()
        by_threshold = predictor.predict(example.text, labels, thresholds)
        times.append(time.perf_counter() - begin)
        for threshold, spans in zip(thresholds, by_threshold, strict=True):
            found[threshold].append(map_spans(spans, options.prediction_map))
        if on_example:
            on_example()
    gold = [example.entities for example in examples]
    every = {t: score(gold, found[t]) for t in thresholds}
    main = found[options.threshold]
    return Result(
        name=predictor.name,
        note=predictor.note,
        labels=labels,
        threshold=options.threshold,
        scores=every[options.threshold],
        sweep=tuple(every.items()) if options.sweep else (),
        groups=_by_group(examples, main),
        latency=_latency(times, sum(len(example.text) for example in examples)),
        predictions=tuple(tuple(spans) for spans in main),
    )


def _by_group(
    examples: Sequence[Example], found: Sequence[Sequence[LabelledSpan]]
) -> dict[str, Scores]:
    groups = sorted({example.group for example in examples})
    if len(groups) < 2:
        return {}
    result = {}
    for group in groups:
        rows = [i for i, example in enumerate(examples) if example.group == group]
        result[group] = score([examples[i].entities for i in rows], [found[i] for i in rows])
    return result


def _latency(times: Sequence[float], characters: int) -> Latency:
    ordered = sorted(times)
    total = sum(ordered) or 1e-9
    return Latency(
        median=ordered[len(ordered) // 2] * 1e3,
        p95=ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))] * 1e3,
        documents_per_second=len(ordered) / total,
        characters_per_second=characters / total,
    )


def on_labels(result: Result, examples: Sequence[Example], labels: frozenset[str]) -> Scores:
    """Scores of a result over some labels alone, to compare with a peer that knows only them."""
    gold = [[e for e in example.entities if e.label in labels] for example in examples]
    found = [[s for s in spans if s.label in labels] for spans in result.predictions]
    return score(gold, found)
