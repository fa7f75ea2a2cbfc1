//! What callers can get wrong.

use thiserror::Error;

/// Inputs whose lengths or values contradict each other.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ShapeError {
    /// A slice is too short or too long.
    #[error("{what}: expected {expected}, got {got}")]
    Length {
        /// What was counted.
        what: &'static str,
        /// The count that the other inputs imply.
        expected: usize,
        /// The slice's count.
        got: usize,
    },
    /// Sizes whose product no machine can hold.
    #[error("{what} overflows")]
    Overflow {
        /// What was multiplied.
        what: &'static str,
    },
    /// Sequence offsets that don't start at 0, or fall.
    #[error("cu_lengths: expected offsets that start at 0 and never fall")]
    Offsets,
    /// A bucket table without a middle.
    #[error("bucket: expected an odd number of entries (2 * reach + 1), got {len}")]
    Buckets {
        /// Entries.
        len: usize,
    },
    /// A bucket entry that points outside the tables.
    #[error("bucket: expected table rows in 0..{rows}, got {row}")]
    BucketRow {
        /// The entry.
        row: i32,
        /// Rows of the tables.
        rows: usize,
    },
    /// A wanted token that isn't there.
    #[error("queries: expected tokens in 0..{tokens}, got {got}")]
    Query {
        /// The entry.
        got: i64,
        /// Tokens of the batch.
        tokens: usize,
    },
    /// A row with fewer words than none.
    #[error("counts: expected at least 0 words, got {got}")]
    WordCount {
        /// The entry.
        got: i64,
    },
}

impl ShapeError {
    /// Fails unless `got` is what the other inputs imply; `expected` is none if computing it overflowed.
    pub(crate) fn expect(
        what: &'static str,
        expected: Option<usize>,
        got: usize,
    ) -> Result<(), Self> {
        match expected {
            Some(expected) if expected == got => Ok(()),
            Some(expected) => Err(Self::Length {
                what,
                expected,
                got,
            }),
            None => Err(Self::Overflow { what }),
        }
    }
}
