"""int8 form of a linear layer's weights.

Symmetric, one scale for each output channel. The integers are stored once, in the layout that
the fused operator reads: panels of 16 channels, and in them runs of 4 inputs, which is what one
dot-product instruction takes. The portable graph unpacks them when it is loaded.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gliner_fast.convert.weights import FloatArray

__all__ = ["PANEL", "RUN", "WEIGHT_BITS", "pack", "quantize"]

#: Output channels of a panel, and inputs of a run.
PANEL, RUN = 16, 4
#: Sizes of weights, best first. With seven bits no sum of two products with an unsigned byte
#: passes 2¹⁵, which is what x86 CPUs without VNNI hold it in: our operator is 1.3 to 1.6 times as
#: fast there, and ONNX Runtime's own, which the portable graph has, is right.
WEIGHT_BITS = (7, 8)
#: Most that four weights of one sign in two runs come to before rounding, with seven bits. After
#: it they are at most 128, so that our operator may sum two runs' products in those 15 bits.
_MOST_OF_FOUR = np.float32(126)

Int8Array = npt.NDArray[np.int8]


def quantize(weight: FloatArray, bits: int) -> tuple[Int8Array, FloatArray]:
    """Integers (outputs, inputs) in [-127, 127], or [-63, 63], and scales (outputs,).

    With seven bits, a channel in which four weights that are summed first are all large gets a
    coarser scale: a sixth of the default model's channels, by a tenth on average.
    """
    most = np.float32(2 ** (bits - 1) - 1)
    # A channel of zeros must not divide by zero.
    scale = np.maximum(np.abs(weight).max(axis=1), np.float32(1e-30)) / most
    if bits == 7:
        scale = np.maximum(scale, _largest_of_four(weight) / _MOST_OF_FOUR)
    return np.rint(weight / scale[:, None]).astype(np.int8), scale


def _largest_of_four(weight: FloatArray) -> FloatArray:
    """Of each channel, the largest sum of one sign over the same half of two neighbouring runs."""
    outputs, inputs = weight.shape
    padded = np.zeros((outputs, -(-inputs // (2 * RUN)) * 2 * RUN), np.float32)
    padded[:, :inputs] = weight
    fours = padded.reshape(outputs, -1, 2, 2, RUN // 2)
    above = np.maximum(fours, 0).sum(axis=(2, 4))
    below = np.maximum(-fours, 0).sum(axis=(2, 4))
    largest: FloatArray = np.maximum(above, below).max(axis=(1, 2))
    return largest


def pack(weight: Int8Array) -> Int8Array:
    """(outputs, inputs) → (panels, runs, PANEL, RUN), zeros in the padding."""
    outputs, inputs = weight.shape
    panels, runs = -(-outputs // PANEL), -(-inputs // RUN)
    padded = np.zeros((panels * PANEL, runs * RUN), np.int8)
    padded[:outputs, :inputs] = weight
    blocks = padded.reshape(panels, PANEL, runs, RUN).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(blocks)
