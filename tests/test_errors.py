"""Errors form one tree, drawn at the top of their module, and never quote text."""

from __future__ import annotations

import re

import pytest

from gliner_fast import errors
from gliner_fast.errors import (
    GlinerFastError,
    InvalidInputError,
    MissingDependencyError,
    ModelError,
    ModelNotFoundError,
    UnsupportedModelError,
    describe,
    describe_parameter,
)

CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, Exception)
}


def test_the_drawing_is_the_tree() -> None:
    """Each line of the drawing is an exception, below the one that is its base."""
    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ((?:[│ ]   )*)(?:[├└]── )?(\w+Error)\b", line)
        if found:
            depth = len(found[1]) // 4 + ("── " in line)
            path = [*path[:depth], found[2]]
            drawn[found[2]] = path[-2] if depth else "Exception"
    assert drawn == {name: cls.__mro__[1].__name__ for name, cls in CLASSES.items()}
    assert set(errors.__all__) == {*CLASSES, "describe", "describe_parameter"}


@pytest.mark.parametrize("name", CLASSES)
def test_every_error_is_documented_and_caught_by_the_base(name: str) -> None:
    assert CLASSES[name].__doc__
    assert issubclass(CLASSES[name], GlinerFastError)


def test_errors_are_also_what_python_would_raise() -> None:
    assert issubclass(InvalidInputError, ValueError)
    assert issubclass(MissingDependencyError, ImportError)
    assert issubclass(ModelNotFoundError, (ModelError, FileNotFoundError))
    assert str(ModelNotFoundError("no such folder")) == "no such folder"


def test_fields_of_errors() -> None:
    error = InvalidInputError("threshold", "a number", "None")
    assert (error.field, error.expected, error.got) == ("threshold", "a number", "None")
    assert str(error) == "threshold: expected a number, got None"
    refusal = UnsupportedModelError("span_mode", "x", "markerV0")
    assert (refusal.field, refusal.value) == ("span_mode", "x")
    assert str(refusal) == "span_mode: 'x' is not supported; supported: markerV0"
    missing = MissingDependencyError("onnx", "convert", "Converting a model")
    assert "pip install 'gliner-fast[convert]'" in str(missing)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "None"),
        (True, "True"),
        (1.5, "a number"),
        (float("nan"), "a number"),
        (4111111111111111, "a number"),
        ("secret", "a str of 6 characters"),
        ([1, 2], "a list of 2 items"),
        ({"secret": 1}, "a dict of 1 items"),
        (object(), "an object"),
        (iter(()), "a tuple_iterator"),
    ],
)
def test_values_are_described_and_not_quoted(value: object, expected: str) -> None:
    assert describe(value) == expected
    if expected != "a number":
        assert describe_parameter(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1.5, "1.5"), (-7, "-7"), (float("nan"), "nan"), (10**60, "a number of 61 digits")],
)
def test_only_numbers_of_parameters_are_quoted(value: float, expected: str) -> None:
    assert describe_parameter(value) == expected
