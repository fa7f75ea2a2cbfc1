"""gliner's arguments, in all forms that it takes, as the one form that the engine takes.

For :class:`gliner_fast.model.GLiNER` alone: the endpoint is strict. What gliner takes and would
hide an error is refused here, by name: bytes, ``"false"`` as a flag, NaN as a threshold.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from gliner_fast.errors import InvalidInputError, describe, describe_parameter

__all__ = [
    "Labels",
    "as_device",
    "as_flag",
    "as_labels",
    "as_precision",
    "as_text",
    "as_texts",
    "as_threshold",
    "as_whole",
    "labels_per_text",
    "refuse",
]

#: One label, several, or labels with the descriptions that the model reads in their place.
Labels = str | Iterable[str] | Mapping[str, str]

#: gliner's names of float types, as precisions.
_DTYPES = {
    "fp32": "fp32",
    "float32": "fp32",
    "fp16": "fp16",
    "float16": "fp16",
    "half": "fp16",
}


def as_text(name: str, value: object) -> str:
    """A text; empty for what is none, such as the None or NaN of a table's empty cell.

    gliner finds nothing in those. It also finds nothing in bytes or a list in the place of a
    text, which hold one: they are refused.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        raise InvalidInputError(name, "a string", describe(value))
    return ""


def as_texts(texts: object) -> list[str]:
    """The texts of one string or of any iterable of strings."""
    if isinstance(texts, str):
        return [texts]
    expected = "a string or a list of strings"
    if isinstance(texts, Mapping):
        raise InvalidInputError("texts", expected, describe(texts))
    listed = _as_list("texts", texts, expected)
    return [as_text(f"texts[{index}]", text) for index, text in enumerate(listed)]


def as_labels(labels: object) -> list[Any]:
    """The labels of one string or of any iterable; whether they are strings is not looked at."""
    if isinstance(labels, str):
        return [labels]
    expected = "a list of strings"
    if isinstance(labels, Mapping):
        raise InvalidInputError("labels", expected, describe(labels))
    return _as_list("labels", labels, expected)


def labels_per_text(labels: object, texts: int) -> list[Mapping[str, str] | list[str]]:
    """Labels of each text, whether they came shared or one set a text."""
    if isinstance(labels, Mapping):
        return [labels] * texts
    listed = as_labels(labels)
    own = [isinstance(each, Iterable) and not isinstance(each, (str, bytes)) for each in listed]
    if not any(own):
        return [listed] * texts
    if len(listed) != texts:
        raise InvalidInputError("labels", f"one set for each of {texts} texts", str(len(listed)))
    if not all(own):
        index = own.index(False)
        raise InvalidInputError(
            f"labels[{index}]", "a list, as for other texts", describe(listed[index])
        )
    return [each if isinstance(each, Mapping) else list(each) for each in listed]


def as_flag(name: str, value: object) -> bool:
    """A bool of Python or NumPy, 0 or 1, or None for False."""
    if value is None or isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)) and value in (0, 1):
        return bool(value)
    raise InvalidInputError(name, "true or false", describe_parameter(value))


def as_whole(name: str, value: object, least: int) -> int:
    """An int of Python or NumPy."""
    number = None
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        number = int(value)
    if number is None or number < least:
        got = describe_parameter(value if number is None else number)
        raise InvalidInputError(name, f"a whole number >= {least}", got)
    return number


def as_threshold(value: object) -> float:
    """A threshold in [0, 1]: numbers outside mean the nearest, as nothing scores beyond.

    Above 1, nothing can be found: that is said, as 30 for 0.3 would hide everything.
    """
    number = None
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        number = float(min(max(value, -1), 2))
    if number is None or math.isnan(number):
        raise InvalidInputError("threshold", "a number", describe_parameter(value))
    if number > 1:
        got = describe_parameter(value)
        warnings.warn(f"threshold: nothing scores above 1, got {got}", stacklevel=3)
    return min(max(number, 0.0), 1.0)


def refuse(**arguments: object) -> None:
    """Refuse gliner's arguments that ask for what is not here.

    Raises:
        InvalidInputError: Unless all are None or False, as when they are not given.
    """
    for name, value in arguments.items():
        if value is not None and (not isinstance(value, (int, np.bool_)) or value):
            raise InvalidInputError(name, "nothing, as it is not supported", describe(value))


def as_precision(precision: str | None, quantize: str | None, dtype: Any) -> str | None:
    """One precision from the three arguments that can say it."""
    asked = {precision} if precision else set()
    if quantize is not None:
        if quantize != "int8":
            raise InvalidInputError("quantize", "'int8' or None", describe(quantize))
        asked.add("int8")
    if dtype is not None:
        # Also accepts torch.float16, whose text is its name.
        known = _DTYPES.get(str(dtype).removeprefix("torch."))
        if known is None:
            raise InvalidInputError("dtype", f"one of {', '.join(_DTYPES)}", describe(dtype))
        asked.add(known)
    if len(asked) > 1:
        raise InvalidInputError(
            "precision", "one precision", f"{' and '.join(sorted(asked))} from several arguments"
        )
    return asked.pop() if asked else None


def as_device(device: object) -> str:
    """A device's name. ``cuda:0`` and torch's device objects are understood."""
    name = str(device)
    return "cuda" if name == "cuda:0" else name


def _as_list(name: str, value: object, expected: str) -> list[Any]:
    try:
        if isinstance(value, (bytes, bytearray)):
            raise TypeError
        iterator = iter(value)  # type: ignore[call-overload]
    except TypeError:
        raise InvalidInputError(name, expected, describe(value)) from None
    return list(iterator)
