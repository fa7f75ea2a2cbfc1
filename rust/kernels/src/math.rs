//! Vector exponentials.

use crate::simd::Simd;

/// `exp(x)` of `N` vectors to about one unit in the last place; arguments under -87.3 give the smallest normal number, NaN
/// stays NaN. The range is reduced by ln 2 in two parts, the polynomial is the classic one of degree 6 (Cephes `expf`).
///
/// Several at a time, step by step: one after the other, each chain of dependent steps is longer than what a CPU's
/// schedulers look ahead, and half of the time passes waiting. Loops, not `map`: a closure has no target features, and
/// where it is not inlined first, each intrinsic becomes a call.
///
/// # Safety
/// The CPU has `S`.
#[inline(always)]
pub(crate) unsafe fn exp<S: Simd, const N: usize>(x: [S::F; N]) -> [S::F; N] {
    unsafe {
        // The bounds come first: min and max return their second operand for NaN.
        let (mut r, mut n) = (x, x);
        for i in 0..N {
            r[i] = S::min(S::splat(88.0), S::max(S::splat(-87.3), x[i]));
        }
        for i in 0..N {
            n[i] = S::round(S::mul(r[i], S::splat(std::f32::consts::LOG2_E)));
        }
        for i in 0..N {
            r[i] = S::fma(n[i], S::splat(-0.693_359_4), r[i]);
        }
        for i in 0..N {
            r[i] = S::fma(n[i], S::splat(2.121_944_4e-4), r[i]);
        }
        let mut p = [S::splat(1.987_569_1e-4); N];
        for c in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
            for i in 0..N {
                p[i] = S::fma(p[i], r[i], S::splat(c));
            }
        }
        for i in 0..N {
            p[i] = S::fma(S::mul(p[i], r[i]), r[i], S::add(r[i], S::splat(1.0)));
        }
        for i in 0..N {
            p[i] = S::scale2(p[i], n[i]);
        }
        p
    }
}

/// `x * Φ(x)` of `N` vectors to 4e-7, by `Φ(-t) = exp(-g(t)) / 2` with a polynomial for `g` on `[0, 10]`.
///
/// One exponential and no division or branch. `g` is smooth, so its polynomial was fitted (Lawson's reweighting, error weighted
/// by `t * Φ(-t)`, what it adds to the result) in place of rational forms of erf, whose division alone takes as long.
///
/// # Safety
/// The CPU has `S`.
#[inline(always)]
pub(crate) unsafe fn gelu<S: Simd, const N: usize>(x: [S::F; N]) -> [S::F; N] {
    unsafe {
        let mut t = x;
        for i in 0..N {
            t[i] = S::min(S::splat(10.0), S::abs(x[i]));
        }
        let mut g = [S::splat(-2.424_393_6e-8); N];
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
            for i in 0..N {
                g[i] = S::fma(g[i], t[i], S::splat(c));
            }
        }
        for i in 0..N {
            g[i] = S::sub(S::splat(0.0), S::mul(g[i], t[i]));
        }
        let mut y = exp::<S, N>(g);
        for i in 0..N {
            let tail = S::mul(y[i], S::splat(0.5));
            let phi = S::select_negative(x[i], S::sub(S::splat(1.0), tail), tail);
            y[i] = S::mul(x[i], phi);
        }
        y
    }
}
