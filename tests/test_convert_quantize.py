"""int8 weights: how exact they are, and the sums that the kernels rely on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gliner_fast.convert.quantize import PANEL, RUN, pack, quantize

Seeds = st.integers(0, 2**32 - 1)


def _weights(seed: int, outputs: int, inputs: int) -> np.ndarray:
    """Rows of very different kinds: even, heavy-tailed, of one sign, all equal, zero."""
    rng = np.random.default_rng(seed)
    weight = rng.standard_normal((outputs, inputs)).astype(np.float32)
    weight[1::5] **= 5
    weight[2::5] = np.abs(weight[2::5])
    weight[3::5] = -1
    weight[4::5] = 0
    return weight


@given(Seeds, st.integers(1, 40), st.integers(1, 70), st.sampled_from([7, 8]))
def test_each_weight_is_within_half_a_step(seed: int, outputs: int, inputs: int, bits: int) -> None:
    weight = _weights(seed, outputs, inputs)
    integers, scale = quantize(weight, bits)
    assert np.abs(integers.astype(int)).max() < 2 ** (bits - 1)
    off = np.abs(integers * scale[:, None] - weight)
    assert (off <= scale[:, None] * np.float32(0.501)).all()


@given(Seeds, st.integers(1, 40), st.integers(1, 70))
def test_seven_bits_leave_room_for_the_products_of_two_runs(
    seed: int, outputs: int, inputs: int
) -> None:
    integers, _ = quantize(_weights(seed, outputs, inputs), 7)
    packed = pack(integers).astype(int)
    panels, runs = packed.shape[:2]
    pairs = packed[:, : runs // 2 * 2].reshape(panels, runs // 2, 2, PANEL, 2, RUN // 2)
    for sign in (1, -1):
        sums = np.maximum(sign * pairs, 0).sum(axis=(2, 5))
        assert 255 * sums.max(initial=0) < 2**15


@pytest.mark.parametrize("bits", [7, 8])
def test_an_even_channel_uses_the_whole_range(bits: int) -> None:
    weight = np.zeros((1, 64), np.float32)
    weight[0, 0], weight[0, 8], weight[0, 16] = 3, -2, 1
    integers, scale = quantize(weight, bits)
    assert integers[0, 0] == 2 ** (bits - 1) - 1
    assert np.isclose(scale[0], 3 / integers[0, 0])
