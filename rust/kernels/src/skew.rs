//! Position→content scores from (relative position, key) to (query, key).
//!
//! The product of position queries and keys has one row per table row and one column per key. The score of query `i`
//! and key `j` is its element `(bucket(i - j), j)`: along a row of scores the table row falls by one per lane. A gather
//! would fetch lane by lane; here row `r`'s vector is blended from the rows `r`, `r - 1`, … in log₂(lanes) steps: step
//! `s` takes, in the lanes whose index has bit `s` set, the partial result of `2^s` rows above. Each row's partial results
//! are shared by the rows below, so an output vector costs four blends and one load, for any bucket table.
//! Transposing 16 × 16 tiles of (key, position) scores, the other candidate, needs as many shuffles on one port of the
//! CPU as this needs blends on two, and the permutations of the content→position side besides.

use crate::simd::Simd;

/// One vector-wide strip of keys, all queries of a block. Sizes are in f32 elements.
pub(crate) struct Skew {
    /// Scores of table row `bucket[..]` lie at `strip + bucket * strip_stride`, one vector each. May point before the
    /// buffer's start; every accessed row lies inside it.
    pub(crate) strip: *const f32,
    pub(crate) strip_stride: usize,
    /// Table rows by falling relative position: `buckets[-t]` is that of `t` plus the first query's relative position
    /// to the strip's first key. Readable from `-(rows - 1)` to `lanes - 1`.
    pub(crate) buckets: *const i32,
    /// Queries.
    pub(crate) rows: usize,
    /// `rows` writable vectors, `out_stride` apart.
    pub(crate) out: *mut f32,
    pub(crate) out_stride: usize,
}

/// # Safety
/// The CPU has `S`; the pointers of `s` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<S: Simd>(s: &Skew) {
    unsafe {
        match S::LANES {
            16 => blocks::<S, 16>(s),
            8 => blocks::<S, 8>(s),
            _ => blocks::<S, 4>(s),
        }
    }
}

/// Walks `N = LANES` rows at a time, `history` being the same array of the rows above after each step.
#[inline(always)]
unsafe fn blocks<S: Simd, const N: usize>(s: &Skew) {
    unsafe {
        let zero = S::splat(0.0);
        // The rows above the first: only their partial results matter.
        let mut history = Carry {
            one: [zero; 1],
            two: [zero; 2],
            four: [zero; 4],
            eight: [zero; 8],
        };
        let mut block = [zero; N];
        for (i, v) in block.iter_mut().enumerate().skip(1) {
            *v = load_row::<S>(s, i as isize - N as isize);
        }
        history.step::<S, N>(&mut block);
        let mut row = 0;
        while row < s.rows {
            let count = N.min(s.rows - row);
            if count == N {
                for (i, v) in block.iter_mut().enumerate() {
                    *v = load_row::<S>(s, (row + i) as isize);
                }
                history.step::<S, N>(&mut block);
                for (i, v) in block.iter().enumerate() {
                    S::store(s.out.add((row + i) * s.out_stride), *v);
                }
            } else {
                for (i, v) in block.iter_mut().enumerate().take(count) {
                    *v = load_row::<S>(s, (row + i) as isize);
                }
                history.step::<S, N>(&mut block);
                for (i, v) in block.iter().enumerate().take(count) {
                    S::store(s.out.add((row + i) * s.out_stride), *v);
                }
            }
            row += count;
        }
    }
}

/// The scores of the table row that applies `t` queries below the first.
#[inline(always)]
unsafe fn load_row<S: Simd>(s: &Skew, t: isize) -> S::F {
    unsafe {
        S::load(
            s.strip
                .offset(*s.buckets.offset(-t) as isize * s.strip_stride as isize),
        )
    }
}

/// The last rows of each step's input, which the next block's first rows look back to.
struct Carry<F> {
    one: [F; 1],
    two: [F; 2],
    four: [F; 4],
    eight: [F; 8],
}

impl<F: Copy> Carry<F> {
    #[inline(always)]
    unsafe fn step<S: Simd<F = F>, const N: usize>(&mut self, block: &mut [F; N]) {
        unsafe {
            shift::<S, 0, 1, N>(&mut self.one, block);
            shift::<S, 1, 2, N>(&mut self.two, block);
            if N >= 8 {
                shift::<S, 2, 4, N>(&mut self.four, block);
            }
            if N >= 16 {
                shift::<S, 3, 8, N>(&mut self.eight, block);
            }
        }
    }
}

/// One step: `block[i]` takes from `block[i - D]` in the lanes with bit `BIT`, `D = 2^BIT`.
#[inline(always)]
unsafe fn shift<S: Simd, const BIT: usize, const D: usize, const N: usize>(
    carry: &mut [S::F; D],
    block: &mut [S::F; N],
) {
    let mut next = *carry;
    for (i, v) in next.iter_mut().enumerate() {
        *v = block[N - D + i];
    }
    for i in (0..N).rev() {
        let old = if i >= D { block[i - D] } else { carry[i] };
        block[i] = unsafe { S::blend_bit::<BIT>(block[i], old) };
    }
    *carry = next;
}
