//! Dot products of x86: `vpmaddubsw` in AVX2, and `vpdpbusd` in 256 and 512 bits.
//!
//! `vpmaddubsw` multiplies unsigned by signed bytes and saturates at sums of two products beyond i16; that is why ONNX Runtime
//! asks for 7-bit weights there (`reduce_range`). With the weight's sign moved to the activation, which is never -128, both
//! factors are small enough: 2 · 128 · 127 < 2¹⁵, and the product is exact. Widening both to 16 bits first is exact too, and
//! took twice as long: the widening shuffles were the bottleneck.

use std::arch::x86_64::*;

use crate::linear::dot::Dot;
use crate::simd::Simd;
use crate::simd::avx2::Avx2;
use crate::simd::avx512::Avx512;

/// Four 8-bit activations as i32, to be broadcast.
#[inline(always)]
unsafe fn four(p: *const u8) -> i32 {
    unsafe { p.cast::<i32>().read_unaligned() }
}

#[inline(always)]
unsafe fn pack_i8(v: __m256) -> __m128i {
    unsafe {
        let v = _mm256_cvtps_epi32(v);
        let words = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256::<1>(v));
        _mm_packs_epi16(words, words)
    }
}

/// A panel's weights of a step, eight channels each.
#[inline(always)]
unsafe fn two(p: *const i8) -> [__m256i; 2] {
    unsafe {
        [
            _mm256_loadu_si256(p.cast()),
            _mm256_loadu_si256(p.add(32).cast()),
        ]
    }
}

// SAFETY of the unsafe operations in this impl: the trait's contract: AVX2 is present, pointers are valid.
impl Dot for Avx2 {
    const FLIP: u8 = 0;
    const TILE_ROWS_I8: usize = 4;
    const TILE_PANELS: usize = 1;
    type Acc = [__m256i; 2];
    /// Eight channels each: signed, and without the sign.
    type Weights = [[__m256i; 2]; 2];
    type Step = __m256i;

    #[inline(always)]
    unsafe fn store_i8(p: *mut u8, v: __m256) {
        unsafe { _mm_storel_epi64(p.cast(), pack_i8(v)) }
    }
    #[inline(always)]
    unsafe fn zero() -> [__m256i; 2] {
        unsafe { [_mm256_setzero_si256(); 2] }
    }
    #[inline(always)]
    unsafe fn weights(p: *const i8) -> [[__m256i; 2]; 2] {
        unsafe {
            let [a, b] = two(p);
            [[a, b], [_mm256_abs_epi8(a), _mm256_abs_epi8(b)]]
        }
    }
    #[inline(always)]
    unsafe fn activations(p: *const u8) -> __m256i {
        unsafe { _mm256_set1_epi32(four(p)) }
    }
    #[inline(always)]
    unsafe fn dot(acc: [__m256i; 2], a: __m256i, [w, unsigned]: Self::Weights) -> [__m256i; 2] {
        let half = |i: usize| unsafe {
            let pairs = _mm256_maddubs_epi16(unsigned[i], _mm256_sign_epi8(a, w[i]));
            _mm256_add_epi32(acc[i], _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
        };
        [half(0), half(1)]
    }
    #[inline(always)]
    unsafe fn finish(acc: [__m256i; 2], _: *const i32, out: *mut f32) {
        for (i, acc) in acc.into_iter().enumerate() {
            unsafe { _mm256_storeu_ps(out.add(8 * i), _mm256_cvtepi32_ps(acc)) };
        }
    }
}

macro_rules! delegate {
    ($of:ty: $($name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        $(
            #[inline(always)]
            unsafe fn $name($($arg: $type),*) $(-> $result)? {
                unsafe { <$of>::$name($($arg),*) }
            }
        )*
    };
}

/// AVX2 with unsigned activations: `$product` adds the products of four of them and four weights to each sum.
macro_rules! unsigned_avx2 {
    ($name:ident, $rows:literal rows, $product:path $(, two steps: $pair:path)?) => {
        // SAFETY of the unsafe operations in this impl: AVX2's.
        impl Simd for $name {
            type F = __m256;
            const LANES: usize = Avx2::LANES;
            const TILE_VECTORS: usize = Avx2::TILE_VECTORS;
            const TILE_ROWS: usize = Avx2::TILE_ROWS;
            const WIDE_TILE_ROWS: usize = Avx2::WIDE_TILE_ROWS;
            delegate! { Avx2:
                splat(x: f32) -> __m256;
                load(p: *const f32) -> __m256;
                store(p: *mut f32, v: __m256);
                add(a: __m256, b: __m256) -> __m256;
                sub(a: __m256, b: __m256) -> __m256;
                mul(a: __m256, b: __m256) -> __m256;
                div(a: __m256, b: __m256) -> __m256;
                fma(a: __m256, b: __m256, c: __m256) -> __m256;
                max(a: __m256, b: __m256) -> __m256;
                min(a: __m256, b: __m256) -> __m256;
                abs(a: __m256) -> __m256;
                round(a: __m256) -> __m256;
                scale2(a: __m256, n: __m256) -> __m256;
                keep_first(v: __m256, n: usize, fill: __m256) -> __m256;
                window(row: *const f32, idx: *const i32) -> __m256;
                transpose(src: *const f32, stride: usize, dst: *mut f32, scale: __m256);
                reduce_add(v: __m256) -> f32;
                reduce_max(v: __m256) -> f32;
            }
            #[inline(always)]
            unsafe fn blend_bit<const BIT: usize>(new: __m256, old: __m256) -> __m256 {
                unsafe { Avx2::blend_bit::<BIT>(new, old) }
            }
        }

        // SAFETY of the unsafe operations in this impl: the trait's contract: `$product`'s instructions are present,
        // pointers are valid.
        impl Dot for $name {
            const FLIP: u8 = 0x80;
            const TILE_ROWS_I8: usize = $rows;
            const TILE_PANELS: usize = 1;
            type Acc = [__m256i; 2];
            type Weights = [__m256i; 2];
            type Step = __m256i;

            $(
                const TWO_STEPS: bool = true;
                #[inline(always)]
                unsafe fn dot_two(
                    acc: [__m256i; 2],
                    a: [__m256i; 2],
                    [first, second]: [[__m256i; 2]; 2],
                ) -> [__m256i; 2] {
                    unsafe { [$pair(acc[0], a, [first[0], second[0]]), $pair(acc[1], a, [first[1], second[1]])] }
                }
            )?
            #[inline(always)]
            unsafe fn store_i8(p: *mut u8, v: __m256) {
                let flip = unsafe { _mm_set1_epi8(-128) };
                unsafe { _mm_storel_epi64(p.cast(), _mm_xor_si128(pack_i8(v), flip)) }
            }
            #[inline(always)]
            unsafe fn zero() -> [__m256i; 2] {
                unsafe { [_mm256_setzero_si256(); 2] }
            }
            #[inline(always)]
            unsafe fn weights(p: *const i8) -> [__m256i; 2] {
                unsafe { two(p) }
            }
            #[inline(always)]
            unsafe fn activations(p: *const u8) -> __m256i {
                unsafe { _mm256_set1_epi32(four(p)) }
            }
            #[inline(always)]
            unsafe fn dot(acc: [__m256i; 2], a: __m256i, w: [__m256i; 2]) -> [__m256i; 2] {
                unsafe { [$product(acc[0], a, w[0]), $product(acc[1], a, w[1])] }
            }
            #[inline(always)]
            unsafe fn finish(acc: [__m256i; 2], corrections: *const i32, out: *mut f32) {
                for (i, acc) in acc.into_iter().enumerate() {
                    unsafe {
                        let correction = _mm256_loadu_si256(corrections.add(8 * i).cast());
                        let sums = _mm256_sub_epi32(acc, correction);
                        _mm256_storeu_ps(out.add(8 * i), _mm256_cvtepi32_ps(sums));
                    }
                }
            }
        }
    };
}

/// AVX2 for weights of seven bits: `vpmaddubsw` alone, with activations unsigned, cannot saturate at them
/// (2 · 255 · 63 < 2¹⁵), and the third of the instructions that moves signs falls away. In light panels two steps add up in
/// 16 bits before they are widened, which saves a quarter of what is left.
#[derive(Clone, Copy)]
pub(crate) struct Avx2Narrow;

#[inline(always)]
unsafe fn narrow_product(sums: __m256i, a: __m256i, w: __m256i) -> __m256i {
    unsafe {
        let pairs = _mm256_maddubs_epi16(a, w);
        _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
    }
}

#[inline(always)]
unsafe fn narrow_products(sums: __m256i, a: [__m256i; 2], w: [__m256i; 2]) -> __m256i {
    unsafe {
        let (first, second) = (
            _mm256_maddubs_epi16(a[0], w[0]),
            _mm256_maddubs_epi16(a[1], w[1]),
        );
        let pairs = _mm256_add_epi16(first, second);
        _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)))
    }
}

unsigned_avx2!(Avx2Narrow, 4 rows, narrow_product, two steps: narrow_products);

/// AVX2 with the VEX-coded VNNI of client CPUs; f32 is AVX2's.
#[derive(Clone, Copy)]
pub(crate) struct AvxVnni;

unsigned_avx2!(AvxVnni, 6 rows, _mm256_dpbusd_avx_epi32);

// SAFETY of the unsafe operations in this impl: the trait's contract: AVX-512 VNNI is present, pointers are valid.
impl Dot for Avx512 {
    const FLIP: u8 = 0x80;
    const TILE_ROWS_I8: usize = 8;
    const TILE_PANELS: usize = 3;
    type Acc = __m512i;
    type Weights = __m512i;
    type Step = __m512i;

    #[inline(always)]
    unsafe fn store_i8(p: *mut u8, v: __m512) {
        unsafe {
            let bytes = _mm512_cvtepi32_epi8(_mm512_cvtps_epi32(v));
            _mm_storeu_si128(p.cast(), _mm_xor_si128(bytes, _mm_set1_epi8(-128)));
        }
    }
    #[inline(always)]
    unsafe fn zero() -> __m512i {
        unsafe { _mm512_setzero_si512() }
    }
    #[inline(always)]
    unsafe fn weights(p: *const i8) -> __m512i {
        unsafe { _mm512_loadu_si512(p.cast()) }
    }
    #[inline(always)]
    unsafe fn activations(p: *const u8) -> __m512i {
        unsafe { _mm512_set1_epi32(four(p)) }
    }
    #[inline(always)]
    unsafe fn dot(acc: __m512i, a: __m512i, w: __m512i) -> __m512i {
        unsafe { _mm512_dpbusd_epi32(acc, a, w) }
    }
    #[inline(always)]
    unsafe fn finish(acc: __m512i, corrections: *const i32, out: *mut f32) {
        unsafe {
            let sums = _mm512_sub_epi32(acc, _mm512_loadu_si512(corrections.cast()));
            _mm512_storeu_ps(out, _mm512_cvtepi32_ps(sums));
        }
    }
}
