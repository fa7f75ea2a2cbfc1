//! The batch cut into tasks.

use super::Attention;
use crate::Isa;

/// Bytes of scores that a task holds: half of the smallest second-level cache in common use on servers, so that the
/// packed operands fit beside them.
const SCORE_BYTES: usize = 512 << 10;
/// Fewer queries than this repeat too much packing; sequences beyond 2,048 tokens overflow the budget above instead.
const MIN_ROWS: usize = 64;

/// One sequence and head, some of its queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Task {
    /// The sequence's first token in the batch.
    pub(super) start: usize,
    /// The sequence's tokens.
    pub(super) len: usize,
    pub(super) head: usize,
    /// The first query, within the sequence.
    pub(super) first: usize,
    /// Queries.
    pub(super) rows: usize,
}

/// All tasks, those of long sequences first: the last ones to finish are short then.
pub(super) struct Plan {
    heads: usize,
    /// Tasks with `head` 0; task `i` is `blocks[i / heads]` with head `i % heads`.
    blocks: Vec<Task>,
}

impl Plan {
    pub(super) fn new(attention: &Attention, isa: Isa) -> Self {
        let mut sequences = attention
            .lengths()
            .filter(|&(_, len)| len > 0)
            .collect::<Vec<_>>();
        sequences.sort_by_key(|&(_, len)| std::cmp::Reverse(len));
        let mut blocks = Vec::new();
        for (start, len) in sequences {
            let rows = rows_per_task(len, isa.f32().lanes);
            for first in (0..len).step_by(rows) {
                blocks.push(Task {
                    start,
                    len,
                    head: 0,
                    first,
                    rows: rows.min(len - first),
                });
            }
        }
        Self {
            heads: attention.heads,
            blocks,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.blocks.len() * self.heads
    }

    pub(super) fn task(&self, i: usize) -> Task {
        Task {
            head: i % self.heads,
            ..self.blocks[i / self.heads]
        }
    }
}

/// Queries a task, even shares of the sequence: a function of its length alone.
fn rows_per_task(len: usize, lanes: usize) -> usize {
    let most = (SCORE_BYTES / (size_of::<f32>() * len.next_multiple_of(lanes))).max(MIN_ROWS);
    len.div_ceil(len.div_ceil(most)).next_multiple_of(lanes)
}
