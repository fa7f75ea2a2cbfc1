"""A checkpoint becomes a model folder: read, build, measure, write."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tqdm import tqdm

from gliner_fast.config import CONFIG_FILE
from gliner_fast.convert.checkpoint import Checkpoint
from gliner_fast.convert.fidelity import LEAST_F1, Fidelity, Findings, compare, observe
from gliner_fast.convert.graphs import has_fused_graph, write_graphs
from gliner_fast.convert.layers import LINEAR_KINDS, Precision, Quantization
from gliner_fast.convert.quantize import WEIGHT_BITS
from gliner_fast.engine import Engine
from gliner_fast.errors import GlinerFastError, InvalidInputError, ModelError
from gliner_fast.hub import HubOptions, Revision, download, find_local, resolve
from gliner_fast.manifest import (
    MANIFEST_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    Manifest,
    check_free,
    hash_file,
    new_folder,
)
from gliner_fast.model_source import ModelFiles

__all__ = ["PRECISIONS", "convert", "convert_folder"]

PRECISIONS = tuple(p.value for p in Precision)
#: More kinds than this in fp32, and int8 is not worth its name.
_MOST_KEPT = 2
_log = logging.getLogger("gliner_fast")


def convert(
    source: str | Path,
    target: str | Path,
    precision: str = "fp32",
    *,
    force: bool = False,
    allow_lossy: bool = False,
    weight_bits: int | None = None,
    progress: bool = True,
    hub: HubOptions | None = None,
) -> Path:
    """Convert a GLiNER checkpoint into a model folder.

    Args:
        source: Checkpoint folder or Hub name.
        target: Folder to write. It appears whole or not at all.
        precision: ``fp32``; ``fp16`` halves the encoder's weights (for GPUs); ``int8``
            multiplies the encoder's linear layers in int8, one activation scale per token.
            int8 is measured against fp32 on calibration texts; see ``fidelity``.
        force: Replace an existing target.
        allow_lossy: Write an int8 model that does not keep the fp32 model's entities.
        weight_bits: Of int8's weights: 7, with which x86 CPUs without VNNI are 1.3 to 1.6 times
            as fast, or 8; without it 7 where that keeps the fp32 model's entities.
        progress: Show a progress bar on standard error.
        hub: How to talk to the Hub.

    Returns:
        ``target``.

    Raises:
        ModelNotFoundError, UnsupportedModelError, CorruptModelError, UnsafeCheckpointError,
        ModelError: Nothing is written then.
        GlinerFastError: If the target exists and ``force`` is false, or is no converted model.
    """
    hub = hub or HubOptions()
    _check_replaceable(Path(target), force)
    folder = find_local(source)
    revision = None
    if folder is None:
        revision = resolve(str(source), hub)
        folder = download(revision, hub)
    return convert_folder(
        folder,
        Path(target),
        precision,
        revision,
        force=force,
        allow_lossy=allow_lossy,
        weight_bits=weight_bits,
        progress=progress,
        hub=hub,
    )


def convert_folder(
    folder: Path,
    target: Path,
    precision: str,
    revision: Revision | None,
    *,
    force: bool,
    progress: bool,
    hub: HubOptions,
    allow_lossy: bool = False,
    weight_bits: int | None = None,
) -> Path:
    """Convert the checkpoint in ``folder``; ``revision`` says where it came from."""
    if precision not in PRECISIONS:
        raise InvalidInputError("precision", f"one of {', '.join(PRECISIONS)}", repr(precision))
    if weight_bits is not None and weight_bits not in WEIGHT_BITS:
        raise InvalidInputError("weight_bits", "7, 8 or None", repr(weight_bits))
    if weight_bits is not None and precision != Precision.INT8.value:
        raise InvalidInputError("weight_bits", f"None for {precision}", repr(weight_bits))
    checkpoint = Checkpoint.load(folder, hub)
    form = Precision(precision)
    with new_folder(target, replace=force) as scratch:
        writer = _Writer(scratch, checkpoint, progress)
        fidelity = None
        if form is Precision.INT8:
            sizes = WEIGHT_BITS if weight_bits is None else (weight_bits,)
            fidelity = writer.write_int8(sizes, allow_lossy)
        else:
            writer.write(scratch, form)
        encoder = checkpoint.encoder
        Manifest(
            model_id=revision.repo_id if revision else folder.resolve().name,
            precision=precision,
            source={
                "repository": revision.repo_id if revision else None,
                "revision": revision.commit if revision else None,
                "base_model": checkpoint.base_model,
                "files": {path.name: hash_file(path).sha256 for path in checkpoint.sources},
            },
            versions={"gliner-fast": version("gliner-fast"), "onnx": version("onnx")},
            parameters=checkpoint.weights.parameters,
            max_tokens=encoder.max_position_embeddings if encoder.position_biased_input else None,
            fidelity=fidelity.as_manifest() if fidelity else None,
        ).save(scratch)
    return target


def _check_replaceable(target: Path, force: bool) -> None:
    """Refuse before anything is downloaded.

    ``force`` is for models: a mistyped target must not take a checkpoint, or a home, away.
    """
    empty = target.is_dir() and not any(target.iterdir())
    if target.exists() and not empty and not (target / MANIFEST_FILE).is_file():
        raise GlinerFastError(f"{target}: exists and is not a converted model; not replaced")
    check_free(target, force)


class _Writer:
    """Writes a checkpoint's files, all but the manifest, in any precision."""

    def __init__(self, scratch: Path, checkpoint: Checkpoint, progress: bool) -> None:
        self._scratch = scratch
        self._checkpoint = checkpoint
        self._progress = progress

    def write(
        self, folder: Path, precision: Precision, quantization: Quantization | None = None
    ) -> None:
        """Graphs, weights, tokenizer and configuration into ``folder``."""
        checkpoint = self._checkpoint
        graphs = 1 + has_fused_graph(checkpoint, precision)
        how = f", {quantization}" if quantization else ""
        with tqdm(
            total=checkpoint.encoder.num_hidden_layers * graphs,
            desc=f"converting to {precision.value}{how}",
            unit="layer",
            disable=not self._progress,
        ) as bar:
            write_graphs(folder, checkpoint, precision, quantization, lambda: bar.update())
        checkpoint.tokenizer.save(str(folder / TOKENIZER_FILE))
        config = {**checkpoint.config.raw, "class_token_index": checkpoint.class_token}
        (folder / CONFIG_FILE).write_text(
            json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )

    def write_int8(self, sizes: Sequence[int], allow_lossy: bool) -> Fidelity:
        """Quantize, measure, and put back into fp32 what hurts most, until the model passes.

        With ``allow_lossy`` it is measured and stays as it is.

        Args:
            sizes: Of weights, in bits, in the order in which to try them.

        Raises:
            ModelError: If it cannot pass and ``allow_lossy`` is false.
        """
        original = self._observe(Precision.FP32)

        def measured(quantization: Quantization) -> Fidelity:
            return compare(original, self._observe(Precision.INT8, quantization), quantization)

        for bits in sizes:
            fidelity = measured(Quantization(bits))
            if fidelity.passes or allow_lossy:
                break
        kept: tuple[str, ...] = ()
        while not (fidelity.passes or allow_lossy) and len(kept) < _MOST_KEPT:
            others = (kind for kind in LINEAR_KINDS if kind not in kept)
            trials = [measured(Quantization(bits, (*kept, kind))) for kind in others]
            fidelity = min(trials, key=lambda trial: trial.logit_error)
            kept = fidelity.quantization.kept_fp32
        if not (fidelity.passes or allow_lossy):
            labels = ", ".join(fidelity.failing_labels)
            raise ModelError(
                f"int8 does not keep this model's entities: F1 {fidelity.f1:.4f} against fp32 "
                f"(expected at least {LEAST_F1})"
                + (f"; labels that lose too many: {labels}" if labels else "")
                + ". Use fp32, or --allow-lossy (allow_lossy=True) to write it all the same"
            )
        _log.info(
            "int8 keeps F1 %.4f of the fp32 model's entities; %s",
            fidelity.f1,
            fidelity.quantization,
        )
        self.write(self._scratch, Precision.INT8, fidelity.quantization)
        return fidelity

    def _observe(self, precision: Precision, quantization: Quantization | None = None) -> Findings:
        """Findings of a form of the model that is written for this and removed."""
        folder = self._scratch / "trial"
        folder.mkdir()
        try:
            self.write(folder, precision, quantization)
            files = ModelFiles(folder, MODEL_FILE, "trial", precision=precision.value)
            return observe(Engine(files))
        finally:
            shutil.rmtree(folder)
