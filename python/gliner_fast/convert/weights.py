"""A checkpoint's tensors by name, as float32, read when asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from gliner_fast.config import WEIGHT_FILES
from gliner_fast.convert.unpickle import bfloat16_to_float32, load_state_dict
from gliner_fast.errors import CorruptModelError, MissingDependencyError, ModelNotFoundError

__all__ = ["Linear", "Weights", "find_weights", "open_weights"]

FloatArray = npt.NDArray[np.float32]


class _Tensors(Protocol):
    def names(self) -> set[str]: ...

    def rows(self, name: str) -> int: ...

    def read(self, name: str) -> npt.NDArray[Any]: ...


class _Safetensors:
    def __init__(self, path: Path) -> None:
        try:
            from safetensors import safe_open
        except ImportError:
            raise MissingDependencyError("safetensors", "convert", "Converting a model") from None
        try:
            file: Any = safe_open(path, framework="np")
            keys = list(file.keys())
            # gliner leaves out tied tensors and names their twin in the metadata.
            metadata: dict[str, str] = file.metadata() or {}
        except Exception as error:
            raise CorruptModelError(f"{path.name}: cannot be read ({error})") from error
        self._file = file
        self._saved_as = {key: key for key in keys}
        for name, twin in metadata.items():
            if twin in self._saved_as:
                self._saved_as.setdefault(name, twin)

    def names(self) -> set[str]:
        return set(self._saved_as)

    def rows(self, name: str) -> int:
        return int(self._file.get_slice(self._saved_as[name]).get_shape()[0])

    def read(self, name: str) -> npt.NDArray[Any]:
        tensor: npt.NDArray[Any] = self._file.get_tensor(self._saved_as[name])
        if tensor.dtype.name == "bfloat16":
            return bfloat16_to_float32(tensor.view(np.uint16))
        return tensor


class _Pickled:
    def __init__(self, path: Path) -> None:
        self._tensors = load_state_dict(path)

    def names(self) -> set[str]:
        return set(self._tensors)

    def rows(self, name: str) -> int:
        return len(self._tensors[name])

    def read(self, name: str) -> npt.NDArray[Any]:
        return self._tensors[name]


class Weights:
    """Named float32 tensors.

    Some repositories were saved from the outer module, whose names begin with ``model.``; both
    forms are read.
    """

    def __init__(self, tensors: _Tensors, source: str) -> None:
        self._tensors = tensors
        self._source = source
        names = tensors.names()
        prefix = "model."
        nested = all(name.startswith(prefix) for name in names)
        self._prefix = prefix if nested else ""
        self._names = {name.removeprefix(self._prefix) for name in names}
        self._sizes: dict[str, int] = {}

    @property
    def parameters(self) -> int:
        """Values of the tensors read so far."""
        return sum(self._sizes.values())

    def rows(self, name: str) -> int:
        """Length of a tensor's first axis; the tensor is not read.

        Raises:
            CorruptModelError: If it is missing.
        """
        self._check(name)
        return self._tensors.rows(self._prefix + name)

    def _check(self, name: str) -> None:
        if name not in self._names:
            raise CorruptModelError(f"{self._source}: tensor {name} is missing")

    def get(self, name: str, *shape: int) -> FloatArray:
        """The tensor ``name``, contiguous, of exactly ``shape`` (-1 matches any size).

        Raises:
            CorruptModelError: If it is missing, has another shape or holds NaN or infinities.
        """
        self._check(name)
        tensor = self._tensors.read(self._prefix + name)
        fits = len(tensor.shape) == len(shape) and all(
            want in (-1, have) for want, have in zip(shape, tensor.shape, strict=True)
        )
        if not fits:
            raise CorruptModelError(
                f"{self._source}: tensor {name}: expected shape {shape}, got {tensor.shape}"
            )
        array = np.ascontiguousarray(tensor, dtype=np.float32)
        if not np.isfinite(array).all():
            raise CorruptModelError(f"{self._source}: tensor {name} holds NaN or infinite values")
        self._sizes[name] = array.size
        return array

    def linear(self, name: str, inputs: int, outputs: int, bias: bool = True) -> Linear:
        """Weight ``(outputs, inputs)`` and bias ``(outputs,)`` of a linear layer."""
        return Linear(
            self.get(f"{name}.weight", outputs, inputs),
            self.get(f"{name}.bias", outputs) if bias else np.zeros(outputs, np.float32),
        )


class Linear:
    """``y = x @ weight.T + bias``; weight ``(outputs, inputs)``, bias ``(outputs,)``."""

    def __init__(self, weight: FloatArray, bias: FloatArray) -> None:
        self.weight = weight
        self.bias = bias

    def scaled(self, factor: float) -> Linear:
        """The layer that gives ``factor * y``."""
        return Linear(self.weight * np.float32(factor), self.bias * np.float32(factor))

    def apply(self, x: FloatArray) -> FloatArray:
        """``y`` for rows ``x`` of shape (rows, inputs)."""
        return x @ self.weight.T + self.bias

    @staticmethod
    def stacked(*layers: Linear) -> Linear:
        """One layer whose outputs are those of ``layers`` side by side."""
        return Linear(
            np.concatenate([layer.weight for layer in layers]),
            np.concatenate([layer.bias for layer in layers]),
        )


def find_weights(folder: Path) -> Path:
    """The weights file of a checkpoint folder.

    Raises:
        ModelNotFoundError: Naming what was looked for.
    """
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            return folder / name
    raise ModelNotFoundError(f"{folder}: has no {' or '.join(WEIGHT_FILES)}")


def open_weights(path: Path) -> Weights:
    """Open a weights file; tensors are read when asked for."""
    tensors: _Tensors = _Safetensors(path) if path.suffix == ".safetensors" else _Pickled(path)
    return Weights(tensors, path.name)
