"""The vocabulary for writing ONNX graphs: operators, weights and shapes.

Weights of a kilobyte or more go straight to the external data file as they are added, so a
conversion never holds more than one of them, and a session can map the file into memory. Graphs
of one model share the file: equal weights are stored once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from gliner_fast.errors import MissingDependencyError

try:
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError:
    raise MissingDependencyError("onnx", "convert", "Converting a model") from None

__all__ = ["FUSED_DOMAIN", "OPSET", "GraphBuilder", "WeightFile"]

#: Opset 20 has Gelu and LayerNormalization as operators; ONNX Runtime reads it since 1.17.
OPSET = 20
#: Domain of this project's own CPU operators.
FUSED_DOMAIN = "gliner_fast"
_IR_VERSION = 9
_INLINE_BYTES = 1024
#: Page size, so that a runtime can map each weight.
_ALIGNMENT = 4096

Array = npt.NDArray[Any]


class WeightFile:
    """The external data file of one or more graphs.

    Args:
        stream: Open for writing.
        name: As graphs refer to it, relative to their own file.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.name = name
        self._stream = stream
        self._stored: dict[bytes, int] = {}

    def store(self, array: Array) -> int:
        """Offset of the array's bytes, which are written unless equal ones were before."""
        key = hashlib.sha256(array.data).digest()
        if key not in self._stored:
            self._stream.write(b"\0" * (-self._stream.tell() % _ALIGNMENT))
            self._stored[key] = self._stream.tell()
            self._stream.write(array.data)
        return self._stored[key]


class GraphBuilder:
    """Collects nodes and weights. Every method that makes a tensor returns its name."""

    def __init__(self, weights: WeightFile) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._initializers: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._constants: dict[bytes, str] = {}
        self._scope: list[str] = []
        self._names: dict[str, int] = {}

    def scope(self, name: str) -> _Scope:
        """Prefix names made within the ``with`` block, so that profiles can be read."""
        return _Scope(self._scope, name)

    def _unique(self, name: str) -> str:
        full = "/".join([*self._scope, name])
        count = self._names.get(full, 0)
        self._names[full] = count + 1
        return f"{full}_{count}" if count else full

    def input(self, name: str, dtype: type[np.generic], dims: Sequence[str | int]) -> str:
        element = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self._inputs.append(helper.make_tensor_value_info(name, element, list(dims)))
        return name

    def output(
        self, tensor: str, name: str, dtype: type[np.generic], dims: Sequence[str | int]
    ) -> None:
        self._nodes.append(helper.make_node("Identity", [tensor], [name], name=name))
        element = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
        self._outputs.append(helper.make_tensor_value_info(name, element, list(dims)))

    def op(self, kind: str, *inputs: str, name: str = "", **attributes: Any) -> str:
        """Add an operator with one output."""
        return self.op_outputs(kind, 1, *inputs, name=name, **attributes)[0]

    def op_outputs(
        self, kind: str, outputs: int, *inputs: str, name: str = "", **attributes: Any
    ) -> list[str]:
        """Add an operator with several outputs."""
        node_name = self._unique(name or kind)
        names = [node_name if i == 0 else f"{node_name}:{i}" for i in range(outputs)]
        self._nodes.append(
            helper.make_node(kind, list(inputs), names, name=node_name, **attributes)
        )
        return names

    def weight(self, name: str, array: Array) -> str:
        """Add a tensor of the checkpoint, stored once."""
        array = np.ascontiguousarray(array)
        full = self._unique(name)
        if array.nbytes < _INLINE_BYTES:
            self._initializers.append(numpy_helper.from_array(array, full))
            return full
        offset = self._weights.store(array)
        tensor = TensorProto(name=full, dims=array.shape)
        tensor.data_type = helper.np_dtype_to_tensor_dtype(array.dtype)
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (
            ("location", self._weights.name),
            ("offset", str(offset)),
            ("length", str(array.nbytes)),
        ):
            tensor.external_data.add(key=key, value=value)
        self._initializers.append(tensor)
        return full

    def constant(self, value: Any, dtype: type[np.generic] = np.int64) -> str:
        """A small constant; equal ones share one tensor."""
        array = np.asarray(value, dtype=dtype)
        key = hashlib.sha256(f"{array.dtype}{array.shape}".encode() + array.tobytes()).digest()
        if key not in self._constants:
            name = f"const_{len(self._constants)}"
            self._initializers.append(numpy_helper.from_array(array, name))
            self._constants[key] = name
        return self._constants[key]

    # Shapes. Dimensions are int64 tensors of shape (1,), ready for Concat.

    def dim(self, tensor: str, axis: int) -> str:
        """The size of one axis, shape (1,)."""
        return self.op("Shape", tensor, start=axis, end=axis + 1)

    def shape(self, *dims: str | int) -> str:
        """A shape from sizes that are known (int) and tensors of shape (1,)."""
        if all(isinstance(d, int) for d in dims):
            return self.constant(list(dims))
        parts = [d if isinstance(d, str) else self.constant([d]) for d in dims]
        return self.op("Concat", *parts, axis=0)

    def reshape(self, tensor: str, *dims: str | int) -> str:
        """Reshape; 0 keeps a dimension, -1 is inferred."""
        return self.op("Reshape", tensor, self.shape(*dims))

    def scalar(self, dim: str) -> str:
        """A tensor of shape (1,) as a scalar."""
        return self.op("Squeeze", dim, self.constant([0]))

    def range(self, size: str) -> str:
        """0 .. size - 1 for a size of shape (1,)."""
        return self.op("Range", self.constant(0), self.scalar(size), self.constant(1), name="range")

    def slice(self, tensor: str, start: str, end: str, axis: int) -> str:
        """``tensor[start:end]`` along one axis; start and end of shape (1,)."""
        return self.op("Slice", tensor, start, end, self.constant([axis]))

    def unsqueeze(self, tensor: str, *axes: int) -> str:
        return self.op("Unsqueeze", tensor, self.constant(list(axes)))

    def transpose(self, tensor: str, *perm: int) -> str:
        return self.op("Transpose", tensor, perm=list(perm))

    def cast(self, tensor: str, dtype: type[np.generic]) -> str:
        return self.op("Cast", tensor, to=int(helper.np_dtype_to_tensor_dtype(np.dtype(dtype))))

    def save(self, path: Path, producer_version: str) -> None:
        """Write the graph. The weights are in the data file already."""
        graph = helper.make_graph(
            self._nodes, "gliner", self._inputs, self._outputs, self._initializers
        )
        own = any(node.domain == FUSED_DOMAIN for node in self._nodes)
        domains = [helper.make_opsetid(FUSED_DOMAIN, 1)] if own else []
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET), *domains],
            ir_version=_IR_VERSION,
            producer_name="gliner-fast",
            producer_version=producer_version,
        )
        path.write_bytes(model.SerializeToString())


class _Scope:
    def __init__(self, stack: list[str], name: str) -> None:
        self._stack = stack
        self._name = name

    def __enter__(self) -> None:
        self._stack.append(self._name)

    def __exit__(self, *_error: object) -> None:
        self._stack.pop()
