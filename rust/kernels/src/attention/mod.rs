//! DeBERTa's disentangled self-attention over a ragged batch.
//!
//! For the query `i` and the key `j` of one sequence and one head
//! (He et al. 2021, equation 4; `DisentangledSelfAttention` in transformers' `modeling_deberta_v2.py`):
//!
//! ```text
//! score[i, j] = scale * (q[i]·k[j]  +  q[i]·pos_key[b(i - j)]  +  k[j]·pos_query[b(i - j)])
//! out[i] = Σⱼ softmax(score[i])[j] * v[j]
//! ```
//!
//! 1. [`Attention::run`] checks shapes and cuts the batch into tasks: one sequence, one head, as many of the wanted queries
//!    as have their scores in cache ([`plan`]).
//! 2. The position tables are packed for all tasks ([`tables`]).
//! 3. A task ([`task`]) packs its keys and values, fills the scores with the position→content term ([`skew`](crate::skew)),
//!    then, for 32 queries at a time, adds content→content, adds content→position on the way to the row maximum
//!    ([`softmax`](crate::softmax)), and multiplies by the values.
//!
//! A task reads its own sequence and nothing else, and how queries share tasks has no part in their arithmetic: a result is
//! the same, bit for bit, whatever else is in the batch, and whichever other queries are wanted.

mod buckets;
mod integers;
mod plan;
mod tables;
mod task;

use integers::Integers;
use plan::Plan;
use tables::Tables;

use crate::pairs::MOST_KEYS;
use crate::parallel::Shared;
use crate::{Isa, Parallel, Products, ShapeError};

/// One attention layer's inputs.
#[derive(Clone, Copy, Debug)]
pub struct Attention<'a> {
    /// `(tokens, 3 * heads * dim)`: a token's query, key and value side by side, as one fused projection leaves them.
    pub qkv: &'a [f32],
    /// `(sequences + 1)`: where each sequence starts, and the end of the last: 0, rising, up to `tokens`.
    pub cu_lengths: &'a [i64],
    /// Attention heads.
    pub heads: usize,
    /// Width of a head.
    pub dim: usize,
    /// Multiplies every score before the softmax; 1 where the projections have it folded in.
    pub scale: f32,
    /// How scores and outputs are multiplied.
    pub products: Products,
    /// The relative-position terms, or none.
    pub positions: Option<Positions<'a>>,
    /// The tokens whose outputs are wanted, in any order; none means all in theirs. Keys and values are always all.
    pub queries: Option<&'a [i64]>,
}

/// The relative-position tables of a layer, projected: `(rows, heads * dim)` each.
#[derive(Clone, Copy, Debug)]
pub struct Positions<'a> {
    /// Rows of each table: twice DeBERTa's position span.
    pub rows: usize,
    /// Content→position: multiplied by queries.
    pub key: Option<&'a [f32]>,
    /// Position→content: multiplied by keys.
    pub query: Option<&'a [f32]>,
    /// `(2 * reach + 1)`: `buckets[reach + i - j]` is the table row of query `i` and key `j`. Beyond `reach` the outermost
    /// entries apply.
    pub buckets: &'a [i32],
}

impl Attention<'_> {
    /// Writes `(tokens, heads * dim)` to `out`, or `(queries, heads * dim)`.
    ///
    /// # Errors
    /// [`ShapeError`] if any length or value contradicts the fields' docs; nothing is written then.
    pub fn run(&self, isa: Isa, pool: &impl Parallel, out: &mut [f32]) -> Result<(), ShapeError> {
        self.check(out.len())?;
        let longest = self.lengths().map(|(_, len)| len).max().unwrap_or(0);
        if longest == 0 || self.heads == 0 || self.dim == 0 {
            return Ok(());
        }
        let integers = Integers::of(self.products, self.dim, isa);
        // SAFETY: checked above.
        let tables = self
            .positions
            .map(|p| unsafe { Tables::new(self, &p, longest, isa, integers, pool) });
        let plan = Plan::new(self, isa);
        let out = Shared(out.as_mut_ptr());
        pool.for_each(plan.len(), &|i| {
            // SAFETY: check() has compared every length; tasks write disjoint parts of out, which outlives the call.
            unsafe {
                let task = plan.task(i);
                task::run(
                    self,
                    tables.as_ref(),
                    isa,
                    integers,
                    &task,
                    plan.queries(&task),
                    out,
                );
            }
        });
        Ok(())
    }

    /// Start and length of every sequence, in tokens.
    fn lengths(&self) -> impl Iterator<Item = (usize, usize)> {
        self.cu_lengths
            .windows(2)
            .map(|pair| (pair[0] as usize, (pair[1] - pair[0]) as usize))
    }

    /// What keys and position keys are multiplied by, for a softmax to base 2.
    fn scale_to_base_2(&self) -> f32 {
        self.scale * std::f32::consts::LOG2_E
    }

    fn check(&self, out: usize) -> Result<(), ShapeError> {
        let width = self
            .heads
            .checked_mul(self.dim)
            .ok_or(ShapeError::Overflow {
                what: "heads * dim",
            })?;
        let cu = self.cu_lengths;
        if cu.is_empty() || cu[0] != 0 || cu.windows(2).any(|pair| pair[1] < pair[0]) {
            return Err(ShapeError::Offsets);
        }
        let longest = self.lengths().map(|(_, len)| len).max().unwrap_or(0);
        if self.products != Products::Single && longest > MOST_KEYS {
            return Err(ShapeError::Overflow {
                what: "the sum over a sequence's keys",
            });
        }
        let tokens = usize::try_from(cu[cu.len() - 1]).map_err(|_| ShapeError::Offsets)?;
        let elements = tokens.checked_mul(width).ok_or(ShapeError::Overflow {
            what: "tokens * heads * dim",
        })?;
        ShapeError::expect("qkv elements", elements.checked_mul(3), self.qkv.len())?;
        let outputs = match self.queries {
            Some(queries) => {
                let there = 0..tokens as i64;
                if let Some(&got) = queries.iter().find(|query| !there.contains(query)) {
                    return Err(ShapeError::Query { got, tokens });
                }
                queries.len().checked_mul(width)
            }
            None => Some(elements),
        };
        ShapeError::expect("output elements", outputs, out)?;
        let Some(p) = self.positions else {
            return Ok(());
        };
        for (what, table) in [("pos_key elements", p.key), ("pos_query elements", p.query)] {
            if let Some(table) = table {
                ShapeError::expect(what, p.rows.checked_mul(width), table.len())?;
            }
        }
        if p.buckets.len() % 2 == 0 {
            return Err(ShapeError::Buckets {
                len: p.buckets.len(),
            });
        }
        match p
            .buckets
            .iter()
            .find(|&&row| row < 0 || row as usize >= p.rows)
        {
            Some(&row) => Err(ShapeError::BucketRow { row, rows: p.rows }),
            None => Ok(()),
        }
    }
}
