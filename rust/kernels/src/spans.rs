//! Scores of all spans of a batch under all labels: `relu(start[w] + end[w + k]) · label + offset`.
//!
//! Operator by operator, the sums of all spans exist at once: `max_width` times the words' vectors, written and read by
//! Gather, Add, Relu and the product in turn, which took longer than the product. Here a block of words makes its sums in
//! cache and multiplies them there, and spans that reach past their row's words cost nothing.

use crate::gemm::{self, Gemm, Single};
use crate::pack::Pack;
use crate::parallel::Shared;
use crate::scratch::Scratch;
use crate::simd::Simd;
use crate::{Isa, Parallel, ShapeError};

/// What is scored. Rows are the rows of a batch, padded to equal numbers of words and labels.
#[derive(Clone, Copy, Debug)]
pub struct SpanScores<'a> {
    /// `(rows, words, inner)`: a word's part as the first of a span.
    pub starts: &'a [f32],
    /// `(rows, words, inner)`: its part as the last.
    pub ends: &'a [f32],
    /// `(rows, labels, inner)`
    pub labels: &'a [f32],
    /// `(rows, labels)`: added to a label's scores.
    pub offsets: &'a [f32],
    /// `(rows)`: words that each row has, at most `words`.
    pub counts: &'a [i64],
    /// Words of the longest row.
    pub words: usize,
    /// Labels of the longest prompt.
    pub label_count: usize,
    /// Width of what is multiplied.
    pub inner: usize,
    /// Longest span in words.
    pub max_width: usize,
}

/// Score of a span that reaches past its row's words: a sigmoid of 2e-35, and no overflow on the way to it.
pub const NO_SPAN: f32 = -80.0;

/// Rows of sums that a task holds: a few words' spans, with the labels in the second-level cache.
const BLOCK_SPANS: usize = 48;

/// One task: the spans of some words of a row.
pub(crate) struct Block {
    /// `words` rows of `inner` readable elements.
    starts: *const f32,
    /// `words_left` rows of `inner` readable elements: the last words of the first word's spans and those after.
    ends: *const f32,
    words: usize,
    /// Words from the first of the block to the end of its row.
    words_left: usize,
    inner: usize,
    max_width: usize,
    /// Labels as [`Pack`] leaves them.
    packed: *const f32,
    labels: usize,
    /// `labels` readable elements.
    offsets: *const f32,
    /// Writable: a row of `inner` elements for each span of the block, and one of whole vectors of scores.
    sums: *mut f32,
    scores: *mut f32,
    /// `words * max_width * labels` writable elements.
    out: *mut f32,
}

impl SpanScores<'_> {
    /// Writes `(rows, words, max_width, labels)` to `out`; [`NO_SPAN`] where there is no such span.
    ///
    /// # Errors
    /// [`ShapeError`] if any length or count contradicts the fields' docs; nothing is written then.
    pub fn run(&self, isa: Isa, pool: &impl Parallel, out: &mut [f32]) -> Result<(), ShapeError> {
        self.check(out.len())?;
        if out.is_empty() {
            return Ok(());
        }
        let rows = self.counts.len();
        let kernels = isa.f32();
        let columns = self.label_count.next_multiple_of(kernels.lanes);
        let packed_size = columns * self.inner;
        let mut packed = Scratch::with_bytes(Scratch::bytes_for::<f32>(rows * packed_size));
        let packed = Shared(packed.take::<f32>(rows * packed_size).as_ptr());
        pool.for_each(rows, &|row| {
            // SAFETY: lengths have been checked; tasks write disjoint parts.
            unsafe {
                (kernels.pack)(&Pack {
                    src: self
                        .labels
                        .as_ptr()
                        .add(row * self.label_count * self.inner),
                    stride: self.inner,
                    rows: self.label_count,
                    k: self.inner,
                    scale: 1.0,
                    dst: packed.at(row * packed_size),
                });
            }
        });
        let share = (BLOCK_SPANS / self.max_width).max(1);
        let blocks = self.words.div_ceil(share);
        let out = Shared(out.as_mut_ptr());
        pool.for_each(rows * blocks, &|task| {
            let (row, first) = (task / blocks, task % blocks * share);
            let words = share.min(self.words - first);
            let word = row * self.words + first;
            let spans = words * self.max_width;
            let mut scratch = Scratch::with_bytes(
                Scratch::bytes_for::<f32>(spans * self.inner)
                    + Scratch::bytes_for::<f32>(spans * columns),
            );
            // SAFETY: lengths have been checked; tasks write disjoint parts.
            unsafe {
                (kernels.spans)(&Block {
                    starts: self.starts.as_ptr().add(word * self.inner),
                    ends: self.ends.as_ptr().add(word * self.inner),
                    words,
                    words_left: (self.counts[row] as usize).saturating_sub(first),
                    inner: self.inner,
                    max_width: self.max_width,
                    packed: packed.at(row * packed_size),
                    labels: self.label_count,
                    offsets: self.offsets.as_ptr().add(row * self.label_count),
                    sums: scratch.take::<f32>(spans * self.inner).as_ptr(),
                    scores: scratch.take::<f32>(spans * columns).as_ptr(),
                    out: out.at(word * self.max_width * self.label_count),
                });
            }
        });
        Ok(())
    }

    fn check(&self, out: usize) -> Result<(), ShapeError> {
        let rows = self.counts.len();
        let product = |sizes: [usize; 3]| {
            let [a, b, c] = sizes;
            rows.checked_mul(a)?.checked_mul(b)?.checked_mul(c)
        };
        let by_word = product([self.words, self.inner, 1]);
        ShapeError::expect("starts elements", by_word, self.starts.len())?;
        ShapeError::expect("ends elements", by_word, self.ends.len())?;
        let by_label = product([self.label_count, self.inner, 1]);
        ShapeError::expect("labels elements", by_label, self.labels.len())?;
        let offsets = product([self.label_count, 1, 1]);
        ShapeError::expect("offsets elements", offsets, self.offsets.len())?;
        let scores = product([self.words, self.max_width, self.label_count]);
        ShapeError::expect("output elements", scores, out)?;
        let most = self.words;
        match self
            .counts
            .iter()
            .find(|&&count| usize::try_from(count).map_or(true, |count| count > most))
        {
            Some(&got) => Err(ShapeError::WordCount { most, got }),
            None => Ok(()),
        }
    }
}

/// # Safety
/// The CPU has `S`; the pointers of `b` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<S: Simd>(b: &Block) {
    let panels = b.labels.div_ceil(S::LANES);
    let columns = panels * S::LANES;
    let widths = |word: usize| b.max_width.min(b.words_left.saturating_sub(word));
    let mut spans = 0;
    // SAFETY: word + width < words_left keeps reads inside the row's words; spans counts up to words * max_width.
    unsafe {
        for word in 0..b.words {
            for width in 0..widths(word) {
                add_relu::<S>(
                    b.starts.add(word * b.inner),
                    b.ends.add((word + width) * b.inner),
                    b.inner,
                    b.sums.add(spans * b.inner),
                );
                spans += 1;
            }
        }
        gemm::run::<Single<S>>(&Gemm {
            m: spans,
            k: b.inner,
            panels,
            a: b.sums,
            a_stride: b.inner,
            b: b.packed,
            b_step: S::LANES,
            b_panel: b.inner * S::LANES,
            c: b.scores,
            c_stride: columns,
            accumulate: false,
            factors: std::ptr::null(),
            factor: 1.0,
        });
        let mut span = 0;
        for word in 0..b.words {
            for width in 0..b.max_width {
                let out = b.out.add((word * b.max_width + width) * b.labels);
                if width < widths(word) {
                    add::<S>(b.scores.add(span * columns), b.offsets, b.labels, out);
                    span += 1;
                } else {
                    std::slice::from_raw_parts_mut(out, b.labels).fill(NO_SPAN);
                }
            }
        }
    }
}

#[inline(always)]
unsafe fn add_relu<S: Simd>(a: *const f32, b: *const f32, count: usize, out: *mut f32) {
    let whole = count / S::LANES * S::LANES;
    unsafe {
        for i in (0..whole).step_by(S::LANES) {
            let sum = S::add(S::load(a.add(i)), S::load(b.add(i)));
            // The sum second: a NaN stays one, as in Relu.
            S::store(out.add(i), S::max(S::splat(0.0), sum));
        }
        for i in whole..count {
            let sum = *a.add(i) + *b.add(i);
            *out.add(i) = if sum < 0.0 { 0.0 } else { sum };
        }
    }
}

#[inline(always)]
unsafe fn add<S: Simd>(a: *const f32, b: *const f32, count: usize, out: *mut f32) {
    let whole = count / S::LANES * S::LANES;
    unsafe {
        for i in (0..whole).step_by(S::LANES) {
            S::store(out.add(i), S::add(S::load(a.add(i)), S::load(b.add(i))));
        }
        for i in whole..count {
            *out.add(i) = *a.add(i) + *b.add(i);
        }
    }
}
