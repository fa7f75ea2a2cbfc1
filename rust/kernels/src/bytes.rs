//! Products of bytes, four to a cell, summed in sixteen bits: half of the instructions that pairs take.
//!
//! For scores alone: a softmax bears what eight bits lose between int8 layers, an error of about 0.2 % of the product of both
//! norms. `vpmaddubsw` takes one side unsigned, so rows are stored with [`OFFSET`] added, and sums begin with what takes it
//! back. They wrap on the way and come out exact, as three bounds see to:
//!
//! - Two neighbouring products fit 16 bits: 2 · ([`OFFSET`] + [`ROW`]) · [`COLUMN`] < 2¹⁵.
//! - A lane sums two elements of each cell. Their part of a row and of a column has a norm of at most [`NORM`], rounding included,
//!   so the sum that is left is at most its square (Cauchy and Schwarz).
//! - Both halves of a cell are added in 32 bits.
//!
//! Scales come from one row or one column: a result depends on nothing else. What isn't finite makes the factor NaN.

use std::marker::PhantomData;

use crate::gemm::{Arithmetic, Gemm, end_integers};
use crate::pack::{AHEAD, LINE};
use crate::pairs::{Columns, Rows, scale};
use crate::simd::SimdPairs;

/// Elements of a cell.
pub(crate) const CELL: usize = 4;
/// What rows have added.
const OFFSET: u8 = 96;
/// Largest element of a row.
const ROW: f32 = 95.0;
/// Largest element of a column.
const COLUMN: f32 = 85.0;
/// Largest norm of half of a row or column: its square is just less than 2¹⁵.
const NORM: f32 = 181.0;
const _: () = {
    const MOST: f32 = 32_768.0;
    assert!(OFFSET as f32 > ROW);
    assert!(2.0 * (OFFSET as f32 + ROW) * COLUMN < MOST);
    assert!(NORM * NORM < MOST);
};

/// Cells of four bytes.
#[derive(Clone, Copy)]
pub(crate) struct Bytes<S>(PhantomData<S>);

// SAFETY of the unsafe operations in this impl: the trait's contract.
impl<S: SimdPairs> Arithmetic for Bytes<S> {
    type S = S;
    type Cells = S::I;
    type Sums = S::I;
    const BEGINS: bool = true;

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
    #[inline(always)]
    unsafe fn begin(g: &Gemm, panel: usize, _: *const f32) -> S::I {
        unsafe { S::load_cells(g.begins.add(panel * S::LANES)) }
    }
    #[inline(always)]
    unsafe fn add_product(a: S::I, b: S::I, sums: S::I) -> S::I {
        unsafe { S::add_byte_products(a, b, sums) }
    }
    #[inline(always)]
    unsafe fn end(g: &Gemm, row: usize, panel: usize, sums: S::I, c: *mut f32) {
        unsafe { end_integers::<S>(g, row, panel, S::to_f32(S::byte_sums(sums)), c) }
    }
}

/// What the norm of half of a row or column of `width` elements may be before each is rounded by half a unit at most.
fn norm_before_rounding(width: usize) -> f32 {
    NORM - 0.5 * (width as f32 / 2.0).sqrt()
}

/// Rows that are measured before they are rounded: a row's scale is a long chain of steps, and rows don't wait for each other.
const BATCH: usize = 16;

/// Rows of f32 to rows of cells, [`OFFSET`] added; `width` is a multiple of [`CELL`], and `dst` takes `width / CELL` cells a row.
///
/// # Safety
/// The CPU has `S`; the pointers of `r` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn rows<S: SimdPairs>(r: &Rows) {
    let whole = r.width / S::LANES * S::LANES;
    let norm = norm_before_rounding(r.width);
    for first in (0..r.rows).step_by(BATCH) {
        let batch = first..r.rows.min(first + BATCH);
        let mut scales = [0.0; BATCH];
        for (row, inverse) in batch.clone().zip(&mut scales) {
            // SAFETY: row < rows.
            unsafe {
                for i in (0..r.width).step_by(LINE) {
                    S::prefetch(r.src.wrapping_add((row + AHEAD) * r.stride + i));
                }
                let unit = unit_of::<S>(r.src.add(row * r.stride), r.width, norm);
                (*inverse, *r.factors.add(row)) = scale(unit, 1.0);
            }
        }
        for (row, &scale) in batch.zip(&scales) {
            // SAFETY: row < rows; the tail is handled element by element.
            unsafe {
                let src = r.src.add(row * r.stride);
                let dst = r.dst.add(row * (r.width / CELL)).cast::<u8>();
                for i in (0..whole).step_by(S::LANES) {
                    let v = S::mul(S::load(src.add(i)), S::splat(scale));
                    S::store_u8(dst.add(i), v, OFFSET);
                }
                for i in whole..r.width {
                    let rounded = (*src.add(i) * scale).round_ties_even();
                    *dst.add(i) = (rounded + f32::from(OFFSET)) as u8;
                }
            }
        }
    }
}

/// What one unit of a row's integers is to be; NaN if the row isn't finite.
#[inline(always)]
unsafe fn unit_of<S: SimdPairs>(row: *const f32, width: usize, norm: f32) -> f32 {
    let whole = width / S::LANES * S::LANES;
    unsafe {
        let mut squares = S::splat(0.0);
        let mut largest = S::splat(0.0);
        for i in (0..whole).step_by(S::LANES) {
            let v = S::load(row.add(i));
            squares = S::fma(v, v, squares);
            largest = S::max(largest, S::abs(v));
        }
        let mut halves = S::reduce_halves(squares);
        let mut largest = S::reduce_max(largest);
        for i in whole..width {
            let v = *row.add(i);
            halves[i % CELL / 2] += v * v;
            largest = largest.max(v.abs());
        }
        // max alone would lose a NaN.
        let not_finite = (halves[0] + halves[1]) * 0.0;
        (halves[0].max(halves[1]).sqrt() / norm).max(largest / ROW) + not_finite
    }
}

/// Columns of B, in place: each [`CELL`] rows of f32 become one of cells. `factors` takes what each column's sums are to be
/// multiplied by, `by` included, `begins` what they begin with.
///
/// # Safety
/// The CPU has `S`; the pointers of `c` are valid for the extents that its fields describe, `factors` and `begins` for a vector a
/// panel; `c.rows` is a multiple of [`CELL`].
#[inline(always)]
pub(crate) unsafe fn columns<S: SimdPairs>(
    c: &Columns,
    by: f32,
    factors: *mut f32,
    begins: *mut f32,
) {
    let norm = norm_before_rounding(c.rows);
    let offset = u32::from_ne_bytes([OFFSET; CELL]);
    for panel in 0..c.panels {
        // SAFETY: rows and panels are those of c.
        unsafe {
            let b = c.b.add(panel * c.panel_stride);
            let factors = factors.add(panel * S::LANES);
            let mut halves = [S::splat(0.0); 2];
            let mut largest = S::splat(0.0);
            for row in 0..c.rows {
                let v = S::load(b.add(row * c.row_stride));
                let half = &mut halves[row % CELL / 2];
                *half = S::fma(v, v, *half);
                largest = S::max(largest, S::abs(v));
            }
            let mut squares = [[0.0; crate::simd::MAX_LANES]; 2];
            S::store(squares[0].as_mut_ptr(), halves[0]);
            S::store(squares[1].as_mut_ptr(), halves[1]);
            S::store(factors, largest);
            let mut scales = [0.0; crate::simd::MAX_LANES];
            for (lane, s) in scales.iter_mut().enumerate().take(S::LANES) {
                let halves = [squares[0][lane], squares[1][lane]];
                let not_finite = (halves[0] + halves[1]) * 0.0;
                let unit =
                    (halves[0].max(halves[1]).sqrt() / norm).max(*factors.add(lane) / COLUMN);
                let (scale, factor) = scale(unit + not_finite, 1.0);
                (*s, *factors.add(lane)) = (scale, factor * by);
            }
            let scale = S::load(scales.as_ptr());
            let mut sums = S::zero_sums();
            let offset = S::splat_cell((&raw const offset).cast());
            for row in (0..c.rows).step_by(CELL) {
                let mut four = [scale; CELL];
                for (i, v) in four.iter_mut().enumerate() {
                    *v = S::mul(S::load(b.add((row + i) * c.row_stride)), scale);
                }
                let cells = b.add(row / CELL * c.row_stride);
                S::store_quads(cells, four);
                sums = S::add_byte_products(offset, S::load_cells(cells), sums);
            }
            S::store_negated_i16(begins.add(panel * S::LANES), sums);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Isa;
    use crate::pack::Pack;
    use proptest::prelude::*;

    #[test]
    fn rounding_keeps_norms() {
        for width in [4, 48, 64, 256, 4096] {
            let rounded = norm_before_rounding(width) + (width as f32 / 2.0).sqrt() / 2.0;
            assert!(rounded <= NORM);
        }
    }

    /// Scores of `rows` and `columns`, `width` elements each, and what the same integers make in f64; none without the kernels.
    fn scores(rows: &[f32], columns: &[f32], width: usize) -> Option<Vec<(f32, f64)>> {
        let isa = Isa::detect();
        let (kernels, lanes) = (isa.pairs()?, isa.f32().lanes);
        let (m, n) = (rows.len() / width, columns.len() / width);
        let (panels, depth) = (n.div_ceil(lanes), width / CELL);
        let (mut a, mut factors) = (vec![0.0; m * depth], vec![0.0; m]);
        let mut b = vec![0.0; panels * lanes * width];
        let (mut column_factors, mut begins) =
            (vec![0.0; panels * lanes], vec![0.0; panels * lanes]);
        let mut c = vec![0.0; m * panels * lanes];
        // SAFETY: all buffers have the sizes that the jobs describe.
        unsafe {
            (kernels.byte_rows)(&Rows {
                src: rows.as_ptr(),
                stride: width,
                rows: m,
                width,
                dst: a.as_mut_ptr(),
                factors: factors.as_mut_ptr(),
            });
            (isa.f32().pack)(&Pack {
                src: columns.as_ptr(),
                stride: width,
                rows: n,
                k: width,
                scale: 1.0,
                dst: b.as_mut_ptr(),
            });
            let columns = Columns {
                b: b.as_mut_ptr(),
                panels,
                panel_stride: lanes * width,
                rows: width,
                row_stride: lanes,
            };
            let (by, begins_at) = (1.0, begins.as_mut_ptr());
            (kernels.byte_columns)(&columns, by, column_factors.as_mut_ptr(), begins_at);
            (kernels.byte_gemm)(&Gemm {
                m,
                k: depth,
                panels,
                a: a.as_ptr(),
                a_stride: depth,
                b: b.as_ptr(),
                b_step: lanes,
                b_panel: lanes * width,
                c: c.as_mut_ptr(),
                c_stride: panels * lanes,
                accumulate: false,
                factors: factors.as_ptr(),
                column_factors: column_factors.as_ptr(),
                begins: begins.as_ptr(),
            });
        }
        let bytes = |cell: f32| cell.to_bits().to_ne_bytes();
        let mut found = Vec::new();
        for i in 0..m {
            for j in 0..n {
                let sum = (0..depth)
                    .flat_map(|k| {
                        let row = bytes(a[i * depth + k]);
                        let column = bytes(b[j / lanes * lanes * width + k * lanes + j % lanes]);
                        row.into_iter().zip(column)
                    })
                    .map(|(x, y)| (i64::from(x) - i64::from(OFFSET)) * i64::from(y as i8))
                    .sum::<i64>();
                let factor = f64::from(factors[i]) * f64::from(column_factors[j]);
                found.push((c[i * panels * lanes + j], sum as f64 * factor));
            }
        }
        Some(found)
    }

    proptest! {
        /// Rows and columns that point the same way, or the opposite, come closest to what sixteen bits hold.
        #[test]
        fn sums_are_exact_and_close(
            depth in 1usize..40,
            seeds in prop::collection::vec(-1.0f32..1.0, 1..9),
            sign in prop::sample::select(vec![-1.0f32, 1.0]),
            spike in 0usize..160,
            height in prop::sample::select(vec![0.0f32, 3.0, 1e4]),
        ) {
            let width = depth * CELL;
            let mut row = (0..width).map(|i| seeds[i % seeds.len()]).collect::<Vec<_>>();
            row[spike % width] += height;
            let scaled = |by: f32| row.iter().map(move |x| x * by);
            let rows = scaled(1.0).chain(scaled(1e-3)).chain(scaled(0.0)).collect::<Vec<_>>();
            let columns = (0..9)
                .flat_map(|j| scaled(sign * (j as f32 - 1.0)))
                .collect::<Vec<_>>();
            let norm = |v: &[f32]| v.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
            for (i, (got, expected)) in scores(&rows, &columns, width).into_iter().flatten().enumerate() {
                prop_assert!((f64::from(got) - expected).abs() <= 1e-6 * expected.abs(), "{got} {expected}");
                let (a, b) = (&rows[i / 9 * width..][..width], &columns[i % 9 * width..][..width]);
                let truth = a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>();
                prop_assert!((expected - truth).abs() <= 0.05 * norm(a) * norm(b), "{expected} {truth}");
            }
        }
    }
}
