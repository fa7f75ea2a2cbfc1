"""GLiNER models without torch: detect entities, PII first of all, on your own machine.

>>> from gliner_fast import GLiNER
>>> model = GLiNER.from_pretrained()
>>> entities = model.predict_entities("Mail john@example.com", ["email"])
"""

from importlib.metadata import version

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
from gliner_fast.model import GLiNER
from gliner_fast.types import Entity

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
