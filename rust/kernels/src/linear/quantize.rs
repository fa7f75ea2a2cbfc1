//! Rows of f32 to int8 with a scale each.

use crate::linear::dot::Dot;

/// Some rows to quantize.
pub(crate) struct Quantize {
    /// `rows` rows of `width` readable elements.
    pub(crate) x: *const f32,
    pub(crate) rows: usize,
    pub(crate) width: usize,
    /// `width` padded to whole steps of the dot product; the padding's weights are zero, so its content is free.
    pub(crate) depth: usize,
    /// `rows` rows of `depth` writable bytes, `stride` apart: `round(x / scale)`, with the sign bit flipped where the instruction set multiplies
    /// unsigned by signed bytes, which adds 128.
    pub(crate) out: *mut u8,
    pub(crate) stride: usize,
    /// `rows` writable elements: `max |x| / 127`; NaN if the row holds a NaN or an infinity; 0 if it is all zeros.
    pub(crate) scales: *mut f32,
}

/// Rows whose largest element is smaller are taken as zeros: the reciprocal of their scale overflows.
const SMALLEST: f32 = 1e-35;

/// # Safety
/// The CPU has `S`; the pointers of `q` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<S: Dot>(q: &Quantize) {
    for row in 0..q.rows {
        // SAFETY: row < rows; the tail is handled element by element.
        unsafe {
            let x = std::slice::from_raw_parts(q.x.add(row * q.width), q.width);
            let out = q.out.add(row * q.stride);
            let whole = q.width / S::LANES * S::LANES;

            // Four at a time: one alone would wait for each step.
            let mut largest = [S::splat(0.0); 4];
            let mut not_finite = [S::splat(0.0); 4];
            let mut see = |n: usize, i: usize| {
                let v = S::load(x.as_ptr().add(i));
                largest[n] = S::max(S::abs(v), largest[n]);
                // x * 0 is NaN for what isn't finite, and NaN it stays; max alone would lose it.
                not_finite[n] = S::fma(v, S::splat(0.0), not_finite[n]);
            };
            let fours = whole / (4 * S::LANES) * (4 * S::LANES);
            for i in (0..fours).step_by(4 * S::LANES) {
                for n in 0..4 {
                    see(n, i + n * S::LANES);
                }
            }
            for i in (fours..whole).step_by(S::LANES) {
                see(0, i);
            }
            let most = |[a, b, c, d]: [S::F; 4]| S::max(S::max(a, b), S::max(c, d));
            let sum = |[a, b, c, d]: [S::F; 4]| S::add(S::add(a, b), S::add(c, d));
            let mut largest = S::reduce_max(most(largest));
            let mut not_finite = S::reduce_add(sum(not_finite));
            for &v in &x[whole..] {
                largest = largest.max(v.abs());
                not_finite += v * 0.0;
            }
            let (scale, inverse) = if not_finite.is_nan() {
                (f32::NAN, 0.0)
            } else if largest < SMALLEST {
                (0.0, 0.0)
            } else {
                (largest / 127.0, 127.0 / largest)
            };
            *q.scales.add(row) = scale;

            let factor = S::splat(inverse);
            for i in (0..whole).step_by(S::LANES) {
                S::store_i8(out.add(i), S::mul(S::load(x.as_ptr().add(i)), factor));
            }
            for (i, &v) in x.iter().enumerate().skip(whole) {
                *out.add(i) = (v * inverse).round_ties_even() as i8 as u8 ^ S::FLIP;
            }
            for i in q.width..q.depth {
                *out.add(i) = S::FLIP;
            }
        }
    }
}
