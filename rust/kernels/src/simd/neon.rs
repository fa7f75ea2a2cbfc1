//! NEON (AArch64): 4 lanes, 32 registers.

use std::arch::aarch64::*;

use super::Simd;

#[derive(Clone, Copy)]
pub(crate) struct Neon;

/// Four ones, then four zeros: a window into it at `4 - n` is a mask of the first `n` lanes.
static FIRST: [u32; 8] = [u32::MAX, u32::MAX, u32::MAX, u32::MAX, 0, 0, 0, 0];
static LANE_BITS: [[u32; 4]; 2] = [[0, u32::MAX, 0, u32::MAX], [0, 0, u32::MAX, u32::MAX]];

// SAFETY of the unsafe operations in this impl: the trait's contract: pointers are valid; NEON is AArch64's baseline.
impl Simd for Neon {
    type F = float32x4_t;
    const LANES: usize = 4;
    const TILE_VECTORS: usize = 3;
    const TILE_ROWS: usize = 8;
    const WIDE_TILE_ROWS: usize = 6;

    #[inline(always)]
    unsafe fn splat(x: f32) -> float32x4_t {
        unsafe { vdupq_n_f32(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> float32x4_t {
        unsafe { vld1q_f32(p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: float32x4_t) {
        unsafe { vst1q_f32(p, v) }
    }
    #[inline(always)]
    unsafe fn add(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vaddq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vsubq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vmulq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn div(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vdivq_f32(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t {
        unsafe { vfmaq_f32(c, a, b) }
    }
    #[inline(always)]
    unsafe fn max(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vbslq_f32(vcgtq_f32(a, b), a, b) }
    }
    #[inline(always)]
    unsafe fn min(a: float32x4_t, b: float32x4_t) -> float32x4_t {
        unsafe { vbslq_f32(vcltq_f32(a, b), a, b) }
    }
    #[inline(always)]
    unsafe fn abs(a: float32x4_t) -> float32x4_t {
        unsafe { vabsq_f32(a) }
    }
    #[inline(always)]
    unsafe fn round(a: float32x4_t) -> float32x4_t {
        unsafe { vrndnq_f32(a) }
    }
    #[inline(always)]
    unsafe fn scale2(a: float32x4_t, n: float32x4_t) -> float32x4_t {
        // Adds n to the exponent field; right because the result is normal.
        unsafe {
            let shift = vshlq_n_s32::<23>(vcvtnq_s32_f32(n));
            vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a), shift))
        }
    }
    #[inline(always)]
    unsafe fn keep_first(v: float32x4_t, n: usize, fill: float32x4_t) -> float32x4_t {
        unsafe { vbslq_f32(vld1q_u32(FIRST.as_ptr().add(4 - n.min(4))), v, fill) }
    }
    #[inline(always)]
    unsafe fn blend_bit<const BIT: usize>(new: float32x4_t, old: float32x4_t) -> float32x4_t {
        unsafe { vbslq_f32(vld1q_u32(LANE_BITS[BIT].as_ptr()), old, new) }
    }
    #[inline(always)]
    unsafe fn window(row: *const f32, idx: *const i32) -> float32x4_t {
        // Four scalar loads: a byte-table permutation needs as many instructions to build its indices.
        let lanes: [f32; 4] = std::array::from_fn(|i| unsafe { *row.offset(*idx.add(i) as isize) });
        unsafe { vld1q_f32(lanes.as_ptr()) }
    }
    #[inline(always)]
    unsafe fn transpose(src: *const f32, stride: usize, dst: *mut f32, scale: float32x4_t) {
        unsafe {
            let row = |i: usize| vmulq_f32(vld1q_f32(src.add(i * stride)), scale);
            let (a, b, c, d) = (row(0), row(1), row(2), row(3));
            let pair = |x, y| vreinterpretq_f64_f32(vtrn1q_f32(x, y));
            let odd = |x, y| vreinterpretq_f64_f32(vtrn2q_f32(x, y));
            let store = |k: usize, v| vst1q_f32(dst.add(4 * k), vreinterpretq_f32_f64(v));
            store(0, vtrn1q_f64(pair(a, b), pair(c, d)));
            store(1, vtrn1q_f64(odd(a, b), odd(c, d)));
            store(2, vtrn2q_f64(pair(a, b), pair(c, d)));
            store(3, vtrn2q_f64(odd(a, b), odd(c, d)));
        }
    }
    #[inline(always)]
    unsafe fn reduce_add(v: float32x4_t) -> f32 {
        unsafe { vaddvq_f32(v) }
    }
    #[inline(always)]
    unsafe fn reduce_max(v: float32x4_t) -> f32 {
        unsafe { vmaxvq_f32(v) }
    }
}
