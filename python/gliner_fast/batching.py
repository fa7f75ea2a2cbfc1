"""Rows → batches within a budget of tokens."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["plan_batches"]

#: Where rows are padded, one joins a batch only if it fills this share of the longest row.
_LEAST_FILL = 0.9


def plan_batches(
    token_counts: Sequence[int], max_tokens: int, max_rows: int, *, padded: bool
) -> list[list[int]]:
    """Group rows so that no batch exceeds its budget and, where rows are padded, few are.

    Args:
        token_counts: Tokens of each row.
        max_tokens: Most tokens of a batch, padding included; a longer row goes alone.
        max_rows: Most rows of a batch.
        padded: Whether a batch pads its rows to the longest.

    Returns:
        Row indices of each batch; every row is in one. Longest rows first.
    """
    order = sorted(range(len(token_counts)), key=lambda row: -token_counts[row])
    batches: list[list[int]] = []
    filled = 0
    for row in order:
        count = token_counts[row]
        if batches and len(batches[-1]) < max_rows:
            longest = token_counts[batches[-1][0]]
            after = longest * (len(batches[-1]) + 1) if padded else filled + count
            if after <= max_tokens and (not padded or count >= _LEAST_FILL * longest):
                batches[-1].append(row)
                filled += count
                continue
        batches.append([row])
        filled = count
    return batches
