"""gliner's loss: every span against every label of the prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from training.batches import Batch

__all__ = ["LossOptions", "loss_of"]


@dataclass(frozen=True, slots=True)
class LossOptions:
    """gliner's focal loss, and how much of the text is scored.

    Attributes:
        gamma, alpha: Of the focal loss; 0 and below 0 mean cross entropy.
        starts: Share of the words without an entity whose spans are scored in a step. Their
            losses count for those of all, so the gradient is the same on average. The span
            head is half of the work otherwise.
        bridges: How often a span counts that begins with one entity and ends with another. Its
            two ends look right, which makes it the hardest negative there is.
    """

    gamma: float = 0.0
    alpha: float = -1.0
    starts: float = 1.0
    bridges: float = 1.0


def loss_of(network: Any, batch: Batch, options: LossOptions | None = None) -> Tensor:
    """Loss over spans and labels, per entity.

    Spans outside a row, labels that pad a prompt, and spans that overlap what must not count
    have no part in it.
    """
    options = options or LossOptions()
    device = batch.ids.device
    words = batch.word_tokens.shape[1]
    rows, first, width, label = batch.positives.unbind(1)
    inside = torch.arange(words, device=device) < batch.word_counts.to(device)[:, None]
    has = torch.zeros_like(inside)
    has[rows, first] = True
    kept = inside & (has | (torch.rand(inside.shape, device=device) < options.starts))
    # Kept words first; the rest of the shortest common length pads.
    order = torch.argsort((~kept).byte(), dim=1, stable=True)
    starts = order[:, : max(1, int(kept.sum(1).max()))]
    weight = kept.gather(1, starts).float()
    if options.starts < 1:
        weight = weight * torch.where(has.gather(1, starts), 1.0, 1.0 / options.starts)
    logits = network(
        batch.ids, batch.counts, batch.word_tokens, batch.word_counts, batch.labels, starts
    ).float()
    target = torch.zeros_like(logits)
    place = torch.zeros_like(order).scatter(
        1, order, torch.arange(words, device=device).expand_as(order)
    )
    target[rows, place[rows, first], width, label] = 1.0
    ends = starts[..., None] + torch.arange(logits.shape[2], device=device)
    weight = weight[..., None] * (ends < batch.word_counts.to(device)[:, None, None])
    for row, begin, end in batch.ignored.tolist():
        weight[row] *= ~((starts[row, :, None] <= end) & (ends[row] >= begin))
    asked = torch.arange(logits.shape[3], device=device) < batch.label_counts[:, None]
    losses = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    if options.gamma > 0:
        losses = losses * (1 - torch.exp(-losses)) ** options.gamma
    if options.alpha >= 0:
        losses = losses * (options.alpha * target + (1 - options.alpha) * (1 - target))
    total = (losses * weight[..., None] * asked[:, None, None]).sum()
    if options.bridges > 1:
        row, begin, wide, name = _bridges(batch.positives, logits.shape[2])
        at = place[row, begin]
        extra = losses[row, at, wide, name] * weight[row, at, wide]
        total = total + (options.bridges - 1) * (extra * (1 - target[row, at, wide, name])).sum()
    return total / max(1, len(batch.positives))


def _bridges(positives: Tensor, widths: int) -> tuple[Tensor, ...]:
    """Spans from the start of one entity to the end of a later one, under the label of either.

    Returns:
        Row, first word, width and label; each once.
    """
    rows, first, width, label = positives.unbind(1)
    wide = (first + width)[None] - first[:, None]
    pairs = (rows[:, None] == rows[None]) & (first[:, None] < first[None]) & (wide < widths)
    one, other = (pairs & (wide >= 0)).nonzero(as_tuple=True)
    found = torch.cat(
        [
            torch.stack([rows[one], first[one], wide[one, other], names], 1)
            for names in (label[one], label[other])
        ]
    )
    return torch.unique(found, dim=0).unbind(1)
