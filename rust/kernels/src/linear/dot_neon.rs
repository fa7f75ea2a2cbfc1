//! Dot products of AArch64: `sdot`, of every core since 2018 (ARMv8.2 with dotprod). Older ones run the portable code.

use std::arch::aarch64::*;
use std::arch::asm;

use crate::linear::dot::Dot;
use crate::simd::neon::Neon;

// SAFETY of the unsafe operations in this impl: the trait's contract: dotprod is present, pointers are valid.
impl Dot for Neon {
    const FLIP: u8 = 0;
    const TILE_ROWS_I8: usize = 6;
    const TILE_PANELS: usize = 1;
    type Acc = [int32x4_t; 4];
    type Weights = [int8x16_t; 4];
    type Step = int8x16_t;

    #[inline(always)]
    unsafe fn store_i8(p: *mut u8, v: float32x4_t) {
        unsafe {
            let words = vmovn_s32(vcvtnq_s32_f32(v));
            let bytes = vmovn_s16(vcombine_s16(words, words));
            p.cast::<u32>()
                .write_unaligned(vget_lane_u32::<0>(vreinterpret_u32_s8(bytes)));
        }
    }
    #[inline(always)]
    unsafe fn zero() -> [int32x4_t; 4] {
        unsafe { [vdupq_n_s32(0); 4] }
    }
    #[inline(always)]
    unsafe fn weights(p: *const i8) -> [int8x16_t; 4] {
        unsafe {
            [
                vld1q_s8(p),
                vld1q_s8(p.add(16)),
                vld1q_s8(p.add(32)),
                vld1q_s8(p.add(48)),
            ]
        }
    }
    #[inline(always)]
    unsafe fn activations(p: *const u8) -> int8x16_t {
        unsafe { vreinterpretq_s8_u32(vdupq_n_u32(p.cast::<u32>().read_unaligned())) }
    }
    #[inline(always)]
    unsafe fn dot(mut acc: [int32x4_t; 4], a: int8x16_t, w: [int8x16_t; 4]) -> [int32x4_t; 4] {
        // The intrinsic vdotq_s32 is not stable on the oldest compiler supported.
        for (sum, w) in acc.iter_mut().zip(w) {
            // SAFETY: registers in, registers out.
            unsafe {
                asm!(
                    ".arch_extension dotprod",
                    "sdot {0:v}.4s, {1:v}.16b, {2:v}.16b",
                    inout(vreg) *sum,
                    in(vreg) w,
                    in(vreg) a,
                    options(pure, nomem, nostack, preserves_flags)
                );
            }
        }
        acc
    }
    #[inline(always)]
    unsafe fn finish(acc: [int32x4_t; 4], _: *const i32, out: *mut f32) {
        for (i, acc) in acc.into_iter().enumerate() {
            unsafe { vst1q_f32(out.add(4 * i), vcvtq_f32_s32(acc)) }
        }
    }
}
