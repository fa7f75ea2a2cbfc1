"""gliner's looser arguments mean what they mean there, and none hides an error."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest

from gliner_fast.arguments import (
    as_flag,
    as_labels,
    as_text,
    as_texts,
    as_threshold,
    as_whole,
    labels_per_text,
    refuse,
)
from gliner_fast.errors import InvalidInputError

SEVERAL = [
    ["a", "b"],
    ("a", "b"),
    dict.fromkeys("ab").keys(),
    np.array(["a", "b"], object),
    np.array(["a", "b"]),
    (letter for letter in "ab"),
    iter(["a", "b"]),
]


def test_texts_and_labels_of_any_iterable() -> None:
    for several in SEVERAL[:-2]:
        assert as_texts(several) == as_labels(several) == ["a", "b"]
        assert labels_per_text(several, 2) == [["a", "b"]] * 2
    assert as_texts(SEVERAL[-1]) == ["a", "b"]
    assert labels_per_text(SEVERAL[-2], 2) == [["a", "b"]] * 2
    assert as_texts({"a"}) == as_labels({"a"}) == ["a"]
    assert as_texts("ab") == as_labels("ab") == ["ab"]
    assert labels_per_text("ab", 1) == [["ab"]]
    assert as_texts([]) == as_labels([]) == labels_per_text([], 0) == []


def test_labels_of_each_text() -> None:
    described = {"A": "a"}
    assert labels_per_text(described, 2) == [described, described]
    own = [["a"], ("b",), {"c"}, described, np.array(["d"]), iter("e")]
    assert labels_per_text(own, 6) == [["a"], ["b"], ["c"], described, ["d"], ["e"]]
    assert labels_per_text(iter(own[:2]), 2) == [["a"], ["b"]]
    with pytest.raises(InvalidInputError, match="one set for each of 3 texts, got 1"):
        labels_per_text([["a"]], 3)
    with pytest.raises(InvalidInputError, match=r"labels\[1\]: expected a list.* got a str of 1 c"):
        labels_per_text([["a"], "b"], 2)


@pytest.mark.parametrize("value", [None, float("nan"), np.nan, 7, np.int64(7), True])
def test_what_is_no_text_is_empty(value: object) -> None:
    assert as_text("text", value) == ""
    assert as_texts(["a", value]) == ["a", ""]


@pytest.mark.parametrize("value", [b"secret", bytearray(b"secret"), ["secret"], {"secret": 1}])
def test_what_holds_text_of_another_kind_is_refused(value: object) -> None:
    with pytest.raises(InvalidInputError, match=r"^texts\[1\]: expected a string, got a") as caught:
        as_texts(["a", value])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", [None, 7, b"secret", np.array("secret"), object()])
def test_what_is_no_list_is_refused(value: object) -> None:
    with pytest.raises(InvalidInputError, match=r"^texts: expected a string or a list of strings"):
        as_texts(value)
    with pytest.raises(InvalidInputError, match=r"^labels: expected a list of strings"):
        as_labels(value)
    with pytest.raises(InvalidInputError, match=r"^labels: expected a list of strings"):
        labels_per_text(value, 1)


def test_mappings_are_refused_where_they_say_nothing() -> None:
    with pytest.raises(InvalidInputError, match=r"^texts: expected .*, got a dict of 1 items"):
        as_texts({"id": "secret"})
    with pytest.raises(InvalidInputError, match=r"^labels: expected .*, got a dict of 1 items"):
        as_labels({"A": "a"})


def test_flags() -> None:
    assert [as_flag("flat_ner", v) for v in (True, 1, np.bool_(True), np.int8(1))] == [True] * 4
    assert [as_flag("flat_ner", v) for v in (False, 0, np.bool_(False), None)] == [False] * 4
    assert type(as_flag("flat_ner", np.bool_(True))) is bool
    for value in ("false", 2, -1, 1.0, [True]):
        with pytest.raises(InvalidInputError, match=r"^flat_ner: expected true or false, got"):
            as_flag("flat_ner", value)


def test_whole_numbers() -> None:
    assert as_whole("batch_size", np.int64(8), 1) == as_whole("batch_size", 8, 1) == 8
    assert type(as_whole("batch_size", np.uint8(8), 1)) is int
    for value, got in (
        (0, "0"),
        (np.int64(-2), "-2"),
        (8.0, "8.0"),
        (True, "True"),
        ("8", "a str"),
    ):
        with pytest.raises(InvalidInputError, match=rf"^batch_size: expected .* >= 1, got {got}"):
            as_whole("batch_size", value, 1)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0.0), (1, 1.0), (0.5, 0.5), (np.float32(0.25), 0.25), (-1, 0.0), (-math.inf, 0.0)],
)
def test_thresholds(value: Any, expected: float) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert as_threshold(value) == expected


@pytest.mark.parametrize("value", [1.0000000000000002, 30, math.inf, np.float64(2), 10**400])
def test_a_threshold_that_nothing_reaches_is_said(value: Any) -> None:
    with pytest.warns(UserWarning, match=r"^threshold: nothing scores above 1, got "):
        assert as_threshold(value) == 1.0


@pytest.mark.parametrize("value", [math.nan, np.float32("nan"), "0.5", None, True, [0.5], 1j])
def test_what_is_no_threshold(value: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"^threshold: expected a number, got "):
        as_threshold(value)


def test_what_is_not_supported_is_named() -> None:
    refuse(input_spans=None, return_vectors=False, packing_config=np.bool_(False))
    for value in (True, [], [[{"start": 0, "end": 1}]], object()):
        with pytest.raises(
            InvalidInputError, match=r"^input_spans: expected nothing, as it is not"
        ):
            refuse(packing_config=None, input_spans=value)
