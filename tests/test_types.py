"""Options refuse what they cannot mean, by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from gliner_fast.errors import InvalidInputError
from gliner_fast.types import (
    DecodeOptions,
    DetectOptions,
    check_labels,
    check_threshold,
    default_overlap,
)


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0, 0.5, np.float32(0.25), np.float64(1)])
def test_thresholds(value: Any) -> None:
    check_threshold("threshold", value)
    assert DecodeOptions(threshold=value).threshold == value


@pytest.mark.parametrize(
    "value",
    [-0.01, 1.01, float("nan"), float("inf"), "0.5", None, True, [0.5], 10**400, 1j],
)
def test_wrong_thresholds(value: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"^threshold: expected a number in \[0, 1\]"):
        DecodeOptions(threshold=value)
    with pytest.raises(InvalidInputError, match=r"^thresholds: expected a number in \[0, 1\]"):
        DecodeOptions(thresholds={"email": value})


@pytest.mark.parametrize("value", [0, -1, 1.0, "384", None, True, float("nan")])
def test_wrong_chunk_lengths(value: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"^chunk_length: expected a whole number >= 1"):
        DetectOptions(chunk_length=value)


@pytest.mark.parametrize("value", [-1, 1.0, "1", False])
def test_wrong_overlaps(value: Any) -> None:
    with pytest.raises(InvalidInputError, match=r"^overlap: expected a whole number >= 0"):
        DetectOptions(overlap=value)


def test_an_overlap_leaves_something_to_advance() -> None:
    DetectOptions(chunk_length=2, overlap=1)
    for overlap in (2, 3):
        with pytest.raises(InvalidInputError, match=r"less than chunk_length \(2\), got"):
            DetectOptions(chunk_length=2, overlap=overlap)


@pytest.mark.parametrize(
    ("length", "overlap"),
    [(1, 0), (2, 0), (3, 1), (100, 33), (383, 127), (384, 128), (385, 128), (10**9, 128)],
)
def test_the_default_overlap_fits_the_window(length: int, overlap: int) -> None:
    assert DetectOptions(chunk_length=length).overlap == overlap == default_overlap(length)
    assert DetectOptions(chunk_length=length, overlap=0).overlap == 0
    assert DetectOptions() == DetectOptions(chunk_length=384, overlap=128)


def test_labels_are_distinct_and_in_order() -> None:
    assert check_labels(["b", "a", "b", "", "a"]) == ("b", "a", "")
    assert check_labels(()) == ()


def test_a_number_is_quoted_only_where_it_is_a_parameter() -> None:
    with pytest.raises(InvalidInputError, match=r"labels\[0\]: expected a string, got a number$"):
        check_labels([4111111111111111])
    with pytest.raises(InvalidInputError, match=r"got 1\.5$"):
        check_threshold("threshold", 1.5)
    with pytest.raises(InvalidInputError, match=r"got -3$"):
        DetectOptions(chunk_length=-3)
