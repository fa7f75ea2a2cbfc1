"""A checkpoint becomes a model folder: read, check, build, write."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
from tokenizers import Tokenizer
from tqdm import tqdm

from gliner_fast.config import CONFIG_FILE, GlinerConfig
from gliner_fast.convert.attention import PortableAttention
from gliner_fast.convert.config import EncoderConfig, HeadConfig, check_convertible
from gliner_fast.convert.encoder import Attention, build_encoder
from gliner_fast.convert.fused import FusedAttention, can_fuse
from gliner_fast.convert.graph import GraphBuilder, WeightFile
from gliner_fast.convert.head import build_head, head_inputs
from gliner_fast.convert.layers import Layers, Precision
from gliner_fast.convert.tokenizer import TOKENIZER_SOURCES, load_tokenizer, with_markers
from gliner_fast.convert.weights import Weights, find_weights, open_weights
from gliner_fast.errors import (
    CorruptModelError,
    GlinerFastError,
    InvalidInputError,
    ModelNotFoundError,
)
from gliner_fast.hub import HubOptions, Revision, download, find_local, resolve
from gliner_fast.manifest import (
    DATA_FILE,
    FUSED_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    TOKENIZER_FILE,
    Manifest,
    hash_file,
    new_folder,
)

__all__ = ["PRECISIONS", "convert", "convert_folder"]

PRECISIONS = tuple(p.value for p in Precision)


def convert(
    source: str | Path,
    target: str | Path,
    precision: str = "fp32",
    *,
    force: bool = False,
    progress: bool = True,
    hub: HubOptions | None = None,
) -> Path:
    """Convert a GLiNER checkpoint into a model folder.

    Args:
        source: Checkpoint folder or Hub name.
        target: Folder to write. It appears whole or not at all.
        precision: ``fp32``; ``fp16`` halves the encoder's weights (for GPUs); ``int8``
            multiplies the encoder's linear layers in int8, one activation scale per token.
        force: Replace an existing target.
        progress: Show a progress bar on standard error.
        hub: How to talk to the Hub.

    Returns:
        ``target``.

    Raises:
        ModelNotFoundError, UnsupportedModelError, CorruptModelError, UnsafeCheckpointError:
            Nothing is written then.
        GlinerFastError: If the target exists and ``force`` is false, or is no converted model.
    """
    hub = hub or HubOptions()
    _check_replaceable(Path(target))
    folder = find_local(source)
    revision = None
    if folder is None:
        revision = resolve(str(source), hub)
        folder = download(revision, hub)
    return convert_folder(
        folder, Path(target), precision, revision, force=force, progress=progress, hub=hub
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
) -> Path:
    """Convert the checkpoint in ``folder``; ``revision`` says where it came from."""
    if precision not in PRECISIONS:
        raise InvalidInputError("precision", f"one of {', '.join(PRECISIONS)}", repr(precision))
    config = GlinerConfig.load(folder)
    head = check_convertible(config)
    weights_path = find_weights(folder)
    base = _BaseModel(config, hub)
    encoder = _encoder_config(config, base)
    tokenizer, class_token = _tokenizer(folder, config, base)
    for mark in (config.ent_token, config.sep_token):
        token = tokenizer.token_to_id(mark)
        if token is not None and token >= encoder.vocab_size:
            raise CorruptModelError(
                f"the id of {mark!r} is {token}, but the vocabulary has {encoder.vocab_size} tokens"
            )
    weights = open_weights(weights_path)
    form = Precision(precision)
    steps = encoder.num_hidden_layers * (1 + _has_fused_graph(encoder, head, form)) + 1
    with (
        new_folder(target, replace=force) as scratch,
        tqdm(
            total=steps,
            desc=f"converting to {precision}",
            unit="layer",
            disable=not progress,
        ) as bar,
    ):
        _write_graphs(scratch, encoder, head, weights, form, lambda: bar.update())
        tokenizer.save(str(scratch / TOKENIZER_FILE))
        written = {**config.raw, "class_token_index": class_token}
        (scratch / CONFIG_FILE).write_text(
            json.dumps(written, indent=2, sort_keys=True) + "\n", encoding="utf-8"
        )
        sources = [weights_path, folder / CONFIG_FILE]
        sources += [folder / n for n in TOKENIZER_SOURCES if (folder / n).is_file()]
        manifest = Manifest(
            model_id=revision.repo_id if revision else folder.resolve().name,
            precision=precision,
            source={
                "repository": revision.repo_id if revision else None,
                "revision": revision.commit if revision else None,
                "base_model": base.used,
                "files": {p.name: hash_file(p).sha256 for p in sources},
            },
            versions={"gliner-fast": version("gliner-fast"), "onnx": onnx.__version__},
            parameters=weights.parameters,
            max_tokens=encoder.max_position_embeddings if encoder.position_biased_input else None,
        )
        manifest.save(scratch)
        bar.update()
    return target


def _check_replaceable(target: Path) -> None:
    """``force`` is for models: a mistyped target must not take a checkpoint, or a home, away."""
    empty = target.is_dir() and not any(target.iterdir())
    if target.exists() and not empty and not (target / MANIFEST_FILE).is_file():
        raise GlinerFastError(f"{target}: exists and is not a converted model; not replaced")


class _BaseModel:
    """The model named by ``model_name``: the source of what the checkpoint leaves out."""

    def __init__(self, config: GlinerConfig, hub: HubOptions) -> None:
        self._name = config.model_name
        self._hub = HubOptions(
            cache_dir=hub.cache_dir, token=hub.token, local_files_only=hub.local_files_only
        )
        self.used: str | None = None

    def folder(self, missing: str) -> Path:
        """Its folder with configuration and tokenizer, but without weights."""
        try:
            found = find_local(self._name)
            # The manifest says what was used, not where it lay.
            used = found.name if found else self._name
            if found is None:
                revision = resolve(self._name, self._hub)
                small = tuple(n for n in revision.files if not n.endswith((".bin", ".safetensors")))
                found = download(Revision(revision.repo_id, revision.commit, small), self._hub)
        except ModelNotFoundError as error:
            raise ModelNotFoundError(
                f"the checkpoint has no {missing}, and its base model "
                f"(model_name) cannot be had: {error}"
            ) from None
        self.used = used
        return found


def _encoder_config(config: GlinerConfig, base: _BaseModel) -> EncoderConfig:
    raw = config.raw.get("encoder_config")
    if raw is None:
        path = base.folder("encoder_config") / "config.json"
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CorruptModelError(f"{path}: cannot be read ({error})") from error
        return EncoderConfig.from_dict(raw, config.vocab_size)
    if not isinstance(raw, dict):
        raise CorruptModelError("encoder_config: expected a JSON object")
    return EncoderConfig.from_dict(raw, -1)


def _tokenizer(folder: Path, config: GlinerConfig, base: _BaseModel) -> tuple[Tokenizer, int]:
    tokenizer = load_tokenizer(folder)
    if tokenizer is None:
        origin = base.folder("tokenizer")
        tokenizer = load_tokenizer(origin)
        if tokenizer is None:
            raise ModelNotFoundError(
                f"neither the checkpoint nor its base model {config.model_name!r} has one of "
                f"{', '.join(TOKENIZER_SOURCES)}"
            )
    return with_markers(tokenizer, config)


def _write_graphs(
    folder: Path,
    encoder: EncoderConfig,
    head: HeadConfig,
    weights: Weights,
    precision: Precision,
    on_layer: Callable[[], object],
) -> None:
    """Write the portable graph, the fused one where there is one, and the weights of both."""
    with (folder / DATA_FILE).open("wb") as stream:
        data = WeightFile(stream, DATA_FILE)
        for fused in (False, True):
            if fused and not _has_fused_graph(encoder, head, precision):
                continue
            graph = GraphBuilder(data)
            logits = _build(
                graph, encoder, head, weights, Layers(graph, precision, fused), on_layer
            )
            shape: list[str | int] = ["batch", "word", head.max_width, "label"]
            graph.output(logits, "logits", np.float32, shape)
            graph.save(folder / (FUSED_FILE if fused else MODEL_FILE), version("gliner-fast"))


def _has_fused_graph(encoder: EncoderConfig, head: HeadConfig, precision: Precision) -> bool:
    # CPUs compute fp16 in fp32: that precision is for GPUs.
    return precision is not Precision.FP16 and can_fuse(encoder, head)


def _build(
    graph: GraphBuilder,
    encoder: EncoderConfig,
    head: HeadConfig,
    weights: Weights,
    layers: Layers,
    on_layer: Callable[[], object],
) -> str:
    attention: Attention
    if layers.fused:
        input_ids = graph.input("input_ids", np.int64, ["token"])
        rows = graph.input("cu_lengths", np.int64, ["batch_plus_1"])
        attention = FusedAttention(layers, encoder, rows)
    else:
        input_ids = graph.input("input_ids", np.int64, ["batch", "token"])
        counts = graph.input("token_counts", np.int64, ["batch"])
        attention = PortableAttention(layers, encoder, input_ids, counts)
    inputs = head_inputs(graph, head)
    with graph.scope("encoder"):
        hidden = build_encoder(layers, encoder, weights, input_ids, attention, on_layer)
        if layers.dtype is np.float16:
            hidden = graph.cast(hidden, np.float32)
    with graph.scope("head"):
        return build_head(
            graph, head, weights, hidden, encoder.hidden_size, inputs, ragged=layers.fused
        )
