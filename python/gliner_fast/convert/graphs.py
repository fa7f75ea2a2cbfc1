"""The two graphs of a model, over one file of weights."""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib.metadata import version
from pathlib import Path

import numpy as np

from gliner_fast.convert.attention import PortableAttention
from gliner_fast.convert.checkpoint import Checkpoint
from gliner_fast.convert.encoder import Attention, build_encoder
from gliner_fast.convert.fused import FusedAttention, can_fuse
from gliner_fast.convert.graph import GraphBuilder, WeightFile
from gliner_fast.convert.head import build_head, head_inputs
from gliner_fast.convert.layers import Layers, Precision
from gliner_fast.manifest import DATA_FILE, FUSED_FILE, MODEL_FILE

__all__ = ["has_fused_graph", "write_graphs"]


def write_graphs(
    folder: Path,
    checkpoint: Checkpoint,
    precision: Precision,
    kept_fp32: Collection[str] = (),
    on_layer: Callable[[], object] = lambda: None,
) -> None:
    """Write the portable graph, the fused one where there is one, and the weights of both.

    Args:
        kept_fp32: Kinds of linear layers that stay in fp32; see ``layers.LINEAR_KINDS``.
        on_layer: Called after each layer of each graph, for progress.
    """
    with (folder / DATA_FILE).open("wb") as stream:
        data = WeightFile(stream, DATA_FILE)
        for fused in (False, True):
            if fused and not has_fused_graph(checkpoint, precision):
                continue
            graph = GraphBuilder(data)
            layers = Layers(graph, precision, fused, kept_fp32)
            logits = _build(layers, checkpoint, on_layer)
            shape: list[str | int] = ["batch", "word", checkpoint.head.max_width, "label"]
            graph.output(logits, "logits", np.float32, shape)
            graph.save(folder / (FUSED_FILE if fused else MODEL_FILE), version("gliner-fast"))


def has_fused_graph(checkpoint: Checkpoint, precision: Precision) -> bool:
    """Whether :func:`write_graphs` writes two graphs."""
    # CPUs compute fp16 in fp32: that precision is for GPUs.
    return precision is not Precision.FP16 and can_fuse(checkpoint.encoder, checkpoint.head)


def _build(layers: Layers, checkpoint: Checkpoint, on_layer: Callable[[], object]) -> str:
    """Emit the whole network; the name of its logits."""
    graph, encoder, weights = layers.graph, checkpoint.encoder, checkpoint.weights
    attention: Attention
    if layers.fused:
        input_ids = graph.input("input_ids", np.int64, ["token"])
        rows = graph.input("cu_lengths", np.int64, ["batch_plus_1"])
        attention = FusedAttention(layers, encoder, rows)
    else:
        input_ids = graph.input("input_ids", np.int64, ["batch", "token"])
        counts = graph.input("token_counts", np.int64, ["batch"])
        attention = PortableAttention(layers, encoder, input_ids, counts)
    inputs = head_inputs(graph, checkpoint.head)
    with graph.scope("encoder"):
        hidden = build_encoder(layers, encoder, weights, input_ids, attention, on_layer)
        if layers.dtype is np.float16:
            hidden = graph.cast(hidden, np.float32)
    with graph.scope("head"):
        return build_head(
            graph,
            checkpoint.head,
            weights,
            hidden,
            encoder.hidden_size,
            inputs,
            ragged=layers.fused,
        )
