"""Batches → logits: the one module that knows ONNX Runtime."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from functools import cache
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
    ModelError,
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
            device: ``auto`` takes CUDA where it starts, else the CPU.
            threads: Threads of one run; 0 means one for each usable CPU.
            graph: ``auto``, or ``fused`` or ``portable`` to insist on one.

        Raises:
            ModelNotFoundError, CorruptModelError, UnsupportedModelError, DeviceUnavailableError
        """
        if not model_file.is_file():
            raise ModelNotFoundError(f"{model_file}: is missing")
        self.threads = threads or available_cpus()
        self.device = _choose_device(device)
        try:
            opened = _open(model_file, self.device, graph, self.threads)
        except DeviceUnavailableError as error:
            if device != "auto" or self.device == "cpu":
                raise
            # A build for GPUs names CUDA on a machine without one, too.
            _log.warning("%s; taking the CPU", error)
            self.device = "cpu"
            opened = _open(model_file, self.device, graph, self.threads)
        self._session, self.kind, reason = opened
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


def _choose_device(device: str) -> str:
    """The device to try."""
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
    return device


def _open(
    model_file: Path, device: str, graph: str, threads: int
) -> tuple[ort.InferenceSession, GraphKind, str]:
    """A session on a device, the kind of its graph, and why this one."""
    options = _options(threads)
    chosen, reason = _choose_graph(model_file, device, graph, options)
    try:
        return *_start(chosen, device, options), reason
    except ModelError as error:
        if chosen == model_file or graph == "fused":
            raise
        # A newer version may have written it, with operators that this one does not have.
        _log.warning("%s; taking the portable graph", error)
    return *_start(model_file, device, options), "the fused graph cannot be loaded"


def _start(
    file: Path, device: str, options: ort.SessionOptions
) -> tuple[ort.InferenceSession, GraphKind]:
    """Load one file on one device."""
    provider, install = _PROVIDERS[device]
    if device == "cuda":
        _preload_cuda()
    unavailable = f"device {device!r}: {provider} is installed but cannot start"
    try:
        session = ort.InferenceSession(
            file,
            options,
            providers=[provider] if device == "cpu" else [provider, "CPUExecutionProvider"],
            disabled_optimizers=_SLOW_FUSIONS,
            # Its own fallback to the CPU writes on standard output.
            enable_fallback=False,
        )
    except Exception as error:
        # What it says names nodes, not text. What is wrong with a file is one of its own
        # exceptions, which share no base class; a provider that fails is one of Python's.
        if device != "cpu" and isinstance(error, (RuntimeError, ValueError)):
            raise DeviceUnavailableError(f"{unavailable} ({error}): {install}") from error
        raise CorruptModelError(f"{file}: cannot be loaded: {error}") from error
    if provider not in session.get_providers():
        raise DeviceUnavailableError(
            f"{unavailable}, for the reason that ONNX Runtime wrote on standard error: {install}"
        )
    return session, GraphKind.of([node.name for node in session.get_inputs()])


@cache
def _preload_cuda() -> None:
    """Load CUDA's libraries from their Python packages, where the system's loader does not look.

    Once a process. ONNX Runtime 1.20 has no function for it.
    """
    if preload := getattr(ort, "preload_dlls", None):
        # It reports what it does not find on standard output, which belongs to the program.
        with redirect_stdout(sys.stderr):
            preload()


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
