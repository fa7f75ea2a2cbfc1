//! Softmax to base 2 over a block of score rows, adding the content→position scores on the way.

use crate::math::exp2;
use crate::simd::Simd;

/// One block of rows. Sizes are in f32 elements.
pub(crate) struct Softmax {
    /// `rows` rows of scores, `stride` apart, whole vectors readable and writable up to `len`. On return they hold
    /// `2^(score - row maximum)`, and zero between `len` and the vector's end.
    pub(crate) scores: *mut f32,
    pub(crate) stride: usize,
    pub(crate) rows: usize,
    /// Keys.
    pub(crate) len: usize,
    /// Content→position scores to add, or none.
    pub(crate) positions: Option<PositionScores>,
    /// `rows` writable elements: one over each row's sum.
    pub(crate) inverse_sums: *mut f32,
}

/// Row `i`, key `j` adds `rows[i * stride + buckets[j - steps[i]]]`.
#[derive(Clone, Copy)]
pub(crate) struct PositionScores {
    /// May point before the buffer's start; a whole vector is readable from every row that occurs.
    pub(crate) rows: *const f32,
    pub(crate) stride: usize,
    /// Table rows by falling relative position, readable from minus the last step to `len` rounded up to whole vectors.
    pub(crate) buckets: *const i32,
    /// How far each row's query lies behind the first's.
    pub(crate) steps: *const u32,
    /// Neighbouring relative positions share a table row or have neighbouring ones, in order: a vector's indices fall
    /// into one window. True of every published bucket function; other tables are gathered one by one.
    pub(crate) windowed: bool,
}

/// # Safety
/// The CPU has `S`; the pointers of `s` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<S: Simd>(s: &Softmax) {
    for row in 0..s.rows {
        // SAFETY: row < rows; tails stay inside whole vectors.
        unsafe {
            let scores = s.scores.add(row * s.stride);
            let maximum = match s.positions {
                Some(p) => {
                    let source = p.rows.add(row * p.stride);
                    let buckets = p.buckets.sub(*p.steps.add(row) as usize);
                    if p.windowed {
                        maximum::<S, true>(scores, s.len, source, buckets)
                    } else {
                        for j in 0..s.len {
                            *scores.add(j) += *source.offset(*buckets.add(j) as isize);
                        }
                        maximum::<S, false>(scores, s.len, source, buckets)
                    }
                }
                None => maximum::<S, false>(scores, s.len, std::ptr::null(), std::ptr::null()),
            };
            let sum = exp_sum::<S>(scores, s.len, maximum);
            *s.inverse_sums.add(row) = 1.0 / sum;
        }
    }
}

/// The largest score of a row; adds windows of position scores first if `ADD`, and writes the sums back.
#[inline(always)]
unsafe fn maximum<S: Simd, const ADD: bool>(
    scores: *mut f32,
    len: usize,
    source: *const f32,
    buckets: *const i32,
) -> f32 {
    unsafe {
        let lowest = S::splat(f32::NEG_INFINITY);
        let mut maximum = lowest;
        let mut j = 0;
        while j < len {
            let mut score = S::load(scores.add(j));
            if ADD {
                score = S::add(score, S::window(source, buckets.add(j)));
                S::store(scores.add(j), score);
            }
            if j + S::LANES > len {
                score = S::keep_first(score, len - j, lowest);
            }
            maximum = S::max(maximum, score);
            j += S::LANES;
        }
        S::reduce_max(maximum)
    }
}

/// Replaces each score by `2^(score - maximum)`; returns their sum. Always in the same order, so that a row's result
/// depends on nothing but the row.
#[inline(always)]
unsafe fn exp_sum<S: Simd>(scores: *mut f32, len: usize, maximum: f32) -> f32 {
    unsafe {
        let maximum = S::splat(maximum);
        let mut sum = S::splat(0.0);
        let mut j = 0;
        while j + 4 * S::LANES <= len {
            let at = scores.add(j);
            let mut e = [maximum; 4];
            for (i, e) in e.iter_mut().enumerate() {
                *e = S::sub(S::load(at.add(i * S::LANES)), maximum);
            }
            for (i, e) in exp2::<S, 4>(e).into_iter().enumerate() {
                S::store(at.add(i * S::LANES), e);
                sum = S::add(sum, e);
            }
            j += 4 * S::LANES;
        }
        while j < len {
            let [e] = exp2::<S, 1>([S::sub(S::load(scores.add(j)), maximum)]);
            let e = S::keep_first(e, len - j, S::splat(0.0));
            S::store(scores.add(j), e);
            sum = S::add(sum, e);
            j += S::LANES;
        }
        S::reduce_add(sum)
    }
}
