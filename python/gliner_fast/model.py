"""``GLiNER``: gliner's class, methods and arguments over this engine.

A program that uses ``from gliner import GLiNER`` for inference changes that line.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from gliner_fast.arguments import (
    Labels,
    as_device,
    as_flag,
    as_labels,
    as_precision,
    as_text,
    as_texts,
    as_threshold,
    as_whole,
    labels_per_text,
    refuse,
)
from gliner_fast.config import GlinerConfig
from gliner_fast.engine import Engine, EngineOptions
from gliner_fast.errors import InvalidInputError, describe
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

#: gliner's arguments that say how a model is loaded or run there, or concern models of other
#: kinds. They change nothing here.
_IGNORED = frozenset(
    {
        "_attn_implementation",
        "compile_torch_model",
        "load_tokenizer",
        "low_cpu_mem_usage",
        "post_fusion_schema",
        "proxies",
        "resize_token_embeddings",
        "resume_download",
        "runtime",
        "runtime_options",
        "session_options",
        "strict",
        "variant",
    }
)


class GLiNER:
    """A GLiNER model, loaded. Thread safe.

    Attributes:
        engine: What runs it; see :class:`gliner_fast.engine.Engine`.
    """

    def __init__(
        self, engine: Engine, files: ModelFiles, options: EngineOptions | None = None
    ) -> None:
        self.engine = engine
        self._files = files
        self._options = options or EngineOptions()

    @classmethod
    def from_pretrained(
        cls,
        model_id: str | Path | None = None,
        revision: str | None = None,
        cache_dir: str | Path | None = None,
        force_download: bool = False,
        *,
        device: str | None = None,
        precision: str | None = None,
        threads: int = 0,
        local_files_only: bool = False,
        token: str | bool | None = None,
        model_dir: str | Path | None = None,
        load_onnx_model: bool = False,
        onnx_model_file: str | None = "model.onnx",
        runtime_model_file: str | None = None,
        map_location: str | None = None,
        quantize: str | None = None,
        dtype: str | None = None,
        max_length: int | None = None,
        max_width: int | None = None,
        **ignored: Any,
    ) -> GLiNER:
        """Load a model; a checkpoint is converted first, once.

        Args:
            model_id: A folder or a Hub name; None for the model inside the package.
            revision, cache_dir, force_download, local_files_only, token: As huggingface_hub's.
            device: ``auto``, ``cpu``, ``cuda`` or ``mps``. ``map_location`` is gliner's name.
                Without either, the environment's ``DEVICE``, then ``auto``.
            precision: ``fp32``, ``fp16`` or ``int8``. gliner's ``quantize="int8"`` and
                ``dtype="fp16"`` mean the same.
            threads: CPU threads of one run; 0 means one for each usable CPU.
            model_dir: A folder to load in place of ``model_id``.
            load_onnx_model, onnx_model_file: Load a graph that gliner exported, as it is.
                ``runtime_model_file`` is gliner's newer name of the latter.
            max_length: Most words that the model reads at once, in place of its own number.
                Longer texts are cut; gliner leaves the rest out.
            max_width: Longest entity, in words, up to the model's own number.
            ignored: gliner's other arguments: how torch loads a model means nothing here.

        Raises:
            ModelError, DeviceUnavailableError, InvalidInputError
            TypeError: For any other argument. gliner hands those to the model's constructor.
        """
        unknown = sorted(set(ignored) - _IGNORED)
        if unknown:
            raise TypeError(f"from_pretrained() got unexpected arguments: {', '.join(unknown)}")
        options = EngineOptions(
            device=as_device(device or map_location or os.environ.get("DEVICE") or "auto"),
            threads=threads,
            max_len=None if max_length is None else as_whole("max_length", max_length, 1),
            max_width=None if max_width is None else as_whole("max_width", max_width, 1),
        )
        if load_onnx_model or str(runtime_model_file).endswith(".onnx"):
            onnx_file = runtime_model_file or onnx_model_file or "model.onnx"
        else:
            onnx_file = None
        files = find_model(
            model_id if model_dir is None else Path(model_dir),
            precision=as_precision(precision, quantize, dtype),
            onnx_file=onnx_file,
            hub=HubOptions(revision, cache_dir, token, force_download, local_files_only),
        )
        return cls(Engine(files, options), files, options)

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
        chosen = as_device(device)
        if chosen != self.device:
            self.engine = Engine(self._files, replace(self._options, device=chosen))
        return self

    def detect(
        self,
        text: str,
        labels: str | Iterable[str],
        threshold: float = DEFAULT_THRESHOLD,
        chunk_length: int = DEFAULT_CHUNK_LENGTH,
        overlap: int | None = None,
        flat_ner: bool = False,
    ) -> list[Entity]:
        """What the endpoint answers: the text is read in windows of characters.

        Args:
            labels: Labels to look for; a string is one.
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
        decode = DecodeOptions(threshold, as_flag("flat_ner", flat_ner))
        options = DetectOptions(decode, as_whole("chunk_length", chunk_length, 1))
        if overlap is not None:
            options = replace(options, overlap=as_whole("overlap", overlap, 0))
        return self.engine.detect(text, as_labels(labels), options)

    def inference(
        self,
        texts: str | Iterable[str | None],
        labels: Labels | Iterable[Labels],
        flat_ner: bool = True,
        threshold: float = 0.5,
        multi_label: bool = False,
        batch_size: int = 8,
        packing_config: None = None,
        input_spans: None = None,
        return_class_probs: bool = False,
        *,
        return_vectors: bool = False,
        return_label_vectors: bool = False,
        show_progress: bool = False,
    ) -> list[list[Entity]]:
        """Entities of each text. A text is one window; one of too many words is cut and joined.

        Args:
            texts: One, or any iterable. In what is no text, such as None, nothing is found.
            labels: Shared by all texts, or one list for each; a string is one label. A mapping
                gives a description that the model reads in place of the label.
            flat_ner: True keeps spans that share no word; False also keeps nested ones.
            threshold: A span counts where its probability is above.
            multi_label: True lets one span carry several labels.
            batch_size: Most windows of one batch.
            packing_config, input_spans, return_vectors, return_label_vectors: gliner's; not
                supported, so None or False.
            return_class_probs: Add ``class_probs``, the five best labels of the span.
            show_progress: Show a progress bar.

        Returns:
            For each text, entities ordered by (start, end, label). An empty text has none.

        Raises:
            InvalidInputError, InferenceError
        """
        refuse(
            packing_config=packing_config,
            input_spans=input_spans,
            return_vectors=return_vectors,
            return_label_vectors=return_label_vectors,
        )
        batch_size = as_whole("batch_size", batch_size, 1)
        decode = DecodeOptions(
            as_threshold(threshold),
            as_flag("flat_ner", flat_ner),
            as_flag("multi_label", multi_label),
            class_probs=as_flag("return_class_probs", return_class_probs),
        )
        listed = as_texts(texts)
        prompts = [self._prompt(each) for each in labels_per_text(labels, len(listed))]
        plans = [
            self.engine.plan_whole(text, prompt, decode)
            for text, (prompt, _) in zip(listed, prompts, strict=True)
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
        text: str | None,
        labels: Labels,
        flat_ner: bool = True,
        threshold: float = 0.5,
        multi_label: bool = False,
        return_class_probs: bool = False,
        **options: Any,
    ) -> list[Entity]:
        """Entities of one text; see :meth:`inference`."""
        return self.inference(
            [as_text("text", text)],
            labels,
            flat_ner=flat_ner,
            threshold=threshold,
            multi_label=multi_label,
            return_class_probs=return_class_probs,
            **options,
        )[0]

    def batch_predict_entities(
        self,
        texts: str | Iterable[str | None],
        labels: Labels | Iterable[Labels],
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

    def _prompt(self, labels: list[str] | Mapping[str, str]) -> tuple[Prompt, Mapping[str, str]]:
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


def _rename(entities: list[Entity], names: Mapping[str, str]) -> None:
    """Put the caller's labels in place of the descriptions that the model read."""
    if not names:
        return
    for entity in entities:
        entity["label"] = names[entity["label"]]
        if "class_probs" in entity:
            entity["class_probs"] = {names[d]: p for d, p in entity["class_probs"].items()}
