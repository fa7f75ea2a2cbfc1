"""Small parts alone: answers, labels, logs, the error table, the leak search itself."""

from __future__ import annotations

import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server_watch import PII_NAME, Watch

from gliner_fast import errors as package_errors
from gliner_fast.server import failures
from gliner_fast.server.answers import tagged_text, without_overlaps
from gliner_fast.server.errors import STATUSES, problem_of
from gliner_fast.server.labels import LabelMap, check_aliases
from gliner_fast.server.logs import ConsoleFormatter, JsonFormatter, describe_exception
from gliner_fast.types import Entity

SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 8), st.sampled_from([0.1, 0.5, 0.5, 0.9])),
    max_size=15,
)
LINE = "abcdefghijklmnopqrstuvwxyz" * 2


def entity(start: int, length: int, score: float = 0.5, label: str = "x") -> Entity:
    end = start + length
    return {"start": start, "end": end, "text": LINE[start:end], "label": label, "score": score}


@given(SPANS)
def test_without_overlaps_is_the_slow_greedy(spans: list[tuple[int, int, float]]) -> None:
    found = [entity(*span) for span in spans]
    kept: list[Entity] = []
    for each in sorted(found, key=lambda e: (-e["score"], e["start"], -e["end"])):
        if all(each["end"] <= k["start"] or k["end"] <= each["start"] for k in kept):
            kept.append(each)
    assert without_overlaps(found) == sorted(kept, key=lambda e: e["start"])


@given(SPANS)
def test_tags_can_be_taken_out_again(spans: list[tuple[int, int, float]]) -> None:
    kept = without_overlaps([entity(*span) for span in spans])
    tagged = tagged_text(LINE, kept)
    assert tagged.replace("[", "").replace("](x)", "") == LINE


def test_labels_come_back_as_the_caller_wrote_them() -> None:
    labels = LabelMap.of(["b", "zip", "a", "b"], {"zip": "postcode"})
    assert labels.asked == ("b", "postcode", "a")
    found = labels.restore([entity(0, 1, label="a"), entity(0, 1, label="postcode")])
    assert [e["label"] for e in found] == ["a", "zip"]
    renamed = LabelMap.of(["z"], {"z": "a"}).restore([entity(0, 1, label="a")])
    assert [e["label"] for e in renamed] == ["z"]


@pytest.mark.parametrize("aliases", [{"a": "a"}, {"a": "b", "b": "c"}, {"a": "b", "b": "a"}])
def test_aliases_of_aliases_are_refused(aliases: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="alias"):
        check_aliases(aliases)


def test_logs_do_not_quote_foreign_messages() -> None:
    try:
        try:
            {}[PII_NAME]  # type: ignore[index]
        except KeyError as error:
            raise package_errors.InferenceError("the batch failed") from error
    except package_errors.InferenceError as error:
        described = describe_exception(error)
        record = logging.LogRecord("x", 40, "f", 1, "it failed", (), (type(error), error, None))
    assert "InferenceError: the batch failed" in described
    assert "KeyError" in described
    assert "test_parts.py" in described
    for formatter in (JsonFormatter(), ConsoleFormatter()):
        line = formatter.format(record)
        assert PII_NAME not in line
        assert "KeyError" in line


def test_json_lines_are_json() -> None:
    record = logging.LogRecord("x", 20, "f", 1, "a\nb %s", ("c",), None)
    record.fields = {"n": 1}
    entry = json.loads(JsonFormatter().format(record))
    assert (entry["event"], entry["level"], entry["n"]) == ("a\nb c", "info", 1)
    assert "\n" not in ConsoleFormatter().format(record)


def test_every_error_has_a_row_in_the_table() -> None:
    classes = [getattr(package_errors, name) for name in package_errors.__all__]
    classes += [getattr(failures, name) for name in failures.__all__]
    rows = {row[0]: row[1:] for row in STATUSES}
    assert len(rows) == len(STATUSES)
    for cls in classes:
        if not isinstance(cls, type):
            continue
        first = next(row for row in STATUSES if issubclass(cls, row[0]))
        assert 400 <= first[1] < 600
    assert rows[package_errors.InvalidInputError][0] == 422
    assert rows[failures.Overloaded][0] == 429
    assert rows[failures.EngineUnavailable][0] == 503
    assert rows[failures.DeadlineExceeded][0] == 504


def test_foreign_errors_are_not_quoted() -> None:
    for error in (RuntimeError(PII_NAME), ValueError(PII_NAME), MemoryError(PII_NAME)):
        assert PII_NAME not in problem_of(error).message
    assert problem_of(MemoryError()).status == 503


def test_the_search_for_leaks_finds_them() -> None:
    watch = Watch()
    watch.hear("log", "a harmless line")
    assert watch.leaks() == []
    watch.hear("log", f"detected {PII_NAME}")
    assert watch.leaks() == [("log", f"detected {PII_NAME}")]
