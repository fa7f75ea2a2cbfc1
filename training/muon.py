"""Muon: momentum whose steps are made orthogonal, for the matrices inside a network.

Source: Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024; the scale
of a step is that of Liu et al., "Muon is Scalable for LLM Training", 2025, section 2.2, so a
learning rate means what it means for AdamW. ``torch.optim.Muon`` is the same in bfloat16, which a
CPU without such instructions emulates: twenty times slower than float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

__all__ = ["Muon", "orthogonal"]

#: The quintic that pulls singular values to 1, five times.
_A, _B, _C = 3.4445, -4.7750, 2.0315


def orthogonal(matrix: Tensor, steps: int = 5) -> Tensor:
    """The matrix with singular values near 1 and its own singular vectors (Newton-Schulz)."""
    wide = matrix.shape[0] <= matrix.shape[1]
    x = matrix if wide else matrix.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.T
        x = _A * x + (_B * square + _C * (square @ square)) @ x
    return x if wide else x.T


class Muon(torch.optim.Optimizer):
    """For parameters of two dimensions.

    Args:
        momentum: Of the gradients, Nesterov's.
        weight_decay: Decoupled, as in AdamW.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 1e-3,
        momentum: float = 0.95,
        weight_decay: float = 0.0,
    ) -> None:
        defaults = {"lr": lr, "momentum": momentum, "weight_decay": weight_decay}
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Make one step; there is no closure."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                state = self.state[parameter]
                if not state:
                    state["momentum"] = torch.zeros_like(parameter)
                average = state["momentum"]
                average.lerp_(parameter.grad, 1 - group["momentum"])
                ahead = parameter.grad.lerp(average, group["momentum"])
                scale = 0.2 * math.sqrt(max(parameter.shape))
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.add_(orthogonal(ahead), alpha=-group["lr"] * scale)
