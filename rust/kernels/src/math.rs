//! Vector exponentials.

use crate::simd::Simd;

/// `2^x` of `N` vectors to 2e-7, for `x` of at most 127; arguments under -126 give the smallest normal number, NaN stays NaN.
/// The polynomial of degree 5 on `[-1/2, 1/2]` was fitted with Lawson's reweighting for the least relative error.
///
/// Several at a time, step by step: one after the other, each chain of dependent steps is longer than what a CPU's
/// schedulers look ahead, and half of the time passes waiting. Loops, not `map`: a closure has no target features, and
/// where it is not inlined first, each intrinsic becomes a call.
///
/// # Safety
/// The CPU has `S`.
#[inline(always)]
pub(crate) unsafe fn exp2<S: Simd, const N: usize>(x: [S::F; N]) -> [S::F; N] {
    unsafe {
        let (mut r, mut n) = (x, x);
        for i in 0..N {
            // The bound comes first: max returns its second operand for NaN.
            r[i] = S::max(S::splat(-126.0), x[i]);
        }
        for i in 0..N {
            n[i] = S::round(r[i]);
        }
        for i in 0..N {
            r[i] = S::sub(r[i], n[i]);
        }
        let mut p = [S::splat(1.326_472_7e-3); N];
        for c in [
            9.671_513e-3,
            5.550_733_6e-2,
            0.240_222_42,
            std::f32::consts::LN_2,
            1.0,
        ] {
            for i in 0..N {
                p[i] = S::fma(p[i], r[i], S::splat(c));
            }
        }
        for i in 0..N {
            p[i] = S::scale2(p[i], n[i]);
        }
        p
    }
}

/// Half of the range on which [`gelu`] has a polynomial: `4.5 * Φ(-4.5)` is 1.5e-5.
const GELU_REACH: f32 = 4.5;

/// `x * Φ(x)` of `N` vectors to 6e-5, by a polynomial of `Φ(x) - 1/2`, odd and of degree 17, fitted with Lawson's reweighting and
/// held to 1/2 at the end of its range.
///
/// An eight-bit product before it and eight bits after it are off by a hundred times as much. An exact form with one exponential
/// took as long as half of the product that it follows.
///
/// # Safety
/// The CPU has `S`.
#[inline(always)]
pub(crate) unsafe fn gelu<S: Simd, const N: usize>(x: [S::F; N]) -> [S::F; N] {
    unsafe {
        // The bound comes first: max and min return their second operand for NaN.
        let mut low = x;
        for i in 0..N {
            low[i] = S::max(S::splat(-GELU_REACH), x[i]);
        }
        let (mut t, mut square) = (x, x);
        for i in 0..N {
            t[i] = S::min(S::splat(GELU_REACH), low[i]);
            square[i] = S::mul(t[i], t[i]);
        }
        let mut p = [S::splat(3.000_011e-11); N];
        for c in [
            -3.283_915_8e-9,
            1.580_258_4e-7,
            -4.431_687e-6,
            8.120_974e-5,
            -1.036_253_5e-3,
            9.580_654e-3,
            -6.597_727e-2,
            0.398_708_58,
        ] {
            for i in 0..N {
                p[i] = S::fma(p[i], square[i], S::splat(c));
            }
        }
        for i in 0..N {
            // `low`, not `x`: what rounding leaves of Φ must not grow.
            p[i] = S::mul(low[i], S::fma(p[i], t[i], S::splat(0.5)));
        }
        p
    }
}
