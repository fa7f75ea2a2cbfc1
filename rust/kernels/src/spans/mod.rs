//! Scores of all spans of a batch under all labels: `relu(start[w] + end[w + k]) · label + offset`.
//!
//! Operator by operator, the sums of all spans exist at once: `max_width` times the words' vectors, written and read by
//! Gather, Add, Relu and the product in turn, which took longer than the product. Here a block of words makes its sums in
//! cache and multiplies them there, and spans that reach past their row's words cost nothing.
//!
//! 1. [`SpanScores::run`] checks shapes.
//! 2. [`float`] multiplies in f32 or in pairs, [`int8`] in bytes, as linear layers do.

pub(crate) mod float;
pub(crate) mod int8;

use std::ops::Range;

use crate::linear::MOST_INPUTS;
use crate::parallel::Shared;
use crate::ragged::first_words;
use crate::{Isa, Parallel, Products, ShapeError};

/// What is scored. Words of a batch's rows stand one after another; labels are padded to equal numbers.
#[derive(Clone, Copy, Debug)]
pub struct SpanScores<'a> {
    /// `(words, inner)`: a word's part as the first of a span.
    pub starts: &'a [f32],
    /// `(words, inner)`: its part as the last.
    pub ends: &'a [f32],
    /// `(rows, labels, inner)`
    pub labels: &'a [f32],
    /// `(rows, labels)`: added to a label's scores.
    pub offsets: &'a [f32],
    /// `(rows)`: words that each row has, `words` in all.
    pub counts: &'a [i64],
    /// Labels of the longest prompt.
    pub label_count: usize,
    /// Width of what is multiplied.
    pub inner: usize,
    /// Longest span in words.
    pub max_width: usize,
    /// How sums and labels are multiplied.
    pub products: Products,
}

/// Score of a span that reaches past its row's words: a sigmoid of 2e-35, and no overflow on the way to it.
pub const NO_SPAN: f32 = -80.0;

impl SpanScores<'_> {
    /// Words of the longest row.
    ///
    /// # Errors
    /// [`ShapeError`] if `counts` don't add up to the words that there are.
    pub fn longest(&self) -> Result<usize, ShapeError> {
        Ok(longest_of(&self.firsts()?))
    }

    /// Where rows' words begin, and the end.
    fn firsts(&self) -> Result<Vec<usize>, ShapeError> {
        let firsts = first_words(self.counts)?;
        let elements = firsts[self.counts.len()].checked_mul(self.inner);
        ShapeError::expect("starts elements", elements, self.starts.len())?;
        Ok(firsts)
    }

    /// Writes `(rows, longest, max_width, labels)` to `out`; [`NO_SPAN`] where there is no such span.
    ///
    /// # Errors
    /// [`ShapeError`] if any length or count contradicts the fields' docs; nothing is written then.
    pub fn run(&self, isa: Isa, pool: &impl Parallel, out: &mut [f32]) -> Result<(), ShapeError> {
        let firsts = self.firsts()?;
        let longest = longest_of(&firsts);
        self.check(longest, out.len())?;
        if out.is_empty() {
            return Ok(());
        }
        let word_size = self.max_width * self.label_count;
        for (&count, row) in self
            .counts
            .iter()
            .zip(out.chunks_exact_mut(longest * word_size))
        {
            row[count as usize * word_size..].fill(NO_SPAN);
        }
        let out = Shared(out.as_mut_ptr());
        // SAFETY: checked above.
        unsafe {
            if self.products == Products::Bytes {
                int8::run_all(self, &firsts, longest, isa, pool, out);
            } else {
                float::run_all(self, &firsts, longest, isa, pool, out);
            }
        }
        Ok(())
    }

    /// Runs `task(row, words)` for every `share` words of each row.
    fn for_each_block(
        &self,
        firsts: &[usize],
        share: usize,
        pool: &impl Parallel,
        task: &(dyn Fn(usize, Range<usize>) + Sync),
    ) {
        let blocks = firsts.windows(2).enumerate().flat_map(|(row, pair)| {
            let count = pair[1] - pair[0];
            (0..count)
                .step_by(share)
                .map(move |first| (row, first..count.min(first + share)))
        });
        let blocks = blocks.collect::<Vec<_>>();
        pool.for_each(blocks.len(), &|i| {
            let (row, words) = &blocks[i];
            task(*row, words.clone());
        });
    }

    fn check(&self, longest: usize, out: usize) -> Result<(), ShapeError> {
        if self.products == Products::Bytes && self.inner > MOST_INPUTS {
            return Err(ShapeError::Overflow {
                what: "the sum over a span's elements",
            });
        }
        let rows = self.counts.len();
        let product = |sizes: [usize; 3]| {
            let [a, b, c] = sizes;
            rows.checked_mul(a)?.checked_mul(b)?.checked_mul(c)
        };
        ShapeError::expect("ends elements", Some(self.starts.len()), self.ends.len())?;
        let by_label = product([self.label_count, self.inner, 1]);
        ShapeError::expect("labels elements", by_label, self.labels.len())?;
        let offsets = product([self.label_count, 1, 1]);
        ShapeError::expect("offsets elements", offsets, self.offsets.len())?;
        let scores = product([longest, self.max_width, self.label_count]);
        ShapeError::expect("output elements", scores, out)
    }
}

fn longest_of(firsts: &[usize]) -> usize {
    let counts = firsts.windows(2).map(|pair| pair[1] - pair[0]);
    counts.max().unwrap_or(0)
}
