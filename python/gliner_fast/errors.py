"""Every error that gliner-fast raises on purpose.

::

    GlinerFastError
    ├── InvalidInputError       the caller's argument is wrong (also a ValueError)
    ├── ModelError
    │   ├── ModelNotFoundError      no such folder, repository or file
    │   ├── UnsupportedModelError   a config field holds a value we cannot run
    │   ├── CorruptModelError       files are damaged or do not belong together
    │   └── UnsafeCheckpointError   a pickle asks for more than tensors
    ├── DeviceUnavailableError  the device asked for is not on this machine
    ├── MissingDependencyError  an optional extra is not installed (also an ImportError)
    └── InferenceError          the session failed on a batch

No message holds input text or an entity's text: it may be private. Values are described by
type and size instead (see :func:`describe`); only parameters are quoted, if they are numbers
(see :func:`describe_parameter`).
"""

from __future__ import annotations

__all__ = [
    "CorruptModelError",
    "DeviceUnavailableError",
    "GlinerFastError",
    "InferenceError",
    "InvalidInputError",
    "MissingDependencyError",
    "ModelError",
    "ModelNotFoundError",
    "UnsafeCheckpointError",
    "UnsupportedModelError",
    "describe",
    "describe_parameter",
]


def describe(value: object) -> str:
    """Say what a value is without quoting it, unless it is a bool or None.

    A number in the place of a text or a label may be that text: a card's, a telephone's.
    """
    if value is None or isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float)):
        return "a number"
    name = type(value).__name__
    article = "an" if name[:1].lower() in "aeiou" else "a"
    try:
        size = len(value)  # type: ignore[arg-type]
    except TypeError:
        return f"{article} {name}"
    unit = "characters" if isinstance(value, str) else "items"
    return f"{article} {name} of {size} {unit}"


def describe_parameter(value: object) -> str:
    """As :func:`describe`, with numbers quoted. For parameters alone, such as a threshold."""
    if isinstance(value, (int, float)):
        text = str(value)
        return text if len(text) <= 40 else f"a number of {len(text)} digits"
    return describe(value)


class GlinerFastError(Exception):
    """Base of all errors raised by gliner-fast."""


class InvalidInputError(GlinerFastError, ValueError):
    """An argument is wrong.

    Attributes:
        field: Name of the argument.
        expected: What it has to be.
        got: What came, described without quoting text.
    """

    def __init__(self, field: str, expected: str, got: str) -> None:
        super().__init__(f"{field}: expected {expected}, got {got}")
        self.field = field
        self.expected = expected
        self.got = got


class ModelError(GlinerFastError):
    """A model cannot be used."""


class ModelNotFoundError(ModelError, FileNotFoundError):
    """No model folder, Hub repository or file of that name."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


class UnsupportedModelError(ModelError):
    """A checkpoint uses something that gliner-fast does not implement.

    Attributes:
        field: Dotted name of the config field, for example ``encoder_config.model_type``.
        value: Its value.
    """

    def __init__(self, field: str, value: object, supported: str) -> None:
        super().__init__(f"{field}: {value!r} is not supported; supported: {supported}")
        self.field = field
        self.value = value


class CorruptModelError(ModelError):
    """A model's files are damaged, incomplete or do not belong together."""


class UnsafeCheckpointError(ModelError):
    """A pickled checkpoint asks for something other than building tensors. Nothing was run."""


class DeviceUnavailableError(GlinerFastError):
    """The device asked for has no execution provider on this machine."""


class MissingDependencyError(GlinerFastError, ImportError):
    """A feature needs an optional extra that is not installed."""

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{purpose} needs the package {package!r}; install it with: "
            f"pip install 'gliner-fast[{extra}]'"
        )


class InferenceError(GlinerFastError):
    """The session failed while running a batch."""
