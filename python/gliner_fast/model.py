"""``GLiNER``: gliner's class, methods and arguments over this engine.

A program that uses ``from gliner import GLiNER`` for inference changes that line.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gliner_fast.config import GlinerConfig
from gliner_fast.engine import Engine, EngineOptions
from gliner_fast.errors import InvalidInputError, describe, describe_parameter
from gliner_fast.hub import HubOptions
from gliner_fast.model_source import ModelFiles, find_model
from gliner_fast.types import (
    DEFAULT_CHUNK_LENGTH,
    DEFAULT_THRESHOLD,
    DecodeOptions,
    DetectOptions,
    Entity,
    Prompt,
    check_labels,
)

__all__ = ["GLiNER"]

Labels = Sequence[str] | Mapping[str, str]

#: gliner's arguments that say how torch loads or runs a model. They change nothing here.
_TORCH_ONLY = frozenset(
    {
        "_attn_implementation",
        "compile_torch_model",
        "load_tokenizer",
        "low_cpu_mem_usage",
        "proxies",
        "resize_token_embeddings",
        "resume_download",
        "runtime",
        "session_options",
        "strict",
        "variant",
    }
)
#: gliner's names of float types, as precisions.
_DTYPES = {
    "fp32": "fp32",
    "float32": "fp32",
    "fp16": "fp16",
    "float16": "fp16",
    "half": "fp16",
}


class GLiNER:
    """A GLiNER model, loaded. Thread safe.

    Attributes:
        engine: What runs it; see :class:`gliner_fast.engine.Engine`.
    """

    def __init__(self, engine: Engine, files: ModelFiles) -> None:
        self.engine = engine
        self._files = files

    @classmethod
    def from_pretrained(
        cls,
        model_id: str | Path | None = None,
        *,
        device: str | None = None,
        precision: str | None = None,
        threads: int = 0,
        revision: str | None = None,
        cache_dir: str | Path | None = None,
        force_download: bool = False,
        local_files_only: bool = False,
        token: str | bool | None = None,
        load_onnx_model: bool = False,
        onnx_model_file: str = "model.onnx",
        map_location: str | None = None,
        quantize: str | None = None,
        dtype: str | None = None,
        **ignored: Any,
    ) -> GLiNER:
        """Load a model; a checkpoint is converted first, once.

        Args:
            model_id: A folder or a Hub name; None for the model inside the package.
            device: ``auto``, ``cpu``, ``cuda`` or ``mps``. ``map_location`` is gliner's name.
            precision: ``fp32``, ``fp16`` or ``int8``. gliner's ``quantize="int8"`` and
                ``dtype="fp16"`` mean the same.
            threads: CPU threads of one run; 0 means one for each usable CPU.
            revision, cache_dir, force_download, local_files_only, token: As huggingface_hub's.
            load_onnx_model, onnx_model_file: Load a graph that gliner exported, as it is.
            ignored: gliner's arguments that only concern torch.

        Raises:
            ModelError, DeviceUnavailableError, InvalidInputError
            TypeError: For an argument that gliner does not have either.
        """
        unknown = sorted(set(ignored) - _TORCH_ONLY)
        if unknown:
            raise TypeError(f"from_pretrained() got unexpected arguments: {', '.join(unknown)}")
        files = find_model(
            model_id,
            precision=_precision(precision, quantize, dtype),
            onnx_file=onnx_model_file if load_onnx_model else None,
            hub=HubOptions(revision, cache_dir, token, force_download, local_files_only),
        )
        chosen = _device(device or map_location or "auto")
        return cls(Engine(files, EngineOptions(device=chosen, threads=threads)), files)

    @property
    def config(self) -> GlinerConfig:
        """The model's configuration."""
        return self.engine.config

    @property
    def device(self) -> str:
        """``cpu``, ``cuda`` or ``mps``."""
        return self.engine.device

    def eval(self) -> GLiNER:
        """Does nothing; gliner's programs call it."""
        return self

    def to(self, device: Any) -> GLiNER:
        """Load the model on another device. Returns this object, as torch does."""
        chosen = _device(device)
        if chosen != self.device:
            self.engine = Engine(self._files, EngineOptions(device=chosen))
        return self

    def detect(
        self,
        text: str,
        labels: Sequence[str],
        threshold: float = DEFAULT_THRESHOLD,
        chunk_length: int = DEFAULT_CHUNK_LENGTH,
        overlap: int | None = None,
        flat_ner: bool = False,
    ) -> list[Entity]:
        """What the endpoint answers: the text is read in windows of characters.

        Args:
            labels: Labels to look for.
            threshold: A span counts where its probability is above; in [0, 1].
            chunk_length: Window length in code points.
            overlap: Code points that windows share, fewer than ``chunk_length``; None means
                128, or a third of a ``chunk_length`` under 384.
            flat_ner: True keeps what the windows found; False also drops nested spans.

        Returns:
            Entities ordered by (start, end, label).

        Raises:
            InvalidInputError, InferenceError
        """
        decode = DecodeOptions(threshold, _flag("flat_ner", flat_ner))
        options = DetectOptions(decode, chunk_length)
        if overlap is not None:
            options = replace(options, overlap=overlap)
        return self.engine.detect(text, labels, options)

    def inference(
        self,
        texts: str | Sequence[str],
        labels: Labels | Sequence[Labels],
        flat_ner: bool = True,
        threshold: float = 0.5,
        multi_label: bool = False,
        batch_size: int = 8,
        *,
        return_class_probs: bool = False,
        show_progress: bool = False,
    ) -> list[list[Entity]]:
        """Entities of each text. A text is one window; one of too many words is cut and joined.

        Args:
            labels: Shared by all texts, or one list for each. A mapping gives a description that
                the model reads in place of the label.
            flat_ner: True keeps spans that share no word; False also keeps nested ones.
            threshold: A span counts where its probability is above; in [0, 1].
            multi_label: True lets one span carry several labels.
            batch_size: Most windows of one batch.
            return_class_probs: Add ``class_probs``, the five best labels of the span.
            show_progress: Show a progress bar.

        Returns:
            For each text, entities ordered by (start, end, label). An empty text has none.

        Raises:
            InvalidInputError, InferenceError
        """
        texts = [texts] if isinstance(texts, str) else texts
        if not isinstance(texts, Sequence) or isinstance(texts, bytes):
            raise InvalidInputError("texts", "a string or a list of strings", describe(texts))
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise InvalidInputError(
                "batch_size", "a whole number >= 1", describe_parameter(batch_size)
            )
        decode = DecodeOptions(
            threshold,
            _flag("flat_ner", flat_ner),
            _flag("multi_label", multi_label),
            class_probs=_flag("return_class_probs", return_class_probs),
        )
        prompts = [self._prompt(each) for each in _labels_per_text(labels, len(texts))]
        plans = [
            self.engine.plan_whole(text, prompt, decode)
            for text, (prompt, _) in zip(texts, prompts, strict=True)
        ]
        with tqdm(
            total=sum(len(plan.windows) for plan in plans),
            desc="detecting",
            unit="window",
            disable=not show_progress,
        ) as bar:
            found = self.engine.run_plans(plans, max_rows=batch_size, on_batch=bar.update)
        for entities, (_, names) in zip(found, prompts, strict=True):
            _rename(entities, names)
        return found

    def predict_entities(
        self,
        text: str,
        labels: Labels,
        flat_ner: bool = True,
        threshold: float = 0.5,
        multi_label: bool = False,
        return_class_probs: bool = False,
        **options: Any,
    ) -> list[Entity]:
        """Entities of one text; see :meth:`inference`."""
        if not isinstance(text, str):
            raise InvalidInputError("text", "a string", describe(text))
        return self.inference(
            [text],
            labels,
            flat_ner=flat_ner,
            threshold=threshold,
            multi_label=multi_label,
            return_class_probs=return_class_probs,
            **options,
        )[0]

    def batch_predict_entities(
        self,
        texts: Sequence[str],
        labels: Labels | Sequence[Labels],
        flat_ner: bool = True,
        threshold: float = 0.5,
        multi_label: bool = False,
        **options: Any,
    ) -> list[list[Entity]]:
        """gliner's older name of :meth:`inference`; deprecated there."""
        warnings.warn(
            "batch_predict_entities is deprecated; use inference", FutureWarning, stacklevel=2
        )
        return self.inference(
            texts,
            labels,
            flat_ner=flat_ner,
            threshold=threshold,
            multi_label=multi_label,
            **options,
        )

    def _prompt(self, labels: Labels) -> tuple[Prompt, Mapping[str, str]]:
        """The prompt, and the caller's label for each label the model reads."""
        if not isinstance(labels, Mapping):
            return self.engine.prompt(labels), {}
        names = check_labels(list(labels))
        for description in labels.values():
            if not isinstance(description, str):
                raise InvalidInputError("labels", "descriptions as strings", describe(description))
        described = {description: label for label, description in labels.items()}
        if len(described) != len(names):
            raise InvalidInputError(
                "labels", "a different description for each label", "two labels that share one"
            )
        return self.engine.prompt(list(described)), described


def _labels_per_text(labels: Any, texts: int) -> list[Labels]:
    """Labels of each text, whether they came shared or one set a text."""
    per_text = (
        isinstance(labels, Sequence)
        and not isinstance(labels, str)
        and any(isinstance(each, (list, tuple, Mapping)) for each in labels)
    )
    if not per_text:
        return [labels] * texts
    if len(labels) != texts:
        raise InvalidInputError("labels", f"one set for each of {texts} texts", str(len(labels)))
    return list(labels)


def _rename(entities: list[Entity], names: Mapping[str, str]) -> None:
    """Put the caller's labels in place of the descriptions that the model read."""
    if not names:
        return
    for entity in entities:
        entity["label"] = names[entity["label"]]
        if "class_probs" in entity:
            entity["class_probs"] = {names[d]: p for d, p in entity["class_probs"].items()}


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise InvalidInputError(name, "true or false", describe_parameter(value))
    return value


def _precision(precision: str | None, quantize: str | None, dtype: Any) -> str | None:
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


def _device(device: object) -> str:
    """A device's name. ``cuda:0`` and torch's device objects are understood."""
    name = str(device)
    return "cuda" if name == "cuda:0" else name
