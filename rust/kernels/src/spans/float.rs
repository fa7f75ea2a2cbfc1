//! Spans' sums as cells of f32 or of pairs, multiplied block by block.

use super::{NO_SPAN, SpanScores};
use crate::gemm::{self, Arithmetic, Gemm, Single};
use crate::pack::Pack;
use crate::pairs::{self, Columns, Pairs, Span};
use crate::parallel::Shared;
use crate::scratch::Scratch;
use crate::simd::table::PairKernels;
use crate::simd::{Simd, SimdPairs};
use crate::{Isa, Parallel, Products};

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

/// Scores of all spans that lie inside their rows, and of those that would begin inside.
///
/// # Safety
/// `s` has been checked; `firsts` are its rows' first words; `out` has its size, `longest` words a row.
pub(super) unsafe fn run_all(
    s: &SpanScores,
    firsts: &[usize],
    longest: usize,
    isa: Isa,
    pool: &impl Parallel,
    out: Shared<f32>,
) {
    let rows = s.counts.len();
    let total = firsts[rows];
    let kernels = isa.f32();
    let columns = s.label_count.next_multiple_of(kernels.lanes);
    let packed_size = columns * s.inner;
    let pairs = s.pairs(isa);
    // Room for norms in f32 too, so that every block's pointers lie inside it.
    let sizes = [rows * packed_size, rows * columns, total, total];
    let (_memory, slices) = Scratch::floats(sizes);
    let [packed, label_factors, start_norms, end_norms] = slices.map(Shared);
    pool.for_each(rows, &|row| {
        // SAFETY: lengths have been checked; tasks write disjoint parts.
        unsafe {
            (kernels.pack)(&Pack {
                src: s.labels.as_ptr().add(row * s.label_count * s.inner),
                stride: s.inner,
                rows: s.label_count,
                k: s.inner,
                scale: 1.0,
                dst: packed.at(row * packed_size),
            });
            let Some(pairs) = pairs else { return };
            // Each label by itself: those of other rows' longer prompts are none of this row's business.
            (pairs.columns_by_norm)(
                &Columns {
                    b: packed.at(row * packed_size),
                    panels: columns / kernels.lanes,
                    panel_stride: s.inner * kernels.lanes,
                    rows: s.inner,
                    row_stride: kernels.lanes,
                },
                label_factors.at(row * columns),
            );
            for (parts, norms) in [(s.starts, start_norms), (s.ends, end_norms)] {
                (pairs.norms)(
                    &Span {
                        src: parts.as_ptr().add(firsts[row] * s.inner),
                        stride: s.inner,
                        rows: s.counts[row] as usize,
                        width: s.inner,
                    },
                    norms.at(firsts[row]),
                );
            }
        }
    });
    let run = pairs.map_or(kernels.spans, |pairs| pairs.spans);
    let share = (BLOCK_SPANS / s.max_width).max(1);
    s.for_each_block(firsts, share, pool, &|row, words| {
        let spans = words.len() * s.max_width;
        let sizes = [spans * s.inner, spans * columns, spans];
        let (_memory, [sums, scores, factors]) = Scratch::floats(sizes);
        let word = firsts[row] + words.start;
        // SAFETY: lengths have been checked; tasks write disjoint parts.
        unsafe {
            run(&Block {
                starts: s.starts.as_ptr().add(word * s.inner),
                ends: s.ends.as_ptr().add(word * s.inner),
                words: words.len(),
                words_left: firsts[row + 1] - word,
                inner: s.inner,
                max_width: s.max_width,
                packed: packed.at(row * packed_size),
                labels: s.label_count,
                offsets: s.offsets.as_ptr().add(row * s.label_count),
                start_norms: start_norms.at(word),
                end_norms: end_norms.at(word),
                label_factors: label_factors.at(row * columns),
                sums,
                scores,
                factors,
                out: out.at((row * longest + words.start) * s.max_width * s.label_count),
            });
        }
    });
}

impl SpanScores<'_> {
    /// The kernels of 16-bit integers, where sums and labels are multiplied in these.
    fn pairs(&self, isa: Isa) -> Option<&'static PairKernels> {
        let whole = self.inner.is_multiple_of(isa.f32().lanes);
        if whole && self.products == Products::Pairs {
            isa.pairs()
        } else {
            None
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
}

/// # Safety
/// The CPU has `A::S`; the pointers of `b` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<A: SpanArithmetic>(b: &Block) {
    let lanes = A::S::LANES;
    let panels = b.labels.div_ceil(lanes);
    let columns = panels * lanes;
    let depth = b.inner / A::ELEMENTS;
    let widths = |word: usize| b.max_width.min(b.words_left - word);
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
            column_factors: b.label_factors,
            begins: std::ptr::null(),
        });
        let mut span = 0;
        for word in 0..b.words {
            for width in 0..b.max_width {
                let out = b.out.add((word * b.max_width + width) * b.labels);
                if width < widths(word) {
                    finish::<A::S>(b, b.scores.add(span * columns), out);
                    span += 1;
                } else {
                    std::slice::from_raw_parts_mut(out, b.labels).fill(NO_SPAN);
                }
            }
        }
    }
}

/// Writes a span's scores.
///
/// # Safety
/// As for [`run`]; `scores` and `out` are the span's.
#[inline(always)]
unsafe fn finish<S: Simd>(b: &Block, scores: *const f32, out: *mut f32) {
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
}
