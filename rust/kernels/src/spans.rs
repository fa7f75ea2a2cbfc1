//! Scores of all spans of a batch under all labels: `relu(start[w] + end[w + k]) · label + offset`.
//!
//! Operator by operator, the sums of all spans exist at once: `max_width` times the words' vectors, written and read by
//! Gather, Add, Relu and the product in turn, which took longer than the product. Here a block of words makes its sums in
//! cache and multiplies them there, and spans that reach past their row's words cost nothing.

use crate::gemm::{self, Arithmetic, Gemm, Single};
use crate::pack::Pack;
use crate::pairs::{self, Columns, Pairs, Span};
use crate::parallel::Shared;
use crate::scratch::Scratch;
use crate::simd::{Simd, SimdPairs};
use crate::{Isa, Parallel, Products, ShapeError};

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
    /// How sums and labels are multiplied.
    pub products: Products,
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
    /// Labels as [`Pack`] leaves them; of pairs each panel's first half.
    packed: *const f32,
    labels: usize,
    /// `labels` readable elements.
    offsets: *const f32,
    /// Of pairs, norms of `starts`, of `ends`, and what each label's sums are to be multiplied by.
    start_norms: *const f32,
    end_norms: *const f32,
    label_factors: *const f32,
    /// Writable: a row of `inner` elements for each span of the block, one of whole vectors of scores, and an element.
    sums: *mut f32,
    scores: *mut f32,
    factors: *mut f32,
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
        let pairs = match self.products {
            Products::Pairs | Products::Bytes if self.inner.is_multiple_of(kernels.lanes) => {
                isa.pairs()
            }
            _ => None,
        };
        // Room for norms in f32 too, so that every block's pointers lie inside it.
        let norms_size = rows * self.words;
        let sizes = [rows * packed_size, rows * columns, norms_size, norms_size];
        let mut scratch = Scratch::with_bytes(
            sizes
                .iter()
                .map(|&n| Scratch::bytes_for::<f32>(n))
                .sum::<usize>(),
        );
        let [packed, label_factors, start_norms, end_norms] =
            sizes.map(|n| Shared(scratch.take::<f32>(n).as_ptr()));
        pool.for_each(rows, &|row| {
            // SAFETY: lengths have been checked; tasks write disjoint parts.
            unsafe {
                let labels = self.labels.as_ptr();
                (kernels.pack)(&Pack {
                    src: labels.add(row * self.label_count * self.inner),
                    stride: self.inner,
                    rows: self.label_count,
                    k: self.inner,
                    scale: 1.0,
                    dst: packed.at(row * packed_size),
                });
                let Some(pairs) = pairs else { return };
                // Each label by itself: those of other rows' longer prompts are none of this row's business.
                (pairs.columns_by_norm)(
                    &Columns {
                        b: packed.at(row * packed_size),
                        panels: columns / kernels.lanes,
                        panel_stride: self.inner * kernels.lanes,
                        rows: self.inner,
                        row_stride: kernels.lanes,
                    },
                    label_factors.at(row * columns),
                );
                let word = row * self.words;
                for (parts, norms) in [(self.starts, start_norms), (self.ends, end_norms)] {
                    (pairs.norms)(
                        &Span {
                            src: parts.as_ptr().add(word * self.inner),
                            stride: self.inner,
                            rows: self.counts[row] as usize,
                            width: self.inner,
                        },
                        norms.at(word),
                    );
                }
            }
        });
        let run = pairs.map_or(kernels.spans, |pairs| pairs.spans);
        let share = (BLOCK_SPANS / self.max_width).max(1);
        let blocks = self.words.div_ceil(share);
        let out = Shared(out.as_mut_ptr());
        pool.for_each(rows * blocks, &|task| {
            let (row, first) = (task / blocks, task % blocks * share);
            let words = share.min(self.words - first);
            let word = row * self.words + first;
            let spans = words * self.max_width;
            let sizes = [spans * self.inner, spans * columns, spans];
            let mut scratch = Scratch::with_bytes(
                sizes
                    .iter()
                    .map(|&n| Scratch::bytes_for::<f32>(n))
                    .sum::<usize>(),
            );
            let [sums, scores, factors] = sizes.map(|n| scratch.take::<f32>(n).as_ptr());
            // SAFETY: lengths have been checked; tasks write disjoint parts.
            unsafe {
                run(&Block {
                    starts: self.starts.as_ptr().add(word * self.inner),
                    ends: self.ends.as_ptr().add(word * self.inner),
                    words,
                    words_left: (self.counts[row] as usize).saturating_sub(first),
                    inner: self.inner,
                    max_width: self.max_width,
                    packed: packed.at(row * packed_size),
                    labels: self.label_count,
                    offsets: self.offsets.as_ptr().add(row * self.label_count),
                    start_norms: start_norms.at(word),
                    end_norms: end_norms.at(word),
                    label_factors: label_factors.at(row * columns),
                    sums,
                    scores,
                    factors,
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

/// What an arithmetic adds to the product itself.
pub(crate) trait SpanArithmetic: Arithmetic {
    /// Elements in a cell.
    const ELEMENTS: usize;

    /// Writes the sum of a start and an end, words of the block, as the block's row `span`.
    ///
    /// # Safety
    /// As for [`run`]; the words and the span are the block's.
    unsafe fn sum(b: &Block, start: usize, end: usize, span: usize);
    /// Writes a span's scores.
    ///
    /// # Safety
    /// As for [`run`]; `scores` and `out` are the span's.
    unsafe fn finish(b: &Block, scores: *const f32, out: *mut f32);
}

/// # Safety
/// The CPU has `A::S`; the pointers of `b` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<A: SpanArithmetic>(b: &Block) {
    let lanes = A::S::LANES;
    let panels = b.labels.div_ceil(lanes);
    let columns = panels * lanes;
    let depth = b.inner / A::ELEMENTS;
    let widths = |word: usize| b.max_width.min(b.words_left.saturating_sub(word));
    let mut spans = 0;
    // SAFETY: word + width < words_left keeps reads inside the row's words; spans counts up to words * max_width.
    unsafe {
        for word in 0..b.words {
            for width in 0..widths(word) {
                A::sum(b, word, word + width, spans);
                spans += 1;
            }
        }
        gemm::run::<A>(&Gemm {
            m: spans,
            k: depth,
            panels,
            a: b.sums,
            a_stride: depth,
            b: b.packed,
            b_step: lanes,
            b_panel: b.inner * lanes,
            c: b.scores,
            c_stride: columns,
            accumulate: false,
            factors: b.factors,
            factor: 1.0,
            column_factors: std::ptr::null(),
            begins: std::ptr::null(),
        });
        let mut span = 0;
        for word in 0..b.words {
            for width in 0..b.max_width {
                let out = b.out.add((word * b.max_width + width) * b.labels);
                if width < widths(word) {
                    A::finish(b, b.scores.add(span * columns), out);
                    span += 1;
                } else {
                    std::slice::from_raw_parts_mut(out, b.labels).fill(NO_SPAN);
                }
            }
        }
    }
}

impl<S: Simd> SpanArithmetic for Single<S> {
    const ELEMENTS: usize = 1;

    #[inline(always)]
    unsafe fn sum(b: &Block, start: usize, end: usize, span: usize) {
        let whole = b.inner / S::LANES * S::LANES;
        // SAFETY: the caller's.
        unsafe {
            let (start, end) = (b.starts.add(start * b.inner), b.ends.add(end * b.inner));
            let out = b.sums.add(span * b.inner);
            for i in (0..whole).step_by(S::LANES) {
                let sum = S::add(S::load(start.add(i)), S::load(end.add(i)));
                // The sum second: a NaN stays one, as in Relu.
                S::store(out.add(i), S::max(S::splat(0.0), sum));
            }
            for i in whole..b.inner {
                let sum = *start.add(i) + *end.add(i);
                *out.add(i) = if sum < 0.0 { 0.0 } else { sum };
            }
        }
    }

    #[inline(always)]
    unsafe fn finish(b: &Block, scores: *const f32, out: *mut f32) {
        let whole = b.labels / S::LANES * S::LANES;
        // SAFETY: the caller's.
        unsafe {
            for i in (0..whole).step_by(S::LANES) {
                let sum = S::add(S::load(scores.add(i)), S::load(b.offsets.add(i)));
                S::store(out.add(i), sum);
            }
            for i in whole..b.labels {
                *out.add(i) = *scores.add(i) + *b.offsets.add(i);
            }
        }
    }
}

/// `inner` is in whole vectors.
impl<S: SimdPairs> SpanArithmetic for Pairs<S> {
    const ELEMENTS: usize = 2;

    #[inline(always)]
    unsafe fn sum(b: &Block, start: usize, end: usize, span: usize) {
        // SAFETY: the caller's.
        unsafe {
            // A sum is no longer than its two parts.
            let norm = *b.start_norms.add(start) + *b.end_norms.add(end);
            let (scale, factor) = pairs::scale_for(norm);
            *b.factors.add(span) = factor;
            let scale = S::splat(scale);
            let (start, end) = (b.starts.add(start * b.inner), b.ends.add(end * b.inner));
            let out = b.sums.cast::<i16>().add(span * b.inner);
            for i in (0..b.inner).step_by(S::LANES) {
                let sum = S::add(S::load(start.add(i)), S::load(end.add(i)));
                S::store_i16(out.add(i), S::mul(S::max(sum, S::splat(0.0)), scale));
            }
        }
    }

    #[inline(always)]
    unsafe fn finish(b: &Block, scores: *const f32, out: *mut f32) {
        let whole = b.labels / S::LANES * S::LANES;
        // SAFETY: the caller's.
        unsafe {
            for i in (0..whole).step_by(S::LANES) {
                let (score, factor) = (S::load(scores.add(i)), S::load(b.label_factors.add(i)));
                let sum = S::fma(score, factor, S::load(b.offsets.add(i)));
                S::store(out.add(i), sum);
            }
            for i in whole..b.labels {
                *out.add(i) = (*scores.add(i)).mul_add(*b.label_factors.add(i), *b.offsets.add(i));
            }
        }
    }
}
