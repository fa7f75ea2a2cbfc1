//! Layer normalization of a sum of two rows.
//!
//! ONNX Runtime's SkipLayerNormalization takes 7 ms for 1,160 × 1,024 elements that a plain Add walks in 0.5 ms (1.31,
//! one thread, AVX-512); twice per layer, that is more than the attention.

use crate::parallel::Shared;
use crate::simd::Simd;
use crate::{Isa, Parallel, ShapeError};

/// `(x + skip - mean) / sqrt(variance + epsilon) * weight + bias` over the last axis, mean and variance being each row's own.
#[derive(Clone, Copy, Debug)]
pub struct AddLayerNorm<'a> {
    /// `(rows, width)`
    pub x: &'a [f32],
    /// `(rows, width)`, or none.
    pub skip: Option<&'a [f32]>,
    /// `(width)`
    pub weight: &'a [f32],
    /// `(width)`
    pub bias: &'a [f32],
    /// Added to the variance.
    pub epsilon: f32,
}

/// Elements of a task: tens of microseconds.
const TASK_ELEMENTS: usize = 64 << 10;

/// Some rows. Sizes are in f32 elements.
pub(crate) struct Rows {
    /// `rows` rows of `width` readable elements, one after the other; `skip` too, or null.
    pub(crate) x: *const f32,
    pub(crate) skip: *const f32,
    pub(crate) rows: usize,
    pub(crate) width: usize,
    /// `width` readable elements each.
    pub(crate) weight: *const f32,
    pub(crate) bias: *const f32,
    pub(crate) epsilon: f32,
    /// As many writable elements as `x` has.
    pub(crate) out: *mut f32,
}

impl AddLayerNorm<'_> {
    /// Writes `(rows, width)` to `out`.
    ///
    /// # Errors
    /// [`ShapeError`] if any length contradicts the fields' docs; nothing is written then.
    pub fn run(&self, isa: Isa, pool: &impl Parallel, out: &mut [f32]) -> Result<(), ShapeError> {
        let Self {
            x,
            skip,
            weight,
            bias,
            epsilon,
        } = *self;
        let width = weight.len();
        let rows = x.len().checked_div(width).unwrap_or(0);
        ShapeError::expect("x elements", rows.checked_mul(width), x.len())?;
        ShapeError::expect("bias elements", Some(width), bias.len())?;
        ShapeError::expect("output elements", Some(x.len()), out.len())?;
        if let Some(skip) = skip {
            ShapeError::expect("skip elements", Some(x.len()), skip.len())?;
        }
        if x.is_empty() {
            return Ok(());
        }
        let share = (TASK_ELEMENTS / width).max(1);
        let out = Shared(out.as_mut_ptr());
        pool.for_each(rows.div_ceil(share), &|task| {
            let first = task * share;
            // SAFETY: lengths have been checked; tasks write disjoint rows.
            unsafe {
                (isa.f32().norm)(&Rows {
                    x: x.as_ptr().add(first * width),
                    skip: skip.map_or(std::ptr::null(), |skip| skip.as_ptr().add(first * width)),
                    rows: share.min(rows - first),
                    width,
                    weight: weight.as_ptr(),
                    bias: bias.as_ptr(),
                    epsilon,
                    out: out.at(first * width),
                });
            }
        });
        Ok(())
    }
}

/// Sums up what `add` adds for the vectors at 0 … `end`, four sums at a time: one alone would wait for each addition.
#[inline(always)]
unsafe fn sum_over<S: Simd>(end: usize, add: impl Fn(usize, S::F) -> S::F) -> f32 {
    unsafe {
        let mut sums = [S::splat(0.0); 4];
        let mut i = 0;
        while i + 4 * S::LANES <= end {
            for sum in &mut sums {
                *sum = add(i, *sum);
                i += S::LANES;
            }
        }
        while i < end {
            sums[0] = add(i, sums[0]);
            i += S::LANES;
        }
        S::reduce_add(S::add(S::add(sums[0], sums[1]), S::add(sums[2], sums[3])))
    }
}

/// # Safety
/// The CPU has `S`; the pointers of `n` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<S: Simd>(n: &Rows) {
    let whole = n.width / S::LANES * S::LANES;
    for row in 0..n.rows {
        // SAFETY: row < rows; tails are handled element by element.
        unsafe {
            let x = n.x.add(row * n.width);
            let skip = if n.skip.is_null() {
                n.skip
            } else {
                n.skip.add(row * n.width)
            };
            let out = n.out.add(row * n.width);

            // Two passes over the row, which is in the first-level cache: the variance by its definition, not as a
            // difference of large sums.
            let mut total = sum_over::<S>(whole, |i, total| {
                let mut v = S::load(x.add(i));
                if !skip.is_null() {
                    v = S::add(v, S::load(skip.add(i)));
                }
                S::store(out.add(i), v);
                S::add(total, v)
            });
            for i in whole..n.width {
                let v = if skip.is_null() {
                    *x.add(i)
                } else {
                    *x.add(i) + *skip.add(i)
                };
                *out.add(i) = v;
                total += v;
            }
            let mean = total / n.width as f32;

            let means = S::splat(mean);
            let mut squares = sum_over::<S>(whole, |i, squares| {
                let v = S::sub(S::load(out.add(i)), means);
                S::fma(v, v, squares)
            });
            for i in whole..n.width {
                squares += (*out.add(i) - mean) * (*out.add(i) - mean);
            }
            let inverse = 1.0 / (squares / n.width as f32 + n.epsilon).sqrt();

            let inverses = S::splat(inverse);
            let mut i = 0;
            while i < whole {
                let v = S::mul(S::sub(S::load(out.add(i)), means), inverses);
                S::store(
                    out.add(i),
                    S::fma(v, S::load(n.weight.add(i)), S::load(n.bias.add(i))),
                );
                i += S::LANES;
            }
            for i in whole..n.width {
                *out.add(i) = (*out.add(i) - mean) * inverse * *n.weight.add(i) + *n.bias.add(i);
            }
        }
    }
}
