//! Vector exponentials.

use crate::simd::Simd;

/// `exp(x)` to about one unit in the last place; arguments under -87.3 give the smallest normal number, NaN stays NaN.
/// The range is reduced by ln 2 in two parts, the polynomial is the classic one of degree 6 (Cephes `expf`).
///
/// # Safety
/// The CPU has `S`.
#[inline(always)]
pub(crate) unsafe fn exp<S: Simd>(x: S::F) -> S::F {
    unsafe {
        // The bounds come first: min and max return their second operand for NaN.
        let x = S::min(S::splat(88.0), S::max(S::splat(-87.3), x));
        let n = S::round(S::mul(x, S::splat(std::f32::consts::LOG2_E)));
        let r = S::fma(n, S::splat(-0.693_359_4), x);
        let r = S::fma(n, S::splat(2.121_944_4e-4), r);
        let mut p = S::splat(1.987_569_1e-4);
        for c in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
            p = S::fma(p, r, S::splat(c));
        }
        let p = S::fma(S::mul(p, r), r, S::add(r, S::splat(1.0)));
        S::scale2(p, n)
    }
}

/// `x * Φ(x)` to 4e-7, by `Φ(-t) = exp(-g(t)) / 2` with a polynomial for `g` on `[0, 10]`.
///
/// One exponential and no division or branch. `g` is smooth, so its polynomial was fitted (Lawson's reweighting, error weighted
/// by `t * Φ(-t)`, what it adds to the result) in place of rational forms of erf, whose division alone takes as long.
///
/// # Safety
/// The CPU has `S`.
#[inline(always)]
pub(crate) unsafe fn gelu<S: Simd>(x: S::F) -> S::F {
    unsafe {
        let t = S::min(S::splat(10.0), S::abs(x));
        let mut g = S::splat(-2.424_393_6e-8);
        for c in [
            8.056_758e-7,
            -9.557_768e-6,
            3.237_236_5e-5,
            3.573_649e-4,
            -5.280_537_5e-3,
            3.668_847_7e-2,
            0.318_184_7,
            0.797_901_03,
        ] {
            g = S::fma(g, t, S::splat(c));
        }
        let g = S::mul(g, t);
        let tail = S::mul(exp::<S>(S::sub(S::splat(0.0), g)), S::splat(0.5));
        S::mul(x, S::select_negative(x, S::sub(S::splat(1.0), tail), tail))
    }
}
