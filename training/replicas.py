"""Several processes that train one network: equal weights, other documents, averaged gradients.

Started by ``torchrun --nproc-per-node N -m training.train …``; without it there is one process.
On CPUs two processes of one thread are faster than one of two threads, which wait for each other
in every small operation.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
from torch import distributed
from torch.nn import Module

__all__ = ["Replicas"]


class Replicas:
    """The processes of a run, seen from one of them.

    Attributes:
        number: Of this process; 0 is the one that writes files and talks.
        count: How many there are.
    """

    def __init__(self) -> None:
        self.number = int(os.environ.get("RANK", "0"))
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        if self.count > 1:
            distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")

    @property
    def first(self) -> bool:
        """Whether this process writes files and talks."""
        return self.number == 0

    def wait(self) -> None:
        """Until all processes are here."""
        if self.count > 1:
            distributed.barrier()

    def average(self, network: Module, counts: Sequence[float]) -> list[float]:
        """Average the gradients over the processes.

        Args:
            counts: Numbers to add up on the way.

        Returns:
            The sums of ``counts``.
        """
        if self.count == 1:
            return list(counts)
        gradients = [p.grad for p in network.parameters() if p.grad is not None]
        extra = torch.tensor(counts, dtype=torch.float32, device=gradients[0].device)
        flat = torch.cat([extra, *(g.reshape(-1) for g in gradients)])
        distributed.all_reduce(flat)
        sums, means = flat[: len(counts)].tolist(), flat[len(counts) :] / self.count
        parts = means.split([g.numel() for g in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))
        return sums

    def close(self) -> None:
        """Leave the group."""
        if self.count > 1:
            distributed.destroy_process_group()
