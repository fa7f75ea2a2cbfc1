//! How a score's operands become integers: pairs, or bytes.

use crate::bytes::CELL;
use crate::gemm::Gemm;
use crate::pairs::{Columns, Rows, Span};
use crate::simd::table::PairKernels;
use crate::{Isa, Products};

/// The integers of scores; those of outputs are pairs.
#[derive(Clone, Copy)]
pub(super) struct Integers {
    lanes: usize,
    pub(super) kernels: &'static PairKernels,
    bytes: bool,
}

impl Integers {
    /// None where f32 is what scores and outputs are made of.
    pub(super) fn of(products: Products, dim: usize, isa: Isa) -> Option<Self> {
        let kernels = match products {
            Products::Single => None,
            Products::Pairs | Products::Bytes if dim.is_multiple_of(2) => isa.pairs(),
            Products::Pairs | Products::Bytes => None,
        };
        kernels.map(|kernels| Self {
            lanes: isa.f32().lanes,
            kernels,
            bytes: products == Products::Bytes && dim.is_multiple_of(CELL),
        })
    }

    /// Cells of a query or key.
    pub(super) fn depth(self, dim: usize) -> usize {
        dim / if self.bytes { CELL } else { 2 }
    }

    pub(super) fn gemm(self) -> unsafe fn(&Gemm) {
        if self.bytes {
            self.kernels.byte_gemm
        } else {
            self.kernels.gemm
        }
    }

    /// # Safety
    /// The pointers of `r` are valid for the extents that its fields describe.
    pub(super) unsafe fn rows(self, r: &Rows) {
        // SAFETY: the caller's.
        unsafe {
            if self.bytes {
                (self.kernels.byte_rows)(r);
            } else {
                (self.kernels.rows)(r);
            }
        }
    }

    /// Makes columns of `c`, of pairs by the longest row of `all`. `factors` takes what each column's sums are to be multiplied by,
    /// `scale` included, and `begins`, of bytes, what they begin with.
    ///
    /// # Safety
    /// The pointers of `c` and `all` are valid for the extents that their fields describe, `factors` and `begins` for a vector a
    /// panel.
    pub(super) unsafe fn columns(
        self,
        c: &Columns,
        all: &Span,
        scale: f32,
        factors: *mut f32,
        begins: *mut f32,
    ) {
        // SAFETY: the caller's.
        unsafe {
            if self.bytes {
                (self.kernels.byte_columns)(c, scale, factors, begins);
            } else {
                let (integers, factor) = (self.kernels.common_scale)(all);
                (self.kernels.columns)(c, integers);
                let columns = c.panels * self.lanes;
                std::slice::from_raw_parts_mut(factors, columns).fill(factor * scale);
            }
        }
    }
}
