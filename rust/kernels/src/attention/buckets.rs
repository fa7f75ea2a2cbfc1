//! Relative positions to rows of the position tables.

use std::ops::Range;

use crate::simd::MAX_LANES;

/// The table rows of every relative position that a batch can need, by falling relative position.
///
/// Falling, because along a row of scores the key's index rises and `query - key` falls: neighbouring scores read
/// neighbouring entries.
pub(super) struct Buckets {
    /// Entry `u` is the row of relative position `longest - 1 - u`.
    rows: Vec<i32>,
    longest: usize,
    /// See [`PositionScores::windowed`](crate::softmax::PositionScores::windowed).
    pub(super) windowed: bool,
}

impl Buckets {
    /// `table[reach + query - key]` is the position table's row, `table.len() == 2 * reach + 1`; relative positions
    /// beyond `reach` take the first or last entry. `longest` is the batch's longest sequence, at least 1.
    pub(super) fn new(table: &[i32], longest: usize) -> Self {
        let reach = (table.len() / 2) as isize;
        // Vectors that straddle a sequence's end read up to a vector beyond it.
        let count = 2 * longest - 1 + MAX_LANES;
        let rows = (0..count as isize)
            .map(|u| {
                let relative = longest as isize - 1 - u;
                table[(reach + relative.clamp(-reach, reach)) as usize]
            })
            .collect::<Vec<_>>();
        let windowed = rows
            .windows(2)
            .all(|pair| matches!(pair[0] - pair[1], 0 | 1));
        Self {
            rows,
            longest,
            windowed,
        }
    }

    /// A pointer to the entry of relative position `query - key`; later entries belong to later keys.
    pub(super) fn at(&self, query: usize, key: usize) -> *const i32 {
        &raw const self.rows[self.longest - 1 + key - query]
    }

    /// The smallest range of table rows that holds those of all `queries` and `keys`.
    pub(super) fn span(&self, queries: Range<usize>, keys: Range<usize>) -> Range<usize> {
        let first = self.longest - 1 + keys.start - (queries.end - 1);
        let last = self.longest - 1 + (keys.end - 1) - queries.start;
        let rows = &self.rows[first..=last];
        let (low, high) = if self.windowed {
            (rows[rows.len() - 1], rows[0])
        } else {
            rows.iter().fold((i32::MAX, 0), |(low, high), &row| {
                (low.min(row), high.max(row))
            })
        };
        low as usize..high as usize + 1
    }
}
