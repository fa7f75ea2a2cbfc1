"""The two graphs of a model, over one file of weights."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from gliner_fast.convert.attention import PortableAttention
from gliner_fast.convert.checkpoint import Checkpoint
from gliner_fast.convert.encoder import Attention, build_encoder
from gliner_fast.convert.fused import FusedAttention, can_fuse
from gliner_fast.convert.graph import GraphBuilder, WeightFile
from gliner_fast.convert.head import build_head, fused_inputs, head_inputs
from gliner_fast.convert.layers import Layers, Precision, Quantization
from gliner_fast.manifest import DATA_FILE, FUSED_FILE, MODEL_FILE

__all__ = ["has_fused_graph", "write_graphs"]

#: Multiplications of the head for a word over those of the encoder for a token, from which on
#: the head is worth quantizing: 0.28 in the default model, 0.02 in nvidia/gliner-pii.
_LEAST_HEAD = 0.1


def write_graphs(
    folder: Path,
    checkpoint: Checkpoint,
    precision: Precision,
    quantization: Quantization | None = None,
    on_layer: Callable[[], object] = lambda: None,
) -> None:
    """Write the portable graph, the fused one where there is one, and the weights of both.

    fp16 is for the encoder. int8 is for its linear layers, and for the head's where they are a
    good part of the work.

    Args:
        quantization: Of an int8 model.
        on_layer: Called after each layer of each graph, for progress.
    """
    with (folder / DATA_FILE).open("wb") as stream:
        data = WeightFile(stream, DATA_FILE)
        for fused in (False, True):
            if fused and not has_fused_graph(checkpoint, precision):
                continue
            graph = GraphBuilder(data)
            layers = Layers(graph, precision, fused, quantization)
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
    places = needed = ""
    if layers.fused:
        input_ids = graph.input("distinct_ids", np.int64, ["distinct"])
        places = graph.input("places", np.int64, ["token"])
        rows = graph.input("cu_lengths", np.int64, ["batch_plus_1"])
        attention = FusedAttention(layers, encoder, rows)
        needed = graph.input("needed", np.int64, ["needed"])
        inputs = fused_inputs(graph)
    else:
        input_ids = graph.input("input_ids", np.int64, ["batch", "token"])
        counts = graph.input("token_counts", np.int64, ["batch"])
        attention = PortableAttention(layers, encoder, input_ids, counts)
        inputs = head_inputs(graph, checkpoint.head)
    with graph.scope("encoder"):
        hidden = build_encoder(
            layers, encoder, weights, input_ids, attention, on_layer, places, needed
        )
        if layers.dtype is np.float16:
            hidden = graph.cast(hidden, np.float32)
    with graph.scope("head"):
        form = _head_precision(layers, checkpoint)
        head_layers = Layers(graph, form, layers.fused, layers.quantization)
        return build_head(
            head_layers, checkpoint.head, weights, hidden, encoder.hidden_size, inputs
        )


def _head_precision(layers: Layers, checkpoint: Checkpoint) -> Precision:
    """int8 where the encoder is and it pays, else fp32."""
    encoder, head = checkpoint.encoder, checkpoint.head
    by_token = encoder.num_hidden_layers * (
        4 * encoder.hidden_size**2 + 2 * encoder.hidden_size * encoder.intermediate_size
    )
    by_word = 24 * head.hidden_size**2
    pays = by_word >= _LEAST_HEAD * by_token
    quantized = layers.precision is Precision.INT8 and "head" not in layers.quantization.kept_fp32
    return Precision.INT8 if quantized and pays else Precision.FP32
