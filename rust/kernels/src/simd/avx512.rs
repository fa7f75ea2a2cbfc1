//! AVX-512 (F, BW, DQ, VL): 16 lanes, 32 registers.

use std::arch::x86_64::*;

use super::Simd;

#[derive(Clone, Copy)]
pub(crate) struct Avx512;

/// Lane masks whose bit `i` is set when lane index `i` has bit 0, 1, 2 or 3 set.
const LANE_BITS: [__mmask16; 4] = [0xAAAA, 0xCCCC, 0xF0F0, 0xFF00];

// SAFETY of the unsafe operations in this impl: the trait's contract: AVX-512 is present and pointers are valid.
impl Simd for Avx512 {
    type F = __m512;
    const LANES: usize = 16;
    // 8 × 3 accumulators + 3 vectors of B: 11 loads for 24 FMAs. 12 × 2 needs 14 loads for as many.
    const TILE_VECTORS: usize = 3;
    const TILE_ROWS: usize = 8;
    const WIDE_TILE_ROWS: usize = 6;

    #[inline(always)]
    unsafe fn splat(x: f32) -> __m512 {
        unsafe { _mm512_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m512 {
        unsafe { _mm512_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: __m512) {
        unsafe { _mm512_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn add(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn div(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_div_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m512, b: __m512, c: __m512) -> __m512 {
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn max(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn min(a: __m512, b: __m512) -> __m512 {
        unsafe { _mm512_min_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn abs(a: __m512) -> __m512 {
        unsafe { _mm512_abs_ps(a) }
    }
    #[inline(always)]
    unsafe fn round(a: __m512) -> __m512 {
        unsafe { _mm512_roundscale_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a) }
    }
    #[inline(always)]
    unsafe fn scale2(a: __m512, n: __m512) -> __m512 {
        unsafe { _mm512_scalef_ps(a, n) }
    }
    #[inline(always)]
    unsafe fn keep_first(v: __m512, n: usize, fill: __m512) -> __m512 {
        let mask = (1u32 << n.min(16)).wrapping_sub(1) as __mmask16;
        unsafe { _mm512_mask_blend_ps(mask, fill, v) }
    }
    #[inline(always)]
    unsafe fn blend_bit<const BIT: usize>(new: __m512, old: __m512) -> __m512 {
        unsafe { _mm512_mask_blend_ps(LANE_BITS[BIT], new, old) }
    }
    #[inline(always)]
    unsafe fn window(row: *const f32, idx: *const i32) -> __m512 {
        // One load and one permutation: a hardware gather of the same lanes costs about four times as much, and ten
        // times on CPUs with the Downfall mitigation.
        unsafe {
            let base = *idx.add(15);
            let lanes = _mm512_sub_epi32(_mm512_loadu_si512(idx.cast()), _mm512_set1_epi32(base));
            _mm512_permutexvar_ps(lanes, _mm512_loadu_ps(row.offset(base as isize)))
        }
    }
    #[inline(always)]
    unsafe fn transpose(src: *const f32, stride: usize, dst: *mut f32, scale: __m512) {
        unsafe {
            let mut rows = [_mm512_setzero_ps(); 16];
            for (i, row) in rows.iter_mut().enumerate() {
                *row = _mm512_mul_ps(_mm512_loadu_ps(src.add(i * stride)), scale);
            }
            // 2 × 2 within 128-bit lanes, 4 × 4 within them, then the lanes themselves.
            let mut pairs = rows;
            for i in (0..16).step_by(2) {
                pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
                pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
            }
            let mut quads = pairs;
            for i in (0..16).step_by(4) {
                for half in 0..2 {
                    let low = _mm512_castps_pd(pairs[i + half]);
                    let high = _mm512_castps_pd(pairs[i + half + 2]);
                    quads[i + 2 * half] = _mm512_castpd_ps(_mm512_unpacklo_pd(low, high));
                    quads[i + 2 * half + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low, high));
                }
            }
            for k in 0..4 {
                let a = _mm512_shuffle_f32x4::<0x88>(quads[k], quads[k + 4]);
                let b = _mm512_shuffle_f32x4::<0x88>(quads[k + 8], quads[k + 12]);
                let c = _mm512_shuffle_f32x4::<0xDD>(quads[k], quads[k + 4]);
                let d = _mm512_shuffle_f32x4::<0xDD>(quads[k + 8], quads[k + 12]);
                _mm512_storeu_ps(dst.add(16 * k), _mm512_shuffle_f32x4::<0x88>(a, b));
                _mm512_storeu_ps(dst.add(16 * (k + 4)), _mm512_shuffle_f32x4::<0x88>(c, d));
                _mm512_storeu_ps(dst.add(16 * (k + 8)), _mm512_shuffle_f32x4::<0xDD>(a, b));
                _mm512_storeu_ps(dst.add(16 * (k + 12)), _mm512_shuffle_f32x4::<0xDD>(c, d));
            }
        }
    }
    #[inline(always)]
    unsafe fn reduce_add(v: __m512) -> f32 {
        unsafe { _mm512_reduce_add_ps(v) }
    }
    #[inline(always)]
    unsafe fn reduce_max(v: __m512) -> f32 {
        unsafe { _mm512_reduce_max_ps(v) }
    }
}
