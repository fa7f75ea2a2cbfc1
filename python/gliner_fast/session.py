"""Batches → logits: the one module that knows ONNX Runtime."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from gliner_fast import _native
from gliner_fast.config import GlinerConfig
from gliner_fast.cpus import available_cpus
from gliner_fast.errors import (
    CorruptModelError,
    DeviceUnavailableError,
    InferenceError,
    InvalidInputError,
    ModelNotFoundError,
)
from gliner_fast.feeds import GraphKind, make_feeds
from gliner_fast.manifest import FUSED_FILE, MODEL_FILE
from gliner_fast.types import EncodedWindow

__all__ = ["DEVICES", "GRAPHS", "Session"]

Logits = npt.NDArray[np.float32]

DEVICES = ("auto", "cpu", "cuda", "mps")
GRAPHS = ("auto", "fused", "portable")
_PROVIDERS = {
    "cpu": ("CPUExecutionProvider", ""),
    "cuda": (
        "CUDAExecutionProvider",
        "pip uninstall onnxruntime; pip install 'onnxruntime-gpu[cuda,cudnn]' "
        "(an NVIDIA driver is needed)",
    ),
    "mps": ("CoreMLExecutionProvider", "pip install onnxruntime, on macOS"),
}
#: ONNX Runtime's fused form takes four times as long as the two operators that it replaces
#: (7 ms against 1.7 at 1,160 tokens of 1,024 on one thread).
_SLOW_FUSIONS = ["SkipLayerNormFusion"]
_log = logging.getLogger("gliner_fast")


class Session:
    """A loaded graph. Thread safe.

    Attributes:
        device: ``cpu``, ``cuda`` or ``mps``: what runs the model.
        kind: Which graph was loaded.
        threads: Threads that one run uses on the CPU.
    """

    def __init__(
        self,
        model_file: Path,
        config: GlinerConfig,
        device: str = "auto",
        threads: int = 0,
        graph: str = "auto",
    ) -> None:
        """Load a graph.

        Args:
            model_file: On the CPU, the fused graph beside it is preferred.
            threads: Threads of one run; 0 means one for each usable CPU.
            graph: ``auto``, or ``fused`` or ``portable`` to insist on one.

        Raises:
            ModelNotFoundError, CorruptModelError, UnsupportedModelError, DeviceUnavailableError
        """
        if not model_file.is_file():
            raise ModelNotFoundError(f"{model_file}: is missing")
        self.threads = threads or available_cpus()
        self.device, providers = _choose_device(device)
        options = _options(self.threads)
        chosen, reason = _choose_graph(model_file, self.device, graph, options)
        try:
            self._session = ort.InferenceSession(
                chosen, options, providers=providers, disabled_optimizers=_SLOW_FUSIONS
            )
        except Exception as error:
            # ONNX Runtime's exceptions share no base class; what it says names nodes, not text.
            raise CorruptModelError(f"{chosen}: cannot be loaded: {error}") from error
        if providers[0] not in self._session.get_providers():
            raise DeviceUnavailableError(
                f"device {self.device!r}: {providers[0]} is installed but cannot start; "
                "see ONNX Runtime's messages (driver or CUDA libraries missing?)"
            )
        self.kind = GraphKind.of([node.name for node in self._session.get_inputs()])
        self._config = config
        _log.info(
            "loaded the %s graph (%s) on %s with %d threads",
            self.kind.value,
            reason,
            self.device,
            self.threads,
        )

    def run(self, windows: Sequence[EncodedWindow]) -> Logits:
        """Run one batch of rows with any prompts (of one prompt in gliner's own graphs).

        Returns:
            Logits (row, word, max_width, label); only the part within a row's own words and
            labels means something.

        Raises:
            InferenceError: If ONNX Runtime fails.
        """
        feeds = make_feeds(self.kind, windows, self._config)
        try:
            logits: Logits = self._session.run(["logits"], feeds)[0]
        except Exception as error:
            # Its exceptions share no base class. Their text names nodes and shapes.
            raise InferenceError(
                f"ONNX Runtime failed on a batch of {len(windows)} rows and "
                f"{sum(w.tokens for w in windows)} tokens: {error}"
            ) from error
        return np.ascontiguousarray(logits, dtype=np.float32)


def _options(threads: int) -> ort.SessionOptions:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads must not spin between requests: a sidecar shares its CPUs.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    # Plans of earlier shapes are worth nothing when every batch has its own shape.
    options.enable_mem_pattern = False
    options.log_severity_level = 3
    return options


def _choose_device(device: str) -> tuple[str, list[str]]:
    """The device to use, and its providers in order of preference."""
    if device not in DEVICES:
        raise InvalidInputError("device", f"one of {', '.join(DEVICES)}", repr(device))
    available = ort.get_available_providers()
    if device == "auto":
        device = "cuda" if _PROVIDERS["cuda"][0] in available else "cpu"
    provider, install = _PROVIDERS[device]
    if provider not in available:
        raise DeviceUnavailableError(
            f"device {device!r} needs ONNX Runtime's {provider}, which is not installed: {install}"
        )
    fallback = [] if device == "cpu" else ["CPUExecutionProvider"]
    return device, [provider, *fallback]


def _choose_graph(
    model_file: Path, device: str, wanted: str, options: ort.SessionOptions
) -> tuple[Path, str]:
    """The graph file to load and why; registers our operators where they are needed."""
    if wanted not in GRAPHS:
        raise InvalidInputError("graph", f"one of {', '.join(GRAPHS)}", repr(wanted))
    if wanted == "portable":
        return model_file, "as asked"
    fused = model_file.with_name(FUSED_FILE)
    reason = ""
    if model_file.name != MODEL_FILE or not fused.is_file():
        reason = "the model has no fused graph"
    elif device != "cpu":
        reason = f"the fused operators do not run on {device}"
    else:
        try:
            # The operators live in the extension module's own library.
            options.register_custom_ops_library(_native.__file__)
        except Exception as error:  # ONNX Runtime's exceptions share no base class
            reason = f"the fused operators cannot be loaded: {error}"
    if not reason:
        return fused, "fused operators"
    if wanted == "fused":
        raise DeviceUnavailableError(f"graph 'fused': {reason}")
    return model_file, reason
