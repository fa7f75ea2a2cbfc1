"""Rows → batches of similar length, within a budget of tokens."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["plan_batches"]

#: A row joins a batch only if it fills at least this share of the longest row.
_LEAST_FILL = 0.9


def plan_batches(token_counts: Sequence[int], max_tokens: int, max_rows: int) -> list[list[int]]:
    """Group rows so that padding stays small and no batch exceeds its budget.

    Args:
        token_counts: Tokens of each row.
        max_tokens: Most tokens of a batch, padding included; a longer row goes alone.
        max_rows: Most rows of a batch.

    Returns:
        Row indices of each batch; every row is in one. Longest rows first.
    """
    order = sorted(range(len(token_counts)), key=lambda row: -token_counts[row])
    batches: list[list[int]] = []
    for row in order:
        if batches:
            batch = batches[-1]
            longest = token_counts[batch[0]]
            fits = len(batch) < max_rows and longest * (len(batch) + 1) <= max_tokens
            if fits and token_counts[row] >= _LEAST_FILL * longest:
                batch.append(row)
                continue
        batches.append([row])
    return batches
