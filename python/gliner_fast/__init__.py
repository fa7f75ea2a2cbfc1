"""GLiNER models without torch: detect entities, PII first of all, on your own machine.

>>> from gliner_fast import GLiNER
>>> model = GLiNER.from_pretrained()
>>> entities = model.predict_entities("Mail john@example.com", ["email"])
"""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from gliner_fast.errors import (
    CorruptModelError,
    DeviceUnavailableError,
    GlinerFastError,
    InferenceError,
    InvalidInputError,
    MissingDependencyError,
    ModelError,
    ModelNotFoundError,
    UnsafeCheckpointError,
    UnsupportedModelError,
)
from gliner_fast.types import Entity

if TYPE_CHECKING:
    from gliner_fast.model import GLiNER

__version__ = version("gliner-fast")

__all__ = [
    "CorruptModelError",
    "DeviceUnavailableError",
    "Entity",
    "GLiNER",
    "GlinerFastError",
    "InferenceError",
    "InvalidInputError",
    "MissingDependencyError",
    "ModelError",
    "ModelNotFoundError",
    "UnsafeCheckpointError",
    "UnsupportedModelError",
    "__version__",
]


def __getattr__(name: str) -> Any:
    # The model brings ONNX Runtime and the Hub's client. What needs neither, such as the process
    # that only watches over server workers, does not load them.
    if name == "GLiNER":
        from gliner_fast.model import GLiNER

        return GLiNER
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
