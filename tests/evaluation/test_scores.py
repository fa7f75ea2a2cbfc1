"""Counts and figures, against slow oracles and nervaluate."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gliner_fast.evaluation.scores import MISSED, SPURIOUS, Counts, score
from gliner_fast.evaluation.types import LabelledSpan

LABELS = ("a", "b")


def _s(start: int, end: int, label: str = "a") -> LabelledSpan:
    return LabelledSpan(start, end, label)


@st.composite
def _texts(draw: st.DrawFn, apart: bool = False) -> list[LabelledSpan]:
    borders = sorted(draw(st.sets(st.integers(0, 24), max_size=8)))
    if apart:
        pairs = list(zip(borders[::2], borders[1::2], strict=False))
    else:
        pairs = draw(
            st.lists(st.sampled_from(list(itertools.combinations(range(8), 2))), max_size=5)
        )
    return [_s(a, b, draw(st.sampled_from(LABELS))) for a, b in pairs]


def test_figures() -> None:
    figures = Counts(correct=3, predicted=4, gold=6).figures()
    assert (figures.precision, figures.recall) == (0.75, 0.5)
    assert figures.f1 == pytest.approx(0.6)
    assert figures.f2 == pytest.approx(5 * 0.75 * 0.5 / (4 * 0.75 + 0.5))


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        (Counts(0, 0, 0), (1.0, 1.0, 1.0)),
        (Counts(0, 0, 2), (0.0, 0.0, 0.0)),
        (Counts(0, 2, 0), (0.0, 0.0, 0.0)),
        (Counts(2, 2, 2), (1.0, 1.0, 1.0)),
    ],
)
def test_nothing_found_and_nothing_there(counts: Counts, expected: tuple[float, ...]) -> None:
    figures = counts.figures()
    assert (figures.precision, figures.recall, figures.f1) == expected


def test_strict_relaxed_and_confusion() -> None:
    gold = [[_s(0, 4), _s(10, 14), _s(20, 24, "b")], []]
    found = [[_s(0, 4), _s(10, 13), _s(20, 24), _s(30, 31)], [_s(1, 2, "b")]]
    scores = score(gold, found)
    assert (scores.strict["a"].correct, scores.strict["a"].predicted, scores.strict["a"].gold) == (
        1,
        4,
        2,
    )
    assert scores.relaxed["a"].correct == 2
    assert scores.strict["b"].correct == scores.relaxed["b"].correct == 0
    assert dict(scores.confusion) == {
        ("a", "a"): 2, ("b", "a"): 1, (SPURIOUS, "a"): 1, (SPURIOUS, "b"): 1,
    }  # fmt: skip
    assert (scores.documents, scores.clean, scores.alarmed) == (2, 1, 1)
    assert scores.false_alarm_rate == 1.0
    assert score([[_s(0, 1)]], [[]]).confusion == {("a", MISSED): 1}
    assert score([[_s(0, 1)]], [[]]).false_alarm_rate is None


def test_macro_is_the_mean_over_labels_that_occur() -> None:
    scores = score([[_s(0, 1), _s(2, 3, "b")]], [[_s(0, 1), _s(5, 6, "c")]])
    assert scores.macro().f1 == pytest.approx(0.5)
    assert scores.micro().f1 == pytest.approx(0.5)


def test_an_exact_match_is_never_taken_by_another() -> None:
    gold = [[_s(0, 10), _s(0, 4)]]
    found = [[_s(0, 4, "b"), _s(0, 10), _s(0, 4)]]
    scores = score(gold, found)
    assert scores.relaxed["a"].correct == scores.strict["a"].correct == 2
    assert scores.confusion["a", "a"] == 2


def test_texts_must_be_as_many() -> None:
    with pytest.raises(ValueError, match="zip"):
        score([[]], [[], []])


@given(_texts(), _texts())
def test_strict_is_the_intersection(gold: list[LabelledSpan], found: list[LabelledSpan]) -> None:
    scores = score([gold], [found])
    for label in LABELS:
        a = {s for s in gold if s.label == label}
        b = {s for s in found if s.label == label}
        counts = scores.strict.get(label, Counts())
        assert (counts.correct, counts.predicted, counts.gold) == (len(a & b), len(b), len(a))


@settings(max_examples=60)
@given(_texts(), _texts())
def test_relaxed_is_at_least_strict_and_at_most_the_best_matching(
    gold: list[LabelledSpan], found: list[LabelledSpan]
) -> None:
    scores = score([gold], [found])
    for label in LABELS:
        a = sorted({s for s in gold if s.label == label})
        b = sorted({s for s in found if s.label == label})
        counts = scores.relaxed.get(label, Counts())
        assert scores.strict.get(label, Counts()).correct <= counts.correct <= _matching(a, b)
        # Greedy search never leaves half of the best matching.
        assert 2 * counts.correct >= _matching(a, b)
    total = sum(n for (g, _), n in scores.confusion.items() if g != SPURIOUS)
    assert total == len(set(gold))


def _matching(a: list[LabelledSpan], b: list[LabelledSpan]) -> int:
    """Size of the largest matching of overlapping spans, by trying."""
    if not a:
        return 0
    best = _matching(a[1:], b)
    for index, other in enumerate(b):
        if other.start < a[0].end and a[0].start < other.end:
            best = max(best, 1 + _matching(a[1:], b[:index] + b[index + 1 :]))
    return best


@settings(max_examples=60)
@given(st.lists(st.tuples(_texts(apart=True), _texts(apart=True)), min_size=1, max_size=3))
def test_nervaluate_agrees(texts: list[tuple[list[LabelledSpan], list[LabelledSpan]]]) -> None:
    nervaluate = pytest.importorskip("nervaluate", reason="the oracle needs nervaluate")
    gold = [g for g, _ in texts]
    found = [f for _, f in texts]
    if not any(gold) and not any(found):
        return

    def plain(spans: list[LabelledSpan]) -> list[dict[str, object]]:
        # Its ends are inclusive.
        return [{"label": s.label, "start": s.start, "end": s.end - 1} for s in spans]

    result = nervaluate.Evaluator(
        [plain(g) for g in gold], [plain(f) for f in found], tags=list(LABELS), loader="dict"
    ).evaluate()
    scores = score(gold, found)
    strict = result["overall"]["strict"]
    correct = sum(c.correct for c in scores.strict.values())
    assert strict.correct == correct
    assert strict.correct + strict.incorrect + strict.spurious == sum(map(len, found))
    assert strict.correct + strict.incorrect + strict.missed == sum(map(len, gold))
    for label, by_strategy in result["entities"].items():
        assert by_strategy["strict"].correct == scores.strict[label].correct
