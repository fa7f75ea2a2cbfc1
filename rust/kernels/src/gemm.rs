//! Small f32 matrix products whose operands lie in cache: `C (+)= A · B`, B in panels one vector wide.
//!
//! The general GEMM crates pack both operands and choose blockings for matrices that don't fit in cache; at 32 × 64 × 290 that
//! costs as much as the product. Here B is packed once per (sequence, head), A is read in place by broadcasts, and the
//! caller's blocking keeps both in L1 and L2.

use crate::simd::Simd;

/// One product. Sizes are in f32 elements.
pub(crate) struct Gemm {
    /// Rows of A and C.
    pub(crate) m: usize,
    /// Columns of A, rows of B.
    pub(crate) k: usize,
    /// Vectors in a row of B and C.
    pub(crate) panels: usize,
    /// `m` rows of `k` readable elements, `a_stride` apart.
    pub(crate) a: *const f32,
    pub(crate) a_stride: usize,
    /// Element `(k, panel, lane)` of B lies at `k * b_step + panel * b_panel + lane`.
    pub(crate) b: *const f32,
    pub(crate) b_step: usize,
    pub(crate) b_panel: usize,
    /// `m` rows of `panels` writable vectors, `c_stride` apart.
    pub(crate) c: *mut f32,
    pub(crate) c_stride: usize,
    /// Adds to C in place of overwriting it.
    pub(crate) accumulate: bool,
}

/// # Safety
/// The CPU has `S`; the pointers of `g` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<S: Simd>(g: &Gemm) {
    let mut panel = 0;
    while panel < g.panels {
        let left = g.panels - panel;
        // Four vectors where that leaves no remainder that three would (64 columns of AVX-512).
        let width = if S::WIDE_TILE_ROWS > 0 && left == 4 {
            4
        } else {
            left.min(S::TILE_VECTORS)
        };
        let rows = if width == 4 {
            S::WIDE_TILE_ROWS
        } else {
            S::TILE_ROWS
        };
        let mut row = 0;
        while row < g.m {
            let count = rows.min(g.m - row);
            // SAFETY: the tile lies inside g's extents.
            unsafe {
                match width {
                    1 => rows_of::<S, 1>(g, row, count, panel),
                    2 if S::TILE_VECTORS >= 2 => rows_of::<S, 2>(g, row, count, panel),
                    3 if S::TILE_VECTORS >= 3 => rows_of::<S, 3>(g, row, count, panel),
                    _ => wide_rows_of::<S>(g, row, count, panel),
                }
            }
            row += count;
        }
        panel += width;
    }
}

/// A runtime row count to a compile-time one; arms above `TILE_ROWS` fold away.
#[inline(always)]
unsafe fn rows_of<S: Simd, const NV: usize>(g: &Gemm, row: usize, count: usize, panel: usize) {
    unsafe {
        match count {
            1 => tile::<S, 1, NV>(g, row, panel),
            2 => tile::<S, 2, NV>(g, row, panel),
            3 if S::TILE_ROWS >= 3 => tile::<S, 3, NV>(g, row, panel),
            4 if S::TILE_ROWS >= 4 => tile::<S, 4, NV>(g, row, panel),
            5 if S::TILE_ROWS >= 5 => tile::<S, 5, NV>(g, row, panel),
            6 if S::TILE_ROWS >= 6 => tile::<S, 6, NV>(g, row, panel),
            7 if S::TILE_ROWS >= 7 => tile::<S, 7, NV>(g, row, panel),
            8 if S::TILE_ROWS >= 8 => tile::<S, 8, NV>(g, row, panel),
            _ => unreachable!("tile of {count} rows"),
        }
    }
}

#[inline(always)]
unsafe fn wide_rows_of<S: Simd>(g: &Gemm, row: usize, count: usize, panel: usize) {
    unsafe {
        match count {
            1 if S::WIDE_TILE_ROWS >= 1 => tile::<S, 1, 4>(g, row, panel),
            2 if S::WIDE_TILE_ROWS >= 2 => tile::<S, 2, 4>(g, row, panel),
            3 if S::WIDE_TILE_ROWS >= 3 => tile::<S, 3, 4>(g, row, panel),
            4 if S::WIDE_TILE_ROWS >= 4 => tile::<S, 4, 4>(g, row, panel),
            5 if S::WIDE_TILE_ROWS >= 5 => tile::<S, 5, 4>(g, row, panel),
            6 if S::WIDE_TILE_ROWS >= 6 => tile::<S, 6, 4>(g, row, panel),
            _ => unreachable!("wide tile of {count} rows"),
        }
    }
}

#[inline(always)]
unsafe fn tile<S: Simd, const MR: usize, const NV: usize>(g: &Gemm, row: usize, panel: usize) {
    unsafe {
        let c = g.c.add(row * g.c_stride + panel * S::LANES);
        let mut a = g.a.add(row * g.a_stride);
        let mut b = g.b.add(panel * g.b_panel);
        let mut acc = [[S::splat(0.0); NV]; MR];
        if g.accumulate {
            for (r, acc) in acc.iter_mut().enumerate() {
                for (v, acc) in acc.iter_mut().enumerate() {
                    *acc = S::load(c.add(r * g.c_stride + v * S::LANES));
                }
            }
        }
        for _ in 0..g.k {
            let mut vectors = [S::splat(0.0); NV];
            for (v, vector) in vectors.iter_mut().enumerate() {
                *vector = S::load(b.add(v * g.b_panel));
            }
            for (r, acc) in acc.iter_mut().enumerate() {
                let x = S::splat(*a.add(r * g.a_stride));
                for (v, acc) in acc.iter_mut().enumerate() {
                    *acc = S::fma(x, vectors[v], *acc);
                }
            }
            a = a.add(1);
            b = b.add(g.b_step);
        }
        for (r, acc) in acc.iter().enumerate() {
            for (v, acc) in acc.iter().enumerate() {
                S::store(c.add(r * g.c_stride + v * S::LANES), *acc);
            }
        }
    }
}
