"""Linear layers in the precision of the conversion, activations and normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from gliner_fast.convert.graph import FUSED_DOMAIN, GraphBuilder
from gliner_fast.convert.quantize import PANEL, RUN, WEIGHT_BITS, pack, quantize
from gliner_fast.convert.weights import FloatArray, Linear

__all__ = ["LINEAR_KINDS", "Layers", "Precision", "Quantization"]

#: Kinds of linear layers that are quantized together: the parts of an encoder layer, named as
#: :meth:`Layers.linear` gets them, and the head.
LINEAR_KINDS = ("qkv", "attention_output", "feed_up", "feed_down", "head")
#: What the fused int8 operator does after its product.
_FUSED_ACTIVATIONS = ("gelu", "relu")


class Precision(str, Enum):
    """What weights are stored and multiplied in; :func:`graphs.write_graphs` says which."""

    FP32 = "fp32"
    FP16 = "fp16"
    INT8 = "int8"


@dataclass(frozen=True, slots=True)
class Quantization:
    """How int8 is made; other precisions ignore it.

    Attributes:
        weight_bits: One of ``quantize.WEIGHT_BITS``.
        kept_fp32: Linear layers that stay in fp32, by ``LINEAR_KINDS``.
    """

    weight_bits: int = WEIGHT_BITS[0]
    kept_fp32: tuple[str, ...] = ()

    def __str__(self) -> str:
        kept = f", {' and '.join(self.kept_fp32)} in fp32" if self.kept_fp32 else ""
        return f"weights of {self.weight_bits} bits{kept}"


class Layers:
    """Emits the building blocks of the network into a graph.

    Args:
        graph: Where nodes go.
        precision: Form of :meth:`linear`. Other tensors are float16 for fp16, else float32.
        fused: Use this project's own CPU operators where there are any.
        quantization: Where ``precision`` is int8.
    """

    def __init__(
        self,
        graph: GraphBuilder,
        precision: Precision,
        fused: bool = False,
        quantization: Quantization | None = None,
    ) -> None:
        self.graph = graph
        self.precision = precision
        self.fused = fused
        self.quantization = quantization or Quantization()
        self.dtype: type[np.floating] = np.float16 if precision is Precision.FP16 else np.float32

    def weight(self, name: str, array: FloatArray) -> str:
        """A weight in the encoder's float type."""
        return self.graph.weight(name, array.astype(self.dtype, copy=False))

    def constant(self, value: float | list[float]) -> str:
        return self.graph.constant(value, self.dtype)

    def embedding(self, name: str, table: FloatArray, indices: str) -> str:
        """Rows of a table.

        In int8 the table is stored as float16: it is most of a model's size, and its rounding
        is a hundred times finer than that of the layers after it.
        """
        g = self.graph
        if self.precision is Precision.INT8:
            rows = g.op("Gather", g.weight(name, table.astype(np.float16)), indices)
            return g.cast(rows, np.float32)
        return g.op("Gather", self.weight(name, table), indices)

    @property
    def fused_products(self) -> str:
        """In what this project's operators multiply activations with one another.

        Between int8 layers, sixteen bits are as good as thirty-two, and eight cost about as much
        again as the layers do: that is for models which bear weights of seven.
        """
        if self.precision is not Precision.INT8:
            return "f32"
        return "int8" if self.quantization.weight_bits == WEIGHT_BITS[0] else "int16"

    def linear(self, x: str, layer: Linear, name: str, activation: str = "") -> str:
        """``act(x @ W.T + b)`` over the last axis of ``x``."""
        g = self.graph
        with g.scope(name):
            if self.precision is not Precision.INT8 or name in self.quantization.kept_fp32:
                product = g.op("MatMul", x, self.weight("weight", layer.weight.T))
            elif self.fused:
                return self._fused_int8(x, layer, activation)
            else:
                product = self._int8_product(x, layer)
            y = product
            if layer.bias.any():
                y = g.op("Add", product, self.weight("bias", layer.bias))
            return self.activation(y, activation) if activation else y

    def _fused_int8(self, x: str, layer: Linear, activation: str) -> str:
        """Quantization, product, rescaling, bias and activation in one operator."""
        g = self.graph
        integers, scale = quantize(layer.weight, self.quantization.weight_bits)
        inside = activation in _FUSED_ACTIVATIONS
        y = g.op(
            "QuantLinear",
            x,
            g.weight("weight_int8", pack(integers)),
            g.weight("weight_scale", scale),
            g.weight("bias", layer.bias),
            domain=FUSED_DOMAIN,
            activation=activation if inside else "none",
        )
        return self.activation(y, activation) if activation and not inside else y

    def _int8_product(self, x: str, layer: Linear) -> str:
        """Integer product with one activation scale per row and one weight scale per column.

        A row is one token, so a token's result does not depend on what else is in the batch,
        as it does with ONNX Runtime's own dynamic quantization, which takes one scale per
        tensor. Activations are unsigned around 128: only that form, with signed weights,
        reaches the integer kernels of ONNX Runtime (signed activations are 40 times slower).
        """
        g = self.graph
        outputs, inputs = layer.weight.shape
        integers, weight_scale = quantize(layer.weight, self.quantization.weight_bits)
        largest = g.op("ReduceMax", g.op("Abs", x), g.constant([-1]), keepdims=1, name="row_max")
        # A row of zeros must not divide by zero.
        largest = g.op("Max", largest, self.constant(1e-20))
        scale = g.op("Div", largest, self.constant(127.0), name="row_scale")
        shifted = g.op("Add", g.op("Div", x, scale), self.constant(128.0))
        product = g.op(
            "MatMulInteger",
            g.cast(g.op("Round", shifted), np.uint8),
            self._unpacked(g.weight("weight_int8", pack(integers)), outputs, inputs),
            g.constant(128, np.uint8),
            g.constant(0, np.int8),
        )
        scaled = g.op("Mul", g.cast(product, np.float32), scale)
        return g.op("Mul", scaled, g.weight("weight_scale", weight_scale))

    def _unpacked(self, packed: str, outputs: int, inputs: int) -> str:
        """Packed weights as (inputs, outputs). ONNX Runtime computes this once, at load."""
        g = self.graph
        wide = (-(-inputs // RUN) * RUN, -(-outputs // PANEL) * PANEL)
        matrix = g.op("Reshape", g.transpose(packed, 1, 3, 0, 2), g.constant(list(wide)))
        if wide == (inputs, outputs):
            return matrix
        end, axes = g.constant([inputs, outputs]), g.constant([0, 1])
        return g.op("Slice", matrix, g.constant([0, 0]), end, axes)

    def layer_norm(
        self, x: str, gain: FloatArray, bias: FloatArray, epsilon: float, residual: str = ""
    ) -> str:
        """``norm(x + residual) * gain + bias`` over the last axis."""
        g = self.graph
        scale = [self.weight("norm_gain", gain), self.weight("norm_bias", bias)]
        if self.fused:
            return g.op("AddLayerNorm", x, residual, *scale, domain=FUSED_DOMAIN, epsilon=epsilon)
        added = g.op("Add", x, residual) if residual else x
        return g.op("LayerNormalization", added, *scale, axis=-1, epsilon=epsilon)

    def activation(self, x: str, name: str) -> str:
        """An activation by transformers' name for it."""
        g = self.graph
        if name == "gelu":
            return g.op("Gelu", x)
        if name in ("gelu_new", "gelu_pytorch_tanh"):
            return g.op("Gelu", x, approximate="tanh")
        if name in ("silu", "swish"):
            return g.op("Mul", x, g.op("Sigmoid", x))
        return g.op({"relu": "Relu", "tanh": "Tanh"}[name], x)
