//! Which instruction set to run.

use std::fmt;

use crate::simd::table::{self, F32Kernels, Int8Kernels, PairKernels};

/// An instruction set that this CPU has: values come from [`Isa::detect`] and [`Isa::available`] only, so holding one
/// is the proof that running its kernels is sound.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Isa(Level);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX2 and the VEX-coded VNNI of client CPUs.
    #[cfg(target_arch = "x86_64")]
    AvxVnni,
    /// AVX-512 without VNNI: int8 runs on AVX2, 512-bit `vpmaddwd` not being worth another copy of the code.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// Without `sdot`: int8 is portable.
    #[cfg(target_arch = "aarch64")]
    Neon,
    #[cfg(target_arch = "aarch64")]
    NeonDot,
}

impl Isa {
    /// The fastest that this CPU has. Cheap: the standard library caches the CPU's answer.
    #[must_use]
    pub fn detect() -> Self {
        *Self::available().last().expect("portable is always there")
    }

    /// All that this CPU has, slowest first.
    #[must_use]
    pub fn available() -> Vec<Self> {
        let mut levels = vec![Level::Portable];
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            levels.push(Level::Avx2);
            if is_x86_feature_detected!("avxvnni") {
                levels.push(Level::AvxVnni);
            }
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vl")
            {
                levels.push(Level::Avx512);
                if is_x86_feature_detected!("avx512vnni") {
                    levels.push(Level::Avx512Vnni);
                }
            }
        }
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            levels.push(Level::Neon);
            if std::arch::is_aarch64_feature_detected!("dotprod") {
                levels.push(Level::NeonDot);
            }
        }
        levels.into_iter().map(Self).collect()
    }

    pub(crate) fn f32(self) -> &'static F32Kernels {
        match self.0 {
            Level::Portable => &table::PORTABLE,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::AvxVnni => &table::AVX2,
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 | Level::Avx512Vnni => &table::AVX512,
            #[cfg(target_arch = "aarch64")]
            Level::Neon | Level::NeonDot => &table::NEON,
        }
    }

    /// Where there are products of 16-bit integers: with AVX2 they are faster than those of f32. AVX-512 and NEON have f32.
    pub(crate) fn pairs(self) -> Option<&'static PairKernels> {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::AvxVnni => Some(&table::AVX2_PAIRS),
            _ => None,
        }
    }

    /// `narrow`: no weight is beyond ±63.
    pub(crate) fn int8(self, narrow: bool) -> &'static Int8Kernels {
        match self.0 {
            Level::Portable => &table::PORTABLE_INT8,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 if narrow => &table::AVX2_NARROW_INT8,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 => &table::AVX2_INT8,
            #[cfg(target_arch = "x86_64")]
            Level::AvxVnni => &table::AVX_VNNI_INT8,
            #[cfg(target_arch = "x86_64")]
            Level::Avx512Vnni => &table::AVX512_VNNI_INT8,
            #[cfg(target_arch = "aarch64")]
            Level::Neon => &table::PORTABLE_INT8,
            #[cfg(target_arch = "aarch64")]
            Level::NeonDot => &table::NEON_DOT_INT8,
        }
    }
}

impl fmt::Debug for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}
