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
    /// The first query, in the plan's list.
    first: usize,
    /// Queries.
    pub(super) rows: usize,
}

/// A token whose output is wanted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Query {
    /// Within its sequence.
    pub(super) position: usize,
    /// Row of the output.
    pub(super) out: usize,
}

/// All tasks, those of long sequences first: the last ones to finish are short then.
pub(super) struct Plan {
    heads: usize,
    /// Tasks with `head` 0; task `i` is `blocks[i / heads]` with head `i % heads`.
    blocks: Vec<Task>,
    /// Rising within a sequence.
    queries: Vec<Query>,
}

impl Plan {
    pub(super) fn new(attention: &Attention, isa: Isa) -> Self {
        let mut wanted = attention.queries.map(|queries| {
            let tokens = queries.iter().map(|&token| token as usize);
            let mut wanted = tokens.zip(0..).collect::<Vec<(usize, usize)>>();
            wanted.sort_unstable();
            wanted.into_iter().peekable()
        });
        let mut queries = Vec::new();
        let mut blocks = Vec::new();
        for (start, len) in attention.lengths() {
            let before = queries.len();
            match &mut wanted {
                Some(wanted) => {
                    while let Some((token, out)) = wanted.next_if(|&(t, _)| t < start + len) {
                        let position = token - start;
                        queries.push(Query { position, out });
                    }
                }
                None => queries.extend((0..len).map(|position| Query {
                    position,
                    out: start + position,
                })),
            }
            let count = queries.len() - before;
            if count == 0 {
                continue;
            }
            let rows = rows_per_task(len, count, isa.f32().lanes);
            for first in (0..count).step_by(rows) {
                blocks.push(Task {
                    start,
                    len,
                    head: 0,
                    first: before + first,
                    rows: rows.min(count - first),
                });
            }
        }
        blocks.sort_by_key(|task| std::cmp::Reverse(task.len));
        Self {
            heads: attention.heads,
            blocks,
            queries,
        }
    }

    /// The queries of a task, by rising position.
    pub(super) fn queries(&self, task: &Task) -> &[Query] {
        &self.queries[task.first..task.first + task.rows]
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

/// Queries a task, even shares of `count` of them in a sequence of `len` tokens.
fn rows_per_task(len: usize, count: usize, lanes: usize) -> usize {
    let most = (SCORE_BYTES / (size_of::<f32>() * len.next_multiple_of(lanes))).max(MIN_ROWS);
    count.div_ceil(count.div_ceil(most)).next_multiple_of(lanes)
}
