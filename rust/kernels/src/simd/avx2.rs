//! AVX2 + FMA: 8 lanes, 16 registers.

use std::arch::x86_64::*;

use super::{Simd, SimdPairs};

#[derive(Clone, Copy)]
pub(crate) struct Avx2;

/// Eight ones, then eight zeros: a window into it at `8 - n` is a mask of the first `n` lanes.
static FIRST: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

// SAFETY of the unsafe operations in this impl: the trait's contract: AVX2 and FMA are present, pointers are valid.
impl Simd for Avx2 {
    type F = __m256;
    const LANES: usize = 8;
    // 12 accumulators, 2 vectors of B, 1 of A. With 4 × 3, which needs all 16 registers, the compiler shuffles accumulators
    // around in the loop.
    const TILE_VECTORS: usize = 2;
    const TILE_ROWS: usize = 6;
    const WIDE_TILE_ROWS: usize = 0;

    #[inline(always)]
    unsafe fn prefetch(p: *const f32) {
        unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
    }
    #[inline(always)]
    unsafe fn splat(x: f32) -> __m256 {
        unsafe { _mm256_set1_ps(x) }
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> __m256 {
        unsafe { _mm256_loadu_ps(p) }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: __m256) {
        unsafe { _mm256_storeu_ps(p, v) }
    }
    #[inline(always)]
    unsafe fn add(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_add_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn sub(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_sub_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn mul(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_mul_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn div(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_div_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn fma(a: __m256, b: __m256, c: __m256) -> __m256 {
        unsafe { _mm256_fmadd_ps(a, b, c) }
    }
    #[inline(always)]
    unsafe fn max(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_max_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn min(a: __m256, b: __m256) -> __m256 {
        unsafe { _mm256_min_ps(a, b) }
    }
    #[inline(always)]
    unsafe fn abs(a: __m256) -> __m256 {
        unsafe { _mm256_andnot_ps(_mm256_set1_ps(-0.0), a) }
    }
    #[inline(always)]
    unsafe fn round(a: __m256) -> __m256 {
        unsafe { _mm256_round_ps::<{ _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC }>(a) }
    }
    #[inline(always)]
    unsafe fn scale2(a: __m256, n: __m256) -> __m256 {
        // Adds n to the exponent field; right because the result is normal.
        unsafe {
            let shift = _mm256_slli_epi32::<23>(_mm256_cvtps_epi32(n));
            _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), shift))
        }
    }
    #[inline(always)]
    unsafe fn keep_first(v: __m256, n: usize, fill: __m256) -> __m256 {
        unsafe {
            let mask = _mm256_loadu_si256(FIRST.as_ptr().add(8 - n.min(8)).cast());
            _mm256_blendv_ps(fill, v, _mm256_castsi256_ps(mask))
        }
    }
    #[inline(always)]
    unsafe fn blend_bit<const BIT: usize>(new: __m256, old: __m256) -> __m256 {
        unsafe {
            match BIT {
                0 => _mm256_blend_ps::<0xAA>(new, old),
                1 => _mm256_blend_ps::<0xCC>(new, old),
                _ => _mm256_blend_ps::<0xF0>(new, old),
            }
        }
    }
    #[inline(always)]
    unsafe fn window(row: *const f32, idx: *const i32) -> __m256 {
        unsafe {
            let base = *idx.add(7);
            let lanes = _mm256_sub_epi32(_mm256_loadu_si256(idx.cast()), _mm256_set1_epi32(base));
            _mm256_permutevar8x32_ps(_mm256_loadu_ps(row.offset(base as isize)), lanes)
        }
    }
    #[inline(always)]
    unsafe fn transpose(src: *const f32, stride: usize, dst: *mut f32, scale: __m256) {
        unsafe {
            let mut rows = [_mm256_setzero_ps(); 8];
            for (i, row) in rows.iter_mut().enumerate() {
                *row = _mm256_mul_ps(_mm256_loadu_ps(src.add(i * stride)), scale);
            }
            // 2 × 2 within 128-bit lanes, 4 × 4 within them, then the lanes themselves.
            let mut pairs = rows;
            for i in (0..8).step_by(2) {
                pairs[i] = _mm256_unpacklo_ps(rows[i], rows[i + 1]);
                pairs[i + 1] = _mm256_unpackhi_ps(rows[i], rows[i + 1]);
            }
            let mut quads = pairs;
            for i in (0..8).step_by(4) {
                for half in 0..2 {
                    let low = _mm256_castps_pd(pairs[i + half]);
                    let high = _mm256_castps_pd(pairs[i + half + 2]);
                    quads[i + 2 * half] = _mm256_castpd_ps(_mm256_unpacklo_pd(low, high));
                    quads[i + 2 * half + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(low, high));
                }
            }
            for k in 0..4 {
                _mm256_storeu_ps(
                    dst.add(8 * k),
                    _mm256_permute2f128_ps::<0x20>(quads[k], quads[k + 4]),
                );
                _mm256_storeu_ps(
                    dst.add(8 * (k + 4)),
                    _mm256_permute2f128_ps::<0x31>(quads[k], quads[k + 4]),
                );
            }
        }
    }
    #[inline(always)]
    unsafe fn reduce_add(v: __m256) -> f32 {
        unsafe {
            let half = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let pair = _mm_add_ps(half, _mm_movehl_ps(half, half));
            _mm_cvtss_f32(_mm_add_ss(pair, _mm_movehdup_ps(pair)))
        }
    }
    #[inline(always)]
    unsafe fn reduce_max(v: __m256) -> f32 {
        unsafe {
            let half = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let pair = _mm_max_ps(half, _mm_movehl_ps(half, half));
            _mm_cvtss_f32(_mm_max_ss(pair, _mm_movehdup_ps(pair)))
        }
    }
}

// SAFETY of the unsafe operations in this impl: the trait's contract: AVX2 is present, pointers are valid.
impl SimdPairs for Avx2 {
    type I = __m256i;

    #[inline(always)]
    unsafe fn splat_cell(cell: *const f32) -> __m256i {
        unsafe { _mm256_set1_epi32(cell.cast::<i32>().read()) }
    }
    #[inline(always)]
    unsafe fn load_cells(cells: *const f32) -> __m256i {
        unsafe { _mm256_loadu_si256(cells.cast()) }
    }
    #[inline(always)]
    unsafe fn zero_sums() -> __m256i {
        unsafe { _mm256_setzero_si256() }
    }
    #[inline(always)]
    unsafe fn add_products(a: __m256i, b: __m256i, sums: __m256i) -> __m256i {
        unsafe { _mm256_add_epi32(sums, _mm256_madd_epi16(a, b)) }
    }
    #[inline(always)]
    unsafe fn to_f32(sums: __m256i) -> __m256 {
        unsafe { _mm256_cvtepi32_ps(sums) }
    }
    #[inline(always)]
    unsafe fn store_i16(p: *mut i16, v: __m256) {
        unsafe {
            let v = _mm256_cvtps_epi32(v);
            let (low, high) = (_mm256_castsi256_si128(v), _mm256_extracti128_si256::<1>(v));
            _mm_storeu_si128(p.cast(), _mm_packs_epi32(low, high));
        }
    }
    #[inline(always)]
    unsafe fn store_pairs(cells: *mut f32, first: __m256, second: __m256) {
        unsafe {
            let high = _mm256_slli_epi32::<16>(_mm256_cvtps_epi32(second));
            let pairs = _mm256_blend_epi16::<0xAA>(_mm256_cvtps_epi32(first), high);
            _mm256_storeu_si256(cells.cast(), pairs);
        }
    }
    #[inline(always)]
    unsafe fn add_byte_products(a: __m256i, b: __m256i, sums: __m256i) -> __m256i {
        unsafe { _mm256_add_epi16(sums, _mm256_maddubs_epi16(a, b)) }
    }
    #[inline(always)]
    unsafe fn byte_sums(sums: __m256i) -> __m256i {
        unsafe { _mm256_madd_epi16(sums, _mm256_set1_epi16(1)) }
    }
    #[inline(always)]
    unsafe fn store_u8(p: *mut u8, v: __m256, offset: u8) {
        unsafe {
            let v = _mm256_add_epi32(_mm256_cvtps_epi32(v), _mm256_set1_epi32(offset.into()));
            let (low, high) = (_mm256_castsi256_si128(v), _mm256_extracti128_si256::<1>(v));
            let words = _mm_packs_epi32(low, high);
            _mm_storel_epi64(p.cast(), _mm_packus_epi16(words, words));
        }
    }
    #[inline(always)]
    unsafe fn store_quads(cells: *mut f32, four: [__m256; 4]) {
        unsafe {
            let byte =
                |i: usize| _mm256_and_si256(_mm256_cvtps_epi32(four[i]), _mm256_set1_epi32(255));
            let low = _mm256_or_si256(byte(0), _mm256_slli_epi32::<8>(byte(1)));
            let high = _mm256_slli_epi32::<24>(_mm256_cvtps_epi32(four[3]));
            let high = _mm256_or_si256(_mm256_slli_epi32::<16>(byte(2)), high);
            _mm256_storeu_si256(cells.cast(), _mm256_or_si256(low, high));
        }
    }
    #[inline(always)]
    unsafe fn store_negated_i16(cells: *mut f32, sums: __m256i) {
        unsafe {
            let negated = _mm256_sub_epi16(_mm256_setzero_si256(), sums);
            _mm256_storeu_si256(cells.cast(), negated);
        }
    }
    #[inline(always)]
    unsafe fn reduce_halves(v: __m256) -> [f32; 2] {
        unsafe {
            let four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
            let two = _mm_add_ps(four, _mm_movehdup_ps(four));
            [_mm_cvtss_f32(two), _mm_cvtss_f32(_mm_movehl_ps(two, two))]
        }
    }
}
