"""Batches → logits: the one module that knows ONNX Runtime."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from gliner_fast.config import GlinerConfig
from gliner_fast.errors import (
    CorruptModelError,
    DeviceUnavailableError,
    InferenceError,
    InvalidInputError,
    ModelNotFoundError,
    UnsupportedModelError,
)
from gliner_fast.types import EncodedWindow

__all__ = ["DEVICES", "Session", "usable_cpus"]

Logits = npt.NDArray[np.float32]

DEVICES = ("auto", "cpu", "cuda", "mps")
_PROVIDERS = {
    "cpu": ("CPUExecutionProvider", ""),
    "cuda": (
        "CUDAExecutionProvider",
        "pip uninstall onnxruntime; pip install 'onnxruntime-gpu[cuda,cudnn]' "
        "(an NVIDIA driver is needed)",
    ),
    "mps": ("CoreMLExecutionProvider", "pip install onnxruntime, on macOS"),
}
#: Inputs of graphs that gliner itself exports.
_GLINER_INPUTS = {
    "input_ids",
    "attention_mask",
    "words_mask",
    "text_lengths",
    "span_idx",
    "span_mask",
}
_OWN_INPUTS = {"input_ids", "token_counts", "word_counts", "label_tokens"}


def usable_cpus() -> int:
    """CPUs that this process may use: the affinity mask, bounded by the cgroup's quota."""
    affinity = getattr(os, "sched_getaffinity", None)
    cpus = len(affinity(0)) if affinity else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        if quota != "max":
            cpus = min(cpus, max(1, round(int(quota) / int(period))))
    except (OSError, ValueError):
        # No cgroup v2 here, or one without a CPU controller: the mask is all there is.
        pass
    return cpus


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


class Session:
    """A loaded graph. Thread safe.

    Attributes:
        device: ``cpu``, ``cuda`` or ``mps``: what runs the model.
        own_graph: Whether the converter here wrote the graph, or gliner did.
        threads: Threads that one run uses on the CPU.
    """

    def __init__(
        self, model_file: Path, config: GlinerConfig, device: str = "auto", threads: int = 0
    ) -> None:
        """Load a graph.

        Args:
            threads: Threads of one run; 0 means one for each usable CPU.

        Raises:
            ModelNotFoundError, CorruptModelError, UnsupportedModelError, DeviceUnavailableError
        """
        if not model_file.is_file():
            raise ModelNotFoundError(f"{model_file}: is missing")
        self.threads = threads or usable_cpus()
        self.device, providers = _choose_device(device)
        options = ort.SessionOptions()
        options.intra_op_num_threads = self.threads
        options.inter_op_num_threads = 1
        # Threads must not spin between requests: a sidecar shares its CPUs.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        # Plans of earlier shapes are worth nothing when every batch has its own shape.
        options.enable_mem_pattern = False
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(model_file, options, providers=providers)
        except Exception as error:
            # ONNX Runtime's exceptions share no base class; what it says names nodes, not text.
            raise CorruptModelError(f"{model_file}: cannot be loaded: {error}") from error
        if providers[0] not in self._session.get_providers():
            raise DeviceUnavailableError(
                f"device {self.device!r}: {providers[0]} is installed but cannot start; "
                "see ONNX Runtime's messages (driver or CUDA libraries missing?)"
            )
        self._inputs = {node.name for node in self._session.get_inputs()}
        self._pooling = config.subtoken_pooling
        self._max_width = config.max_width
        self.own_graph = self._inputs >= _OWN_INPUTS
        if not self.own_graph and self._inputs != _GLINER_INPUTS:
            raise UnsupportedModelError(
                "inputs of the ONNX graph",
                sorted(self._inputs),
                f"those of gliner's span models {sorted(_GLINER_INPUTS)}",
            )

    def run(self, windows: Sequence[EncodedWindow]) -> Logits:
        """Run one padded batch of rows with any prompts.

        Returns:
            Logits (row, word, max_width, label); only the part within a row's own words and
            labels means something.

        Raises:
            InferenceError: If ONNX Runtime fails.
        """
        feeds = self._feeds(windows) if self.own_graph else self._gliner_feeds(windows)
        try:
            logits: Logits = self._session.run(["logits"], feeds)[0]
        except Exception as error:
            # Its exceptions share no base class. Their text names nodes and shapes.
            raise InferenceError(
                f"ONNX Runtime failed on a batch of {len(windows)} rows and "
                f"{sum(w.tokens for w in windows)} tokens: {error}"
            ) from error
        return np.ascontiguousarray(logits, dtype=np.float32)

    def _feeds(self, windows: Sequence[EncodedWindow]) -> dict[str, npt.NDArray[np.int64]]:
        feeds = {
            "input_ids": _padded([_row_ids(w) for w in windows], 0),
            "token_counts": np.array([w.tokens for w in windows], np.int64),
            "word_counts": np.array([w.words for w in windows], np.int64),
            "label_tokens": _padded([w.prompt.label_tokens for w in windows], -1),
        }
        if self._pooling == "first":
            feeds["word_tokens"] = _padded([w.word_starts for w in windows], -1)
        elif self._pooling == "last":
            feeds["word_tokens"] = _padded(
                [np.where(w.word_starts < 0, -1, w.word_ends - 1) for w in windows], -1
            )
        else:
            # Word 0 .. 0 has no token and no part in the result.
            feeds["word_starts"] = _padded([np.maximum(w.word_starts, 0) for w in windows], 0)
            feeds["word_ends"] = _padded([w.word_ends for w in windows], 0)
        return feeds

    def _gliner_feeds(self, windows: Sequence[EncodedWindow]) -> dict[str, Any]:
        """Inputs of gliner's own graphs: a mask of word numbers and the list of all spans."""
        ids = _padded([_row_ids(w) for w in windows], 0)
        tokens = np.array([w.tokens for w in windows])
        counts = np.array([w.words for w in windows], np.int64)
        longest = int(counts.max())
        numbers = np.zeros_like(ids)
        for row, window in enumerate(windows):
            for word, (start, end) in enumerate(
                zip(window.word_starts, window.word_ends, strict=True), start=1
            ):
                if start >= 0:
                    first = end - 1 if self._pooling == "last" else start
                    last = start + 1 if self._pooling == "first" else end
                    numbers[row, first:last] = word
        starts = np.repeat(np.arange(longest), self._max_width)
        ends = starts + np.tile(np.arange(self._max_width), longest)
        spans = np.broadcast_to(np.stack([starts, ends], axis=1), (len(windows), len(starts), 2))
        inside = spans[..., 1] < counts[:, None]
        return {
            "input_ids": ids,
            "attention_mask": (np.arange(ids.shape[1]) < tokens[:, None]).astype(np.int64),
            "words_mask": numbers,
            "text_lengths": counts[:, None],
            "span_idx": np.ascontiguousarray(spans * inside[..., None]),
            "span_mask": inside,
        }


def _row_ids(window: EncodedWindow) -> npt.NDArray[np.int32]:
    return np.concatenate([window.prompt.token_ids, window.token_ids])


def _padded(rows: Sequence[npt.NDArray[np.int32]], fill: int) -> npt.NDArray[np.int64]:
    """Rows of different length as one int64 matrix, padded on the right."""
    matrix = np.full((len(rows), max(map(len, rows))), fill, np.int64)
    for index, row in enumerate(rows):
        matrix[index, : len(row)] = row
    return matrix
