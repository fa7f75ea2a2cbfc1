"""The engine answers any text and any labels, and a result depends on nothing but its request."""

from __future__ import annotations

import itertools
import random
import re
import threading
import time
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gliner_fast.encoding import TokenLimits
from gliner_fast.engine import BatchLimits, Engine, EngineOptions
from gliner_fast.errors import InvalidInputError
from gliner_fast.model_source import DEFAULT_MODEL, find_model
from gliner_fast.types import DecodeOptions, DetectOptions, Entity, Plan
from samples import assert_slices, assert_within, key

LABELS = ["first_name", "last_name", "email", "phone_number", "city", "date"]
MAIL = "leslie38@example.com"
SENTENCE = f"Please call me at 809-605-8421 or write to {MAIL}."
DOCUMENT = (
    "Lara Group hired Crystal as an engineer in South Kevinland, Mauritania.\n"
    f"{SENTENCE}\nPayment by card was declined on July 03, 2024."
)
BATCH_TOLERANCE = 1e-5
WIDE = DetectOptions(DecodeOptions(0.3), chunk_length=10**8, overlap=0)

TEXT = st.lists(  # st.text() makes no surrogates
    st.one_of(
        st.sampled_from(
            ["a", "B", "\0", "7", " ", "\n", "@", ".", "-", "<", ">", "\u0301", "\u200d"]
        ),
        st.characters(),
        st.sampled_from("\ud800\udfff"),
    ),
    max_size=60,
).map("".join)
WORDS = st.lists(st.sampled_from([*SENTENCE.split(), DOCUMENT, "Crystal", "2024"]), max_size=12)
OPTIONS = st.builds(
    DetectOptions,
    st.builds(
        DecodeOptions,
        st.sampled_from([0.0, 0.05, 0.3, 0.9]),
        flat_ner=st.booleans(),
        multi_label=st.booleans(),
        class_probs=st.booleans(),
    ),
    st.integers(20, 90),
    st.integers(0, 19),
)
REQUEST = st.tuples(
    st.one_of(TEXT, WORDS.map(" ".join)),
    st.lists(st.sampled_from([*LABELS, "", "<<ENT>>", "a rather long label"]), max_size=4),
    OPTIONS,
)
quick = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _same(ours: Sequence[Entity], theirs: Sequence[Entity]) -> None:
    assert_within(ours, theirs, BATCH_TOLERANCE)


def _assert_all_words_are_read(plan: Plan, text: str) -> None:
    starts = {int(start) for row in plan.windows for start in row.char_starts}
    assert starts == {m.start() for m in re.finditer(r"\w+(?:[-_]\w+)*|\S", text)}


def _mails(entities: Sequence[Entity]) -> set[tuple[str, int]]:
    return {(e["text"], e["start"]) for e in entities if e["label"] == "email"}


@quick
@given(requests=st.lists(REQUEST, min_size=1, max_size=5), seed=st.integers(0, 99))
def test_requests_in_one_batch_equal_requests_alone(
    engine: Engine, requests: list[tuple[str, list[str], DetectOptions]], seed: int
) -> None:
    """Texts, prompts, thresholds and modes of all requests are mixed, in any order."""
    # A score that is right at the threshold may fall on either side of it.
    alone = [engine.detect(*request) for request in requests]
    order = list(range(len(requests)))
    random.Random(seed).shuffle(order)
    plans = [engine.plan(*requests[i]) for i in order]
    for index, found in zip(order, engine.run_plans(plans), strict=True):
        assert_slices(requests[index][0], found)
        _same(found, alone[index])


@quick
@given(text=st.one_of(TEXT, WORDS.map(" ".join)), options=OPTIONS)
def test_offsets_always_slice(engine: Engine, text: str, options: DetectOptions) -> None:
    found = engine.detect(text, LABELS, options)
    assert_slices(text, found)
    for entity in found:
        assert entity["label"] in LABELS
        assert entity["score"] > options.decode.threshold


def test_one_batch_mixes_prompts_of_different_length(engine: Engine) -> None:
    labels = [["email"], LABELS, LABELS[::-1], [*LABELS, *map(str, range(40))], []]
    options = [DetectOptions(DecodeOptions(t, f)) for t in (0.2, 0.7) for f in (True, False)]
    requests = [(DOCUMENT, each, option) for each in labels for option in options]
    rows = [row for request in requests for row in engine.plan(*request).windows]
    assert len({id(row.prompt) for row in rows}) == 4
    together = engine.run_plans([engine.plan(*request) for request in requests])
    for request, found in zip(requests, together, strict=True):
        _same(found, engine.detect(*request))


def test_the_order_of_labels_binds_no_score_to_another_label(engine: Engine) -> None:
    """A prompt is a sequence, so scores move a little with its order; what is found does not."""
    expected = engine.detect(DOCUMENT, LABELS)
    assert {e["label"] for e in expected} >= {"email", "phone_number", "date"}
    for seed in range(4):
        shuffled = random.Random(seed).sample(LABELS, len(LABELS))
        found = engine.detect(DOCUMENT, shuffled)
        assert [key(e) for e in found] == [key(e) for e in expected]
    assert engine.detect(DOCUMENT, [*LABELS, *LABELS]) == expected


STRANGE = {
    "markers": "<<ENT>> email <<SEP>> {} <<SEP>><<ENT>>[CLS][SEP][PAD]",
    "NULs": "\0\0 {} \0",
    "lone surrogates": "\ud800 \udfff {} \udc00\ud800",
    "combining marks": "e\u0301\u0301\u0301 {} \u0301",
    "right to left": "\u0627\u0643\u062a\u0628 \u0625\u0644\u0649 {} \u05e9\u05dc\u05d5\u05dd",
    "emoji of several code points": "\U0001f468\u200d\U0001f469 {} \U0001f1e9\U0001f1ea",
    "zero-width characters": "\u200b\u200c\ufeff {} \u2060",
    "line and paragraph separators": "one\u2028 {} \u2029two\x85",
    "wide spaces": "\u3000\u2003 {} \u00a0",
    "tabs and returns": "\t\r\n {} \r\n\r\n\t",
    "private and unassigned": "\ue000\U0010ffff {} \U000e0001\ufffe",
    "nothing else": "{}",
}


@pytest.mark.parametrize("name", STRANGE)
def test_strange_surroundings(engine: Engine, name: str) -> None:
    text = STRANGE[name].format(f"Please write to {MAIL} soon.")
    for options in (DetectOptions(), DetectOptions(DecodeOptions(0.05, True, True))):
        found = engine.detect(text, LABELS, options)
        assert_slices(text, found)
        assert (MAIL, text.index(MAIL)) in _mails(found)


@pytest.mark.parametrize("text", ["", " ", "\n\t\u2028", "\u00a0" * 5000])
def test_texts_without_a_word(engine: Engine, text: str) -> None:
    assert engine.detect(text, LABELS) == []


@pytest.mark.parametrize("word", ["a", "\u0301", "\ud800", "\0", "\U0001f600", "\u200b", "_"])
def test_texts_of_one_character(engine: Engine, word: str) -> None:
    for text in (word, word * 3):
        found = engine.detect(text, LABELS, DetectOptions(DecodeOptions(0.0)))
        assert_slices(text, found)
        assert found


def test_a_lone_surrogate_is_read_as_the_replacement_character(engine: Engine) -> None:
    broken, whole = (f"{c} {SENTENCE}{c}" for c in ("\ud83d", "\ufffd"))
    ours, theirs = (engine.detect(text, LABELS) for text in (broken, whole))
    assert [e["score"] for e in ours] == [e["score"] for e in theirs] != []


@pytest.mark.parametrize("flat", [True, False])
def test_every_word_of_a_long_window_is_read(engine: Engine, flat: bool) -> None:
    """A window of more than 384 words is cut again; an address at any place is still found."""
    sentence = "The committee met again and nothing was decided about the roof . "
    words = (sentence * 80).split()[:1000]
    places = [0, 335, 340, 375, 380, 383, 390, 720, 994]
    for place in places:
        text = " ".join([*words[:place], f"Please write to {MAIL} soon.", *words[place:]])
        plan = engine.plan(text, LABELS, DetectOptions(DecodeOptions(0.3, flat), 10**6, 0))
        covered = [range(w.first_word, w.first_word + w.words) for w in plan.windows]
        assert len(covered) > 2
        assert set().union(*covered) == set(range(max(covered[-1]) + 1))
        found = engine.run_plans([plan])[0]
        assert_slices(text, found)
        assert (MAIL, text.index(MAIL)) in _mails(found)
        if flat:
            ends = [e["end"] for e in found]
            assert all(e["start"] >= end for e, end in zip(found[1:], ends, strict=False))


def test_flat_results_of_a_cut_window_do_not_overlap(engine: Engine) -> None:
    text = (DOCUMENT + "\n") * 40
    plan = engine.plan(text, LABELS, DetectOptions(DecodeOptions(0.01, True), 10**6, 0))
    assert len(plan.windows) > 2
    found = engine.run_plans([plan])[0]
    assert len(found) > 150
    assert all(a["end"] <= b["start"] for a, b in itertools.pairwise(found))
    assert len(_mails(found)) == 40


def test_a_limit_on_tokens_drops_no_text() -> None:
    """With room for few tokens in a row, windows are cut again, and words are still all read."""
    options = EngineOptions(tokens=TokenLimits(prompt=60, row=110))
    small = Engine(find_model(), options)
    text = " ".join([DOCUMENT] * 3)
    plan = small.plan(text, LABELS, WIDE)
    assert len(plan.windows) >= 3
    assert all(row.tokens <= 110 for row in plan.windows)
    _assert_all_words_are_read(plan, text)
    assert len(_mails(small.run_plans([plan])[0])) == 3


def test_batches_keep_their_limits(model_batches: tuple[Engine, list[int]]) -> None:
    engine, sizes = model_batches
    text = (DOCUMENT + "\n") * 20
    found = engine.detect(text, LABELS, DetectOptions(DecodeOptions(0.3), 100, 20))
    assert len(_mails(found)) == 20
    assert max(sizes) <= 4
    assert sum(sizes) == len(
        engine.plan(text, LABELS, DetectOptions(DecodeOptions(), 100, 20)).windows
    )


@pytest.fixture
def model_batches(monkeypatch: pytest.MonkeyPatch) -> tuple[Engine, list[int]]:
    """An engine of small batches, and the number of rows of each batch that it ran."""
    engine = Engine(find_model(), EngineOptions(batch=BatchLimits(tokens=1000, rows=4)))
    sizes: list[int] = []
    run = engine.run
    monkeypatch.setattr(engine, "run", lambda rows: sizes.append(len(rows)) or run(rows))
    return engine, sizes


@pytest.mark.parametrize("flat", [True, False])
def test_the_ends_of_the_threshold(engine: Engine, flat: bool) -> None:
    def count(threshold: float) -> int:
        options = DetectOptions(DecodeOptions(threshold, flat))
        return len(engine.detect(DOCUMENT, LABELS, options))

    # Nested results may be fewer: spans within others are dropped.
    assert count(0.0) > (count(0.3) if flat else 0) >= count(1.0) == 0


def test_thresholds_by_label(engine: Engine) -> None:
    base = engine.detect(DOCUMENT, LABELS, DetectOptions(DecodeOptions(0.3)))
    strict = DecodeOptions(0.3, thresholds={"email": 1.0, "not asked for": 0.0})
    found = engine.detect(DOCUMENT, LABELS, DetectOptions(strict))
    assert [key(e) for e in found] == [key(e) for e in base if e["label"] != "email"]
    only = DecodeOptions(1.0, thresholds={"email": 0.3})
    assert _mails(engine.detect(DOCUMENT, LABELS, DetectOptions(only))) == _mails(base) != set()


def test_multi_label_gives_a_span_several_labels(engine: Engine) -> None:
    labels = ["first_name", "last_name", "user_name"]
    one, several = (
        engine.detect(DOCUMENT, labels, DetectOptions(DecodeOptions(0.0, multi_label=many)))
        for many in (False, True)
    )
    spans = [(e["start"], e["end"]) for e in one]
    assert len(spans) == len(set(spans))
    spans = [(e["start"], e["end"]) for e in several]
    assert len(spans) > len(set(spans))


def test_class_probs_are_the_best_labels_of_the_span(engine: Engine) -> None:
    options = DetectOptions(DecodeOptions(0.3, class_probs=True))
    labels = [*LABELS, "state", "country"]
    for entity in engine.detect(DOCUMENT, labels, options):
        probs = entity["class_probs"]
        assert len(probs) == 5
        assert list(probs.values()) == sorted(probs.values(), reverse=True)
        assert probs[entity["label"]] == pytest.approx(entity["score"], abs=1e-6)
    few = engine.detect(DOCUMENT, ["email"], options)
    assert [list(e["class_probs"]) for e in few] == [["email"]]


def test_a_thousand_labels(engine: Engine) -> None:
    labels = [*LABELS, *(f"k{i}" for i in range(994))]
    found = engine.detect(f"Write to {MAIL} today", labels)
    assert_slices(f"Write to {MAIL} today", found)
    assert {e["label"] for e in found} <= set(labels)


ODD_LABELS = [" ", "\0", "\ud800", "<<ENT>>", "<<SEP>>", "x<<SEP>>y", "[CLS]", "\U0001f600"]


@pytest.mark.parametrize("odd", ODD_LABELS)
def test_odd_labels_shift_no_other(engine: Engine, odd: str) -> None:
    """In the reference a label that holds a marker gives its neighbours' scores to others."""
    for labels in ([odd, "email"], ["email", odd], [odd, "email", odd + odd + "x"]):
        found = engine.detect(SENTENCE, labels)
        assert_slices(SENTENCE, found)
        assert (MAIL, SENTENCE.index(MAIL)) in _mails(found)


def test_an_empty_label_is_a_marker_alone(engine: Engine) -> None:
    """As in gliner. What the model makes of it is its own affair, but it is a label like any."""
    options = DetectOptions(DecodeOptions(0.0, multi_label=True))
    found = engine.detect("Paris", ["", "city"], options)
    assert [e["label"] for e in found] == ["", "city"]
    assert_slices("Paris", found)


@pytest.mark.parametrize(
    "labels",
    [["x" * 1_000_000], ["word " * 7000], ["a"] + [str(i) for i in range(6200)], ["q1z7" * 3000]],
    ids=["one of a megabyte", "one of many words", "too many", "one of many tokens"],
)
def test_labels_beyond_the_limit_are_the_callers_error(engine: Engine, labels: list[str]) -> None:
    started = time.perf_counter()
    with pytest.raises(InvalidInputError, match=r"^labels: expected at most 6144 tokens") as caught:
        engine.detect(SENTENCE, labels)
    assert len(str(caught.value)) < 200
    assert labels[0][:8] not in str(caught.value) or len(labels[0]) == 1
    assert time.perf_counter() - started < 5


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("email", "labels: expected a list of strings, got a str of 5 characters"),
        (b"email", "labels: expected a list of strings, got a bytes of 5 items"),
        (None, "labels: expected a list of strings, got None"),
        ({"email"}, "labels: expected a list of strings, got a set of 1 items"),
        (["email", 7], r"labels\[1\]: expected a string, got a number"),
        (["email", None], r"labels\[1\]: expected a string, got None"),
    ],
)
def test_wrong_labels(engine: Engine, labels: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        engine.detect(SENTENCE, labels)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", [None, 7, b"secret", ["secret"]])
def test_wrong_texts_are_not_quoted(engine: Engine, text: object) -> None:
    with pytest.raises(InvalidInputError, match=r"^text: expected a string, got ") as caught:
        engine.detect(text, LABELS)  # type: ignore[arg-type]
    assert "secret" not in str(caught.value)


def test_ten_megabytes_of_text(engine: Engine) -> None:
    """Mostly white space, so that the pass is about size and not about the model."""
    gap = " " * 100_000 + "\n" * 4_850
    text = gap.join(f"Please write to mail{i}@example.com." for i in range(100))
    assert len(text) > 10_000_000
    found = engine.detect(text, LABELS, DetectOptions(DecodeOptions(0.3)))
    assert_slices(text, found)
    assert len(_mails(found)) >= 95
    assert max(e["start"] for e in found) > 9_900_000


@pytest.mark.parametrize("character", ["x", "\u4e00", "1"])
def test_a_word_of_ten_megabytes(engine: Engine, character: str) -> None:
    text = f"{character * 10_000_000} or {SENTENCE}"
    plan = engine.plan(text, LABELS, WIDE)
    _assert_all_words_are_read(plan, text)
    assert_slices(text, engine.run_plans([plan])[0])


def test_thousands_of_words_without_a_letter(engine: Engine) -> None:
    """Combining marks alone: every code point is a word."""
    text = "\u0301" * 2000 + " " + SENTENCE
    plan = engine.plan(text, ["email"], DetectOptions(DecodeOptions(0.0), 10**6, 0))
    _assert_all_words_are_read(plan, text)
    found = engine.run_plans([plan])[0]
    assert_slices(text, found)
    assert max(e["end"] for e in found) >= text.index(MAIL) + len(MAIL)


def test_threads_get_the_results_of_one(engine: Engine) -> None:
    requests = [
        (DOCUMENT * (1 + i % 3), LABELS[: 2 + i % 5], DetectOptions(DecodeOptions(0.1, i % 2 == 0)))
        for i in range(16)
    ]
    expected = [engine.detect(*request) for request in requests]
    failures: list[BaseException] = []
    start = threading.Barrier(8)

    def work(seed: int) -> None:
        order = random.Random(seed).sample(range(len(requests)), len(requests))
        try:
            start.wait()
            for index in order:
                _same(engine.detect(*requests[index]), expected[index])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_an_engine_says_what_it_is(engine: Engine) -> None:
    assert (engine.model_id, engine.precision, engine.device) == (DEFAULT_MODEL, "int8", "cpu")
    assert engine.threads >= 1
    assert engine.config.max_len == 384
    engine.warmup()
