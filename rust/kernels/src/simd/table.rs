//! The kernels of one instruction set, as function pointers.

use crate::bytes::{self, Bytes};
use crate::gemm::{self, Gemm, Single};
use crate::linear::dot::Dot;
use crate::linear::quantize::{self, Quantize};
use crate::linear::tile::{self, Tiles};
use crate::lstm::{self, Step};
use crate::norm::{self, Rows};
use crate::pack::{self, Pack};
use crate::pairs::{self, Columns, Pairs, Rows as PairRows, Span, Weights};
use crate::skew::{self, Skew};
use crate::softmax::{self, Softmax};
use crate::spans::float::{self, Block};
use crate::spans::int8::{self, Labels, Sums, Words};

/// Entry points compiled for one instruction set.
///
/// Calling any of them is sound if the CPU has that instruction set, which [`Isa`](crate::Isa) guarantees, and the
/// argument's pointers are valid as its fields' docs demand.
pub(crate) struct F32Kernels {
    /// f32 lanes in a vector: widths of panels and paddings.
    pub(crate) lanes: usize,
    pub(crate) gemm: unsafe fn(&Gemm),
    pub(crate) pack: unsafe fn(&Pack),
    pub(crate) skew: unsafe fn(&Skew),
    pub(crate) softmax: unsafe fn(&Softmax),
    pub(crate) norm: unsafe fn(&Rows),
    pub(crate) spans: unsafe fn(&Block),
    pub(crate) lstm: unsafe fn(&Step),
}

/// Int8 entry points compiled for one instruction set; sound to call under the same conditions.
pub(crate) struct Int8Kernels {
    /// Panels of the micro-kernel: tasks take multiples.
    pub(crate) tile_panels: usize,
    pub(crate) quantize: unsafe fn(&Quantize),
    pub(crate) tiles: unsafe fn(&Tiles),
    pub(crate) span_words: unsafe fn(&Words),
    pub(crate) span_labels: unsafe fn(&Labels),
    pub(crate) span_sums: unsafe fn(&Sums),
}

/// Entry points for operands of 16-bit integers and of bytes, as wide as those of f32; sound to call under the same conditions.
pub(crate) struct PairKernels {
    pub(crate) gemm: unsafe fn(&Gemm),
    pub(crate) rows: unsafe fn(&PairRows),
    pub(crate) common_scale: unsafe fn(&Span) -> (f32, f32),
    pub(crate) columns: unsafe fn(&Columns, f32),
    pub(crate) columns_by_largest: unsafe fn(&Columns, *mut f32),
    pub(crate) columns_by_norm: unsafe fn(&Columns, *mut f32),
    pub(crate) norms: unsafe fn(&Span, *mut f32),
    pub(crate) spans: unsafe fn(&Block),
    pub(crate) weights: unsafe fn(&Weights),
    pub(crate) byte_gemm: unsafe fn(&Gemm),
    pub(crate) byte_rows: unsafe fn(&PairRows),
    pub(crate) byte_columns: unsafe fn(&Columns, f32, *mut f32, *mut f32),
}

#[cfg(target_arch = "x86_64")]
pub(crate) static AVX2_PAIRS: PairKernels = {
    use super::avx2::Avx2;
    #[target_feature(enable = "avx2,fma")]
    unsafe fn gemm_(x: &Gemm) {
        unsafe { gemm::run::<Pairs<Avx2>>(x) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn rows_(x: &PairRows) {
        unsafe { pairs::rows::<Avx2>(x) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn common_scale_(x: &Span) -> (f32, f32) {
        unsafe { pairs::common_scale::<Avx2>(x) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn columns_(x: &Columns, scale: f32) {
        unsafe { pairs::columns::<Avx2>(x, scale) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn columns_by_largest_(x: &Columns, factors: *mut f32) {
        unsafe { pairs::columns_by_largest::<Avx2>(x, factors) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn columns_by_norm_(x: &Columns, factors: *mut f32) {
        unsafe { pairs::columns_by_norm::<Avx2>(x, factors) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn norms_(x: &Span, norms: *mut f32) {
        unsafe { pairs::norms::<Avx2>(x, norms) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn spans_(x: &Block) {
        unsafe { float::run::<Pairs<Avx2>>(x) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn weights_(x: &Weights) {
        unsafe { pairs::weights::<Avx2>(x) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn byte_gemm_(x: &Gemm) {
        unsafe { gemm::run::<Bytes<Avx2>>(x) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn byte_rows_(x: &PairRows) {
        unsafe { bytes::rows::<Avx2>(x) }
    }
    #[target_feature(enable = "avx2,fma")]
    unsafe fn byte_columns_(x: &Columns, by: f32, factors: *mut f32, begins: *mut f32) {
        unsafe { bytes::columns::<Avx2>(x, by, factors, begins) }
    }
    PairKernels {
        byte_gemm: byte_gemm_,
        byte_rows: byte_rows_,
        byte_columns: byte_columns_,
        gemm: gemm_,
        rows: rows_,
        common_scale: common_scale_,
        columns: columns_,
        columns_by_largest: columns_by_largest_,
        columns_by_norm: columns_by_norm_,
        norms: norms_,
        spans: spans_,
        weights: weights_,
    }
};

macro_rules! instantiate_int8 {
    ($name:ident, $dot:ty, $(#[$feature:meta])?) => {
        pub(crate) static $name: Int8Kernels = {
            $(#[$feature])?
            unsafe fn quantize_(x: &Quantize) {
                unsafe { quantize::run::<$dot>(x) }
            }
            $(#[$feature])?
            unsafe fn tiles_(x: &Tiles) {
                unsafe { tile::run::<$dot>(x) }
            }
            $(#[$feature])?
            unsafe fn span_words_(x: &Words) {
                unsafe { int8::words::<$dot>(x) }
            }
            $(#[$feature])?
            unsafe fn span_labels_(x: &Labels) {
                unsafe { int8::labels::<$dot>(x) }
            }
            $(#[$feature])?
            unsafe fn span_sums_(x: &Sums) {
                unsafe { int8::sums::<$dot>(x) }
            }
            Int8Kernels {
                tile_panels: <$dot as Dot>::TILE_PANELS,
                quantize: quantize_,
                tiles: tiles_,
                span_words: span_words_,
                span_labels: span_labels_,
                span_sums: span_sums_,
            }
        };
    };
}

instantiate_int8!(PORTABLE_INT8, super::portable::Portable,);
#[cfg(target_arch = "x86_64")]
instantiate_int8!(AVX2_INT8, super::avx2::Avx2, #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
instantiate_int8!(AVX2_NARROW_INT8, crate::linear::dot_x86::Avx2Narrow, #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
instantiate_int8!(AVX_VNNI_INT8, crate::linear::dot_x86::AvxVnni, #[target_feature(enable = "avxvnni,avx2,fma")]);
#[cfg(target_arch = "x86_64")]
instantiate_int8!(
    AVX512_VNNI_INT8,
    super::avx512::Avx512,
    #[target_feature(enable = "avx512vnni,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
);
#[cfg(target_arch = "aarch64")]
instantiate_int8!(NEON_DOT_INT8, super::neon::Neon, #[target_feature(enable = "neon,dotprod")]);

macro_rules! instantiate {
    ($name:ident, $simd:ty, $(#[$feature:meta])?) => {
        pub(crate) static $name: F32Kernels = {
            $(#[$feature])?
            unsafe fn gemm_(x: &Gemm) {
                unsafe { gemm::run::<Single<$simd>>(x) }
            }
            $(#[$feature])?
            unsafe fn pack_(x: &Pack) {
                unsafe { pack::run::<$simd>(x) }
            }
            $(#[$feature])?
            unsafe fn skew_(x: &Skew) {
                unsafe { skew::run::<$simd>(x) }
            }
            $(#[$feature])?
            unsafe fn softmax_(x: &Softmax) {
                unsafe { softmax::run::<$simd>(x) }
            }
            $(#[$feature])?
            unsafe fn norm_(x: &Rows) {
                unsafe { norm::run::<$simd>(x) }
            }
            $(#[$feature])?
            unsafe fn spans_(x: &Block) {
                unsafe { float::run::<Single<$simd>>(x) }
            }
            $(#[$feature])?
            unsafe fn lstm_(x: &Step) {
                unsafe { lstm::run::<$simd>(x) }
            }
            F32Kernels {
                lanes: <$simd as super::Simd>::LANES,
                gemm: gemm_,
                pack: pack_,
                skew: skew_,
                softmax: softmax_,
                norm: norm_,
                spans: spans_,
                lstm: lstm_,
            }
        };
    };
}

instantiate!(PORTABLE, super::portable::Portable,);
#[cfg(target_arch = "x86_64")]
instantiate!(AVX2, super::avx2::Avx2, #[target_feature(enable = "avx2,fma")]);
#[cfg(target_arch = "x86_64")]
instantiate!(
    AVX512,
    super::avx512::Avx512,
    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")]
);
#[cfg(target_arch = "aarch64")]
instantiate!(NEON, super::neon::Neon, #[target_feature(enable = "neon")]);
