//! The int8 dot products of each instruction set.
//!
//! A step multiplies four activations of a row with four weights of each of a panel's 16 channels.

use crate::linear::{CHANNELS, DEPTH};
use crate::simd::Simd;
use crate::simd::portable::Portable;

/// Int8 dot products beside f32 vectors.
///
/// # Safety
/// As for [`Simd`]; pointers to activations are valid for 4 bytes, to weights for 64, to sums for 16 elements.
pub(crate) trait Dot: Simd {
    /// What quantized activations are xor-ed with: 0x80 where the instructions take them unsigned.
    const FLIP: u8;
    /// Rows of the micro-kernel.
    const TILE_ROWS_I8: usize;
    /// Panels of the micro-kernel.
    const TILE_PANELS: usize;
    /// Whether [`Dot::dot_two`] is faster than two of [`Dot::dot`]; with one panel to a tile only.
    const TWO_STEPS: bool = false;
    /// Sums of one row and one panel.
    type Acc: Copy;
    /// A step's weights of a panel.
    type Weights: Copy;
    /// A step's activations of a row, in every lane.
    type Step: Copy;

    /// Rounds `LANES` values in `[-128, 127]` to the nearest integers, ties to even, flips and stores them as bytes.
    unsafe fn store_i8(p: *mut u8, v: Self::F);
    unsafe fn zero() -> Self::Acc;
    unsafe fn weights(p: *const i8) -> Self::Weights;
    unsafe fn activations(p: *const u8) -> Self::Step;
    unsafe fn dot(acc: Self::Acc, a: Self::Step, w: Self::Weights) -> Self::Acc;
    /// Two steps at once, of a panel whose products of both fit 16 bits ([`super::pack::light`]).
    #[inline(always)]
    unsafe fn dot_two(acc: Self::Acc, a: [Self::Step; 2], w: [Self::Weights; 2]) -> Self::Acc {
        unsafe { Self::dot(Self::dot(acc, a[0], w[0]), a[1], w[1]) }
    }
    /// Subtracts the corrections where activations are flipped; writes 16 sums.
    unsafe fn finish(acc: Self::Acc, corrections: *const i32, out: *mut f32);
}

// SAFETY of the unsafe operations in this impl: the trait's contract: pointers are valid.
impl Dot for Portable {
    const FLIP: u8 = 0;
    const TILE_ROWS_I8: usize = 2;
    const TILE_PANELS: usize = 1;
    type Acc = [i32; CHANNELS];
    type Weights = [i8; CHANNELS * DEPTH];
    type Step = [i32; DEPTH];

    #[inline(always)]
    unsafe fn store_i8(p: *mut u8, v: [f32; 4]) {
        let bytes = v.map(|v| v.round_ties_even() as i8 as u8);
        unsafe { p.cast::<[u8; 4]>().write_unaligned(bytes) }
    }
    #[inline(always)]
    unsafe fn zero() -> [i32; CHANNELS] {
        [0; CHANNELS]
    }
    #[inline(always)]
    unsafe fn weights(p: *const i8) -> [i8; CHANNELS * DEPTH] {
        unsafe { p.cast::<[i8; CHANNELS * DEPTH]>().read() }
    }
    #[inline(always)]
    unsafe fn activations(p: *const u8) -> [i32; DEPTH] {
        unsafe { p.cast::<[i8; DEPTH]>().read() }.map(i32::from)
    }
    #[inline(always)]
    unsafe fn dot(
        mut acc: [i32; CHANNELS],
        a: [i32; DEPTH],
        w: [i8; CHANNELS * DEPTH],
    ) -> [i32; CHANNELS] {
        for (acc, w) in acc.iter_mut().zip(w.chunks_exact(DEPTH)) {
            for (a, &w) in a.iter().zip(w) {
                *acc += a * i32::from(w);
            }
        }
        acc
    }
    #[inline(always)]
    unsafe fn finish(acc: [i32; CHANNELS], _: *const i32, out: *mut f32) {
        unsafe {
            out.cast::<[f32; CHANNELS]>()
                .write_unaligned(acc.map(|sum| sum as f32))
        }
    }
}
