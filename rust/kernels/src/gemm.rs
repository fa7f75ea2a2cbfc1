//! Small matrix products whose operands lie in cache: `C (+)= A · B`, B in panels one vector wide.
//!
//! The general GEMM crates pack both operands and choose blockings for matrices that don't fit in cache; at 32 × 64 × 290 that
//! costs as much as the product. Here B is packed once per (sequence, head), A is read in place by broadcasts, and the
//! caller's blocking keeps both in L1 and L2.
//!
//! Operands are cells of four bytes: a number of f32 ([`Single`]), two of 16 bits ([`Pairs`](crate::pairs::Pairs)), or four of 8
//! ([`Bytes`](crate::bytes::Bytes)). C is f32.

use std::marker::PhantomData;

use crate::simd::Simd;

/// The arithmetic in which activations are multiplied with one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Products {
    /// f32.
    Single,
    /// 16-bit integers where the instruction set multiplies them faster, else f32: to about 1e-4 of the largest value.
    Pairs,
    /// Bytes for scores: an attention's under the same condition, its outputs being made as by [`Pairs`](Self::Pairs), and spans'
    /// everywhere. They lose about what int8 layers do.
    Bytes,
}

/// One product. Sizes are in cells.
pub(crate) struct Gemm {
    /// Rows of A and C.
    pub(crate) m: usize,
    /// Columns of A, rows of B, in cells.
    pub(crate) k: usize,
    /// Vectors in a row of B and C.
    pub(crate) panels: usize,
    /// `m` rows of `k` readable cells, `a_stride` apart.
    pub(crate) a: *const f32,
    pub(crate) a_stride: usize,
    /// Cell `(k, panel, lane)` of B lies at `k * b_step + panel * b_panel + lane`.
    pub(crate) b: *const f32,
    pub(crate) b_step: usize,
    pub(crate) b_panel: usize,
    /// `m` rows of `panels` writable vectors, `c_stride` apart.
    pub(crate) c: *mut f32,
    pub(crate) c_stride: usize,
    /// Adds to C in place of overwriting it.
    pub(crate) accumulate: bool,
    /// Of integers: what a row's sums are multiplied by, `m` readable elements. Not read in f32.
    pub(crate) factors: *const f32,
    /// Of integers: what each column's sums are multiplied by; of bytes: what they begin with. A vector a panel.
    pub(crate) column_factors: *const f32,
    pub(crate) begins: *const f32,
}

/// What cells are, and how sums of their products become numbers of C.
///
/// # Safety
/// As [`Simd`].
pub(crate) trait Arithmetic: Copy {
    type S: Simd;
    /// A vector of cells.
    type Cells: Copy;
    /// A sum of products for each lane.
    type Sums: Copy;

    /// Whether sums begin with something else than zero even where nothing is added to C.
    const BEGINS: bool = false;

    /// One cell in all lanes.
    unsafe fn splat(cell: *const f32) -> Self::Cells;
    unsafe fn load(cells: *const f32) -> Self::Cells;
    unsafe fn zero() -> Self::Sums;
    /// What a panel's sums begin with; `c` is where they end.
    unsafe fn begin(g: &Gemm, panel: usize, c: *const f32) -> Self::Sums;
    unsafe fn add_product(a: Self::Cells, b: Self::Cells, sums: Self::Sums) -> Self::Sums;
    /// Writes to `c`, or adds.
    unsafe fn end(g: &Gemm, row: usize, panel: usize, sums: Self::Sums, c: *mut f32);
}

/// Writes a vector of integers' sums to `c`, or adds it: an [`Arithmetic::end`].
///
/// # Safety
/// As there.
#[inline(always)]
pub(crate) unsafe fn end_integers<S: Simd>(
    g: &Gemm,
    row: usize,
    panel: usize,
    sums: S::F,
    c: *mut f32,
) {
    unsafe {
        let factor = S::splat(*g.factors.add(row));
        let factor = S::mul(factor, S::load(g.column_factors.add(panel * S::LANES)));
        let mut sums = S::mul(sums, factor);
        if g.accumulate {
            sums = S::add(S::load(c), sums);
        }
        S::store(c, sums);
    }
}

/// Cells of f32.
#[derive(Clone, Copy)]
pub(crate) struct Single<S>(PhantomData<S>);

// SAFETY of the unsafe operations in this impl: the trait's contract.
impl<S: Simd> Arithmetic for Single<S> {
    type S = S;
    type Cells = S::F;
    type Sums = S::F;

    #[inline(always)]
    unsafe fn splat(cell: *const f32) -> S::F {
        unsafe { S::splat(*cell) }
    }
    #[inline(always)]
    unsafe fn load(cells: *const f32) -> S::F {
        unsafe { S::load(cells) }
    }
    #[inline(always)]
    unsafe fn zero() -> S::F {
        unsafe { S::splat(0.0) }
    }
    #[inline(always)]
    unsafe fn begin(_: &Gemm, _: usize, c: *const f32) -> S::F {
        unsafe { S::load(c) }
    }
    #[inline(always)]
    unsafe fn add_product(a: S::F, b: S::F, sums: S::F) -> S::F {
        unsafe { S::fma(a, b, sums) }
    }
    #[inline(always)]
    unsafe fn end(_: &Gemm, _: usize, _: usize, sums: S::F, c: *mut f32) {
        unsafe { S::store(c, sums) }
    }
}

/// # Safety
/// The CPU has `A::S`; the pointers of `g` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<A: Arithmetic>(g: &Gemm) {
    let mut panel = 0;
    while panel < g.panels {
        let left = g.panels - panel;
        // Four vectors where that leaves no remainder that three would (64 columns of AVX-512).
        let width = if A::S::WIDE_TILE_ROWS > 0 && left == 4 {
            4
        } else {
            left.min(A::S::TILE_VECTORS)
        };
        let rows = if width == 4 {
            A::S::WIDE_TILE_ROWS
        } else {
            A::S::TILE_ROWS
        };
        let mut row = 0;
        while row < g.m {
            let count = rows.min(g.m - row);
            // SAFETY: the tile lies inside g's extents.
            unsafe {
                match width {
                    1 => rows_of::<A, 1>(g, row, count, panel),
                    2 if A::S::TILE_VECTORS >= 2 => rows_of::<A, 2>(g, row, count, panel),
                    3 if A::S::TILE_VECTORS >= 3 => rows_of::<A, 3>(g, row, count, panel),
                    _ => wide_rows_of::<A>(g, row, count, panel),
                }
            }
            row += count;
        }
        panel += width;
    }
}

/// A runtime row count to a compile-time one; arms above `TILE_ROWS` fold away.
#[inline(always)]
unsafe fn rows_of<A: Arithmetic, const NV: usize>(
    g: &Gemm,
    row: usize,
    count: usize,
    panel: usize,
) {
    unsafe {
        match count {
            1 => tile::<A, 1, NV>(g, row, panel),
            2 => tile::<A, 2, NV>(g, row, panel),
            3 if A::S::TILE_ROWS >= 3 => tile::<A, 3, NV>(g, row, panel),
            4 if A::S::TILE_ROWS >= 4 => tile::<A, 4, NV>(g, row, panel),
            5 if A::S::TILE_ROWS >= 5 => tile::<A, 5, NV>(g, row, panel),
            6 if A::S::TILE_ROWS >= 6 => tile::<A, 6, NV>(g, row, panel),
            7 if A::S::TILE_ROWS >= 7 => tile::<A, 7, NV>(g, row, panel),
            8 if A::S::TILE_ROWS >= 8 => tile::<A, 8, NV>(g, row, panel),
            _ => unreachable!("tile of {count} rows"),
        }
    }
}

#[inline(always)]
unsafe fn wide_rows_of<A: Arithmetic>(g: &Gemm, row: usize, count: usize, panel: usize) {
    unsafe {
        match count {
            1 if A::S::WIDE_TILE_ROWS >= 1 => tile::<A, 1, 4>(g, row, panel),
            2 if A::S::WIDE_TILE_ROWS >= 2 => tile::<A, 2, 4>(g, row, panel),
            3 if A::S::WIDE_TILE_ROWS >= 3 => tile::<A, 3, 4>(g, row, panel),
            4 if A::S::WIDE_TILE_ROWS >= 4 => tile::<A, 4, 4>(g, row, panel),
            5 if A::S::WIDE_TILE_ROWS >= 5 => tile::<A, 5, 4>(g, row, panel),
            6 if A::S::WIDE_TILE_ROWS >= 6 => tile::<A, 6, 4>(g, row, panel),
            _ => unreachable!("wide tile of {count} rows"),
        }
    }
}

#[inline(always)]
unsafe fn tile<A: Arithmetic, const MR: usize, const NV: usize>(
    g: &Gemm,
    row: usize,
    panel: usize,
) {
    let lanes = A::S::LANES;
    unsafe {
        let c = g.c.add(row * g.c_stride + panel * lanes);
        let mut a = g.a.add(row * g.a_stride);
        let mut b = g.b.add(panel * g.b_panel);
        let mut sums = [[A::zero(); NV]; MR];
        if A::BEGINS || g.accumulate {
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sums) in sums.iter_mut().enumerate() {
                    *sums = A::begin(g, panel + v, c.add(r * g.c_stride + v * lanes));
                }
            }
        }
        for _ in 0..g.k {
            let mut vectors = [A::load(b); NV];
            for (v, vector) in vectors.iter_mut().enumerate().skip(1) {
                *vector = A::load(b.add(v * g.b_panel));
            }
            for (r, sums) in sums.iter_mut().enumerate() {
                let x = A::splat(a.add(r * g.a_stride));
                for (v, sums) in sums.iter_mut().enumerate() {
                    *sums = A::add_product(x, vectors[v], *sums);
                }
            }
            a = a.add(1);
            b = b.add(g.b_step);
        }
        for (r, sums) in sums.iter().enumerate() {
            for (v, sums) in sums.iter().enumerate() {
                A::end(
                    g,
                    row + r,
                    panel + v,
                    *sums,
                    c.add(r * g.c_stride + v * lanes),
                );
            }
        }
    }
}
