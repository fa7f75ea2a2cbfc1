//! Products of 16-bit integers, two to a cell: `vpmaddwd` multiplies and adds twice as many numbers as an f32 instruction.
//!
//! Fifteen bits for the longest row of an operand lose far less than the int8 layers around an attention do: an error of 1e-5
//! of a score, where eight bits would make one of 1e-2. Sums are exact in 32 bits; three bounds see to that:
//!
//! - Rows and columns of a score's product are scaled to a Euclidean norm of [`NORM`] at most, so a product, and every part of
//!   one, is at most its square (Cauchy and Schwarz).
//! - Values are at most [`VALUE`], each of a head's columns by its own scale.
//! - A row of weights adds up to [`WEIGHTS`] at most, by a scale of its own.
//!
//! Scales come from one row, or from one sequence and head: a result depends on nothing else. What isn't finite makes the
//! factor NaN, and so the result.

use std::marker::PhantomData;

use crate::gemm::{Arithmetic, Gemm, end_integers};
use crate::simd::SimdPairs;

/// Largest norm of scaled rows and columns, and so their largest element. Its square is half of 2³¹.
const NORM: f32 = 32_000.0;
/// Largest scaled value.
const VALUE: f32 = 8_190.0;
/// Largest sum of a row's weights: 8,190 · 262,000 < 2³¹.
const WEIGHTS: f32 = 262_000.0;
/// Keys at most: their weights' rounding, half a unit each, leaves most of [`WEIGHTS`].
pub(crate) const MOST_KEYS: usize = 1 << 17;

/// Cells of two integers.
#[derive(Clone, Copy)]
pub(crate) struct Pairs<S>(PhantomData<S>);

// SAFETY of the unsafe operations in this impl: the trait's contract.
impl<S: SimdPairs> Arithmetic for Pairs<S> {
    type S = S;
    type Cells = S::I;
    type Sums = S::I;

    #[inline(always)]
    unsafe fn splat(cell: *const f32) -> S::I {
        unsafe { S::splat_cell(cell) }
    }
    #[inline(always)]
    unsafe fn load(cells: *const f32) -> S::I {
        unsafe { S::load_cells(cells) }
    }
    #[inline(always)]
    unsafe fn zero() -> S::I {
        unsafe { S::zero_sums() }
    }
    /// Zero: what is in C is added at the end.
    #[inline(always)]
    unsafe fn begin(_: &Gemm, _: usize, _: *const f32) -> S::I {
        unsafe { S::zero_sums() }
    }
    #[inline(always)]
    unsafe fn add_product(a: S::I, b: S::I, sums: S::I) -> S::I {
        unsafe { S::add_products(a, b, sums) }
    }
    #[inline(always)]
    unsafe fn end(g: &Gemm, row: usize, panel: usize, sums: S::I, c: *mut f32) {
        unsafe { end_integers::<S>(g, row, panel, S::to_f32(sums), c) }
    }
}

/// A scale for numbers whose norm (or largest magnitude) is `size`, and the factor that takes it back. The factor is NaN where
/// `size` isn't finite.
pub(crate) fn scale(size: f32, most: f32) -> (f32, f32) {
    if !size.is_finite() {
        (0.0, f32::NAN)
    } else if size < 1e-30 {
        (0.0, 0.0)
    } else {
        (most / size, size / most)
    }
}

/// Rows of f32 to rows of pairs, each by its own norm.
pub(crate) struct Rows {
    /// `rows` rows of `width` readable elements, `stride` apart; `width` is even.
    pub(crate) src: *const f32,
    pub(crate) stride: usize,
    pub(crate) rows: usize,
    pub(crate) width: usize,
    /// `rows` rows of `width / 2` writable cells, one after the other.
    pub(crate) dst: *mut f32,
    /// `rows` writable elements: integers times this are the row.
    pub(crate) factors: *mut f32,
}

/// # Safety
/// The CPU has `S`; the pointers of `r` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn rows<S: SimdPairs>(r: &Rows) {
    let whole = r.width / S::LANES * S::LANES;
    for row in 0..r.rows {
        // SAFETY: row < rows; the tail is handled element by element.
        unsafe {
            let src = r.src.add(row * r.stride);
            let dst = r.dst.add(row * (r.width / 2)).cast::<i16>();
            let (scale, factor) = scale(square_of::<S>(src, r.width).sqrt(), NORM);
            *r.factors.add(row) = factor;
            for i in (0..whole).step_by(S::LANES) {
                S::store_i16(dst.add(i), S::mul(S::load(src.add(i)), S::splat(scale)));
            }
            for i in whole..r.width {
                *dst.add(i) = (*src.add(i) * scale).round_ties_even() as i16;
            }
        }
    }
}

/// Rows of f32, to be measured.
pub(crate) struct Span {
    /// `rows` rows of `width` readable elements, `stride` apart.
    pub(crate) src: *const f32,
    pub(crate) stride: usize,
    pub(crate) rows: usize,
    pub(crate) width: usize,
}

/// The scale for columns made of these rows, by the longest one's norm, and what integers are to be multiplied by.
///
/// # Safety
/// The CPU has `S`; the pointers of `s` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn common_scale<S: SimdPairs>(s: &Span) -> (f32, f32) {
    let mut longest = 0.0f32;
    let mut not_finite = 0.0;
    for row in 0..s.rows {
        // SAFETY: row < rows.
        let square = unsafe { square_of::<S>(s.src.add(row * s.stride), s.width) };
        longest = longest.max(square);
        // max alone would lose a NaN.
        not_finite += square * 0.0;
    }
    scale((longest + not_finite).sqrt(), NORM)
}

/// The norms of rows.
///
/// # Safety
/// The CPU has `S`; the pointers of `s` are valid for the extents that its fields describe, `norms` for an element a row.
#[inline(always)]
pub(crate) unsafe fn norms<S: SimdPairs>(s: &Span, norms: *mut f32) {
    for row in 0..s.rows {
        // SAFETY: row < rows.
        unsafe { *norms.add(row) = square_of::<S>(s.src.add(row * s.stride), s.width).sqrt() };
    }
}

/// The scale for a row whose norm is at most `norm`, and what integers are to be multiplied by.
pub(crate) fn scale_for(norm: f32) -> (f32, f32) {
    scale(norm, NORM)
}

#[inline(always)]
unsafe fn square_of<S: SimdPairs>(row: *const f32, width: usize) -> f32 {
    let whole = width / S::LANES * S::LANES;
    unsafe {
        let mut squares = S::splat(0.0);
        for i in (0..whole).step_by(S::LANES) {
            let v = S::load(row.add(i));
            squares = S::fma(v, v, squares);
        }
        let mut square = S::reduce_add(squares);
        for i in whole..width {
            square += *row.add(i) * *row.add(i);
        }
        square
    }
}

/// Columns of B, in place: rows `2i` and `2i + 1` of f32 become row `i` of pairs.
pub(crate) struct Columns {
    /// `panels` panels of `rows` rows of one vector, `panel_stride` apart; rows are `row_stride` apart.
    pub(crate) b: *mut f32,
    pub(crate) panels: usize,
    pub(crate) panel_stride: usize,
    pub(crate) rows: usize,
    pub(crate) row_stride: usize,
}

/// Multiplies all columns by one scale.
///
/// # Safety
/// The CPU has `S`; the pointers of `c` are valid for the extents that its fields describe; the scaled columns fit.
#[inline(always)]
pub(crate) unsafe fn columns<S: SimdPairs>(c: &Columns, scale: f32) {
    for panel in 0..c.panels {
        // SAFETY: the caller's.
        unsafe { interleave::<S>(c, panel, S::splat(scale)) };
    }
}

/// Scales each column by its largest magnitude; `factors` takes, for each column, what integers are to be multiplied by.
///
/// # Safety
/// The CPU has `S`; the pointers of `c` are valid for the extents that its fields describe, `factors` for a vector a panel.
#[inline(always)]
pub(crate) unsafe fn columns_by_largest<S: SimdPairs>(c: &Columns, factors: *mut f32) {
    for panel in 0..c.panels {
        // SAFETY: rows and panels are those of c.
        unsafe {
            let b = c.b.add(panel * c.panel_stride);
            let mut largest = S::splat(0.0);
            let mut not_finite = S::splat(0.0);
            for row in 0..c.rows {
                let v = S::load(b.add(row * c.row_stride));
                largest = S::max(S::abs(v), largest);
                not_finite = S::fma(v, S::splat(0.0), not_finite);
            }
            let factors = factors.add(panel * S::LANES);
            S::store(factors, S::add(largest, not_finite));
            scale_columns::<S>(c, panel, factors, VALUE);
        }
    }
}

/// Scales each column by its norm, as [`columns_by_largest`] does.
///
/// # Safety
/// As there.
#[inline(always)]
pub(crate) unsafe fn columns_by_norm<S: SimdPairs>(c: &Columns, factors: *mut f32) {
    for panel in 0..c.panels {
        // SAFETY: rows and panels are those of c.
        unsafe {
            let b = c.b.add(panel * c.panel_stride);
            let mut squares = S::splat(0.0);
            for row in 0..c.rows {
                let v = S::load(b.add(row * c.row_stride));
                squares = S::fma(v, v, squares);
            }
            let factors = factors.add(panel * S::LANES);
            S::store(factors, squares);
            for lane in 0..S::LANES {
                *factors.add(lane) = (*factors.add(lane)).sqrt();
            }
            scale_columns::<S>(c, panel, factors, NORM);
        }
    }
}

/// Scales a panel's columns to be at most `most` by their sizes in `sizes`, which become their factors.
#[inline(always)]
unsafe fn scale_columns<S: SimdPairs>(c: &Columns, panel: usize, sizes: *mut f32, most: f32) {
    unsafe {
        let mut scales = [0.0; crate::simd::MAX_LANES];
        for (lane, s) in scales.iter_mut().enumerate().take(S::LANES) {
            (*s, *sizes.add(lane)) = scale(*sizes.add(lane), most);
        }
        interleave::<S>(c, panel, S::load(scales.as_ptr()));
    }
}

#[inline(always)]
unsafe fn interleave<S: SimdPairs>(c: &Columns, panel: usize, scale: S::F) {
    unsafe {
        let b = c.b.add(panel * c.panel_stride);
        for row in (0..c.rows).step_by(2) {
            let first = S::mul(S::load(b.add(row * c.row_stride)), scale);
            let second = if row + 1 < c.rows {
                S::mul(S::load(b.add((row + 1) * c.row_stride)), scale)
            } else {
                S::splat(0.0)
            };
            S::store_pairs(b.add(row / 2 * c.row_stride), first, second);
        }
    }
}

/// Rows of weights, the largest being 1, to pairs in place.
pub(crate) struct Weights {
    /// `rows` rows, `stride` apart, of `len` elements rounded up to whole vectors, zeros at the end.
    pub(crate) weights: *mut f32,
    pub(crate) stride: usize,
    pub(crate) rows: usize,
    pub(crate) len: usize,
    /// `rows` elements: one over each row's sum; on return, what sums of integers are to be multiplied by.
    pub(crate) inverse_sums: *mut f32,
}

/// # Safety
/// The CPU has `S`; the pointers of `w` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn weights<S: SimdPairs>(w: &Weights) {
    for row in 0..w.rows {
        // SAFETY: row < rows; a vector's integers take half of its room, which has been read.
        unsafe {
            let weights = w.weights.add(row * w.stride);
            let inverse = *w.inverse_sums.add(row);
            let scale = (i16::MAX as f32).min((WEIGHTS - w.len as f32) * inverse);
            *w.inverse_sums.add(row) = inverse / scale;
            let scale = S::splat(scale);
            for i in (0..w.len).step_by(S::LANES) {
                let scaled = S::mul(S::load(weights.add(i)), scale);
                S::store_i16(weights.cast::<i16>().add(i), scaled);
            }
        }
    }
}
