//! Plain Rust on arrays of four: what every other platform runs, and the reference the others are tested against.
//! Four lanes because every baseline the compiler targets (SSE2, NEON, WASM SIMD) has vectors of four.

use super::Simd;

#[derive(Clone, Copy)]
pub(crate) struct Portable;

#[inline(always)]
fn zip(a: [f32; 4], b: [f32; 4], f: impl Fn(f32, f32) -> f32) -> [f32; 4] {
    [f(a[0], b[0]), f(a[1], b[1]), f(a[2], b[2]), f(a[3], b[3])]
}

// SAFETY of the unsafe operations in this impl: the trait's contract: pointers are valid.
impl Simd for Portable {
    type F = [f32; 4];
    const LANES: usize = 4;
    const TILE_VECTORS: usize = 3;
    const TILE_ROWS: usize = 2;
    const WIDE_TILE_ROWS: usize = 0;

    #[inline(always)]
    unsafe fn splat(x: f32) -> [f32; 4] {
        [x; 4]
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> [f32; 4] {
        unsafe { p.cast::<[f32; 4]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: [f32; 4]) {
        unsafe { p.cast::<[f32; 4]>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn add(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        zip(a, b, |x, y| x + y)
    }
    #[inline(always)]
    unsafe fn sub(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        zip(a, b, |x, y| x - y)
    }
    #[inline(always)]
    unsafe fn mul(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        zip(a, b, |x, y| x * y)
    }
    #[inline(always)]
    unsafe fn div(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        zip(a, b, |x, y| x / y)
    }
    #[inline(always)]
    unsafe fn fma(a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        // Not f32::mul_add: without the instruction it is a library call per lane.
        zip(zip(a, b, |x, y| x * y), c, |x, y| x + y)
    }
    #[inline(always)]
    unsafe fn max(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        zip(a, b, |x, y| if x > y { x } else { y })
    }
    #[inline(always)]
    unsafe fn min(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        zip(a, b, |x, y| if x < y { x } else { y })
    }
    #[inline(always)]
    unsafe fn abs(a: [f32; 4]) -> [f32; 4] {
        a.map(f32::abs)
    }
    #[inline(always)]
    unsafe fn round(a: [f32; 4]) -> [f32; 4] {
        a.map(f32::round_ties_even)
    }
    #[inline(always)]
    unsafe fn scale2(a: [f32; 4], n: [f32; 4]) -> [f32; 4] {
        zip(a, n, |x, n| {
            x * f32::from_bits((127 + n as i32).cast_unsigned() << 23)
        })
    }
    #[inline(always)]
    unsafe fn keep_first(v: [f32; 4], n: usize, fill: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| if i < n { v[i] } else { fill[i] })
    }
    #[inline(always)]
    unsafe fn blend_bit<const BIT: usize>(new: [f32; 4], old: [f32; 4]) -> [f32; 4] {
        std::array::from_fn(|i| if i >> BIT & 1 == 1 { old[i] } else { new[i] })
    }
    #[inline(always)]
    unsafe fn window(row: *const f32, idx: *const i32) -> [f32; 4] {
        std::array::from_fn(|i| unsafe { *row.offset(*idx.add(i) as isize) })
    }
    #[inline(always)]
    unsafe fn transpose(src: *const f32, stride: usize, dst: *mut f32, scale: [f32; 4]) {
        for lane in 0..4 {
            for k in 0..4 {
                unsafe { *dst.add(4 * k + lane) = *src.add(lane * stride + k) * scale[0] };
            }
        }
    }
    #[inline(always)]
    unsafe fn reduce_add(v: [f32; 4]) -> f32 {
        (v[0] + v[2]) + (v[1] + v[3])
    }
    #[inline(always)]
    unsafe fn reduce_max(v: [f32; 4]) -> f32 {
        v.into_iter().fold(f32::NEG_INFINITY, f32::max)
    }
}
