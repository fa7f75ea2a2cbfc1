"""Batches hold every row once, within their limits, and rows of similar length."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gliner_fast.batching import plan_batches


@given(
    tokens=st.lists(st.integers(1, 300), max_size=80),
    max_tokens=st.integers(1, 1000),
    max_rows=st.integers(1, 16),
    padded=st.booleans(),
)
def test_every_row_is_in_one_batch_within_the_limits(
    tokens: list[int], max_tokens: int, max_rows: int, padded: bool
) -> None:
    batches = plan_batches(tokens, max_tokens, max_rows, padded=padded)
    assert sorted(row for batch in batches for row in batch) == list(range(len(tokens)))
    for batch in batches:
        lengths = [tokens[row] for row in batch]
        assert len(batch) <= max_rows
        size = max(lengths) * len(batch) if padded else sum(lengths)
        assert size <= max_tokens or len(batch) == 1
        assert not padded or min(lengths) >= 0.9 * max(lengths)


def test_similar_rows_go_together_where_they_are_padded() -> None:
    assert plan_batches([10, 100, 95, 9, 98], 1000, 32, padded=True) == [[1, 4, 2], [0, 3]]
    assert plan_batches([10, 100, 95, 9, 98], 1000, 32, padded=False) == [[1, 4, 2, 0, 3]]
    assert plan_batches([100] * 5, 250, 32, padded=True) == [[0, 1], [2, 3], [4]]
    assert plan_batches([], 1, 1, padded=True) == []
