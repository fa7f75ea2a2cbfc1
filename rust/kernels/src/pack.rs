//! Rows of a matrix to the columns of B: panels one vector wide, `[panel][k][lane]`, for [`gemm`](crate::gemm).
//!
//! Rows of one head lie thousands of bytes apart, on a page or two each, where hardware prefetchers stop: they are asked for ahead.

use crate::simd::Simd;

/// Floats of a cache line.
pub(crate) const LINE: usize = 16;
/// How many rows ahead of those that are read.
pub(crate) const AHEAD: usize = 6;

/// One packing job. Sizes are in f32 elements.
pub(crate) struct Pack {
    /// `rows` rows of `k` readable elements, `stride` apart.
    pub(crate) src: *const f32,
    pub(crate) stride: usize,
    pub(crate) rows: usize,
    pub(crate) k: usize,
    /// Multiplies every element.
    pub(crate) scale: f32,
    /// `ceil(rows / lanes) * k * lanes` writable elements; lanes past `rows` are set to zero.
    pub(crate) dst: *mut f32,
}

/// # Safety
/// The CPU has `S`; the pointers of `p` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<S: Simd>(p: &Pack) {
    let panel_size = p.k * S::LANES;
    let mut first = 0;
    let mut panel = p.dst;
    while first < p.rows {
        let rows = S::LANES.min(p.rows - first);
        // Whole tiles through registers: element by element, packing took a fifth of the attention's time.
        let tiles = if rows == S::LANES {
            p.k / S::LANES * S::LANES
        } else {
            0
        };
        // SAFETY: lane < rows keeps reads inside the source; writes stay inside the panel.
        unsafe {
            let src = p.src.add(first * p.stride);
            for row in first + S::LANES..first + 2 * S::LANES {
                for k in (0..p.k).step_by(LINE) {
                    S::prefetch(p.src.wrapping_add(row * p.stride + k));
                }
            }
            for k in (0..tiles).step_by(S::LANES) {
                S::transpose(
                    src.add(k),
                    p.stride,
                    panel.add(k * S::LANES),
                    S::splat(p.scale),
                );
            }
            for lane in 0..S::LANES {
                for k in tiles..p.k {
                    let x = if lane < rows {
                        *src.add(lane * p.stride + k) * p.scale
                    } else {
                        0.0
                    };
                    *panel.add(k * S::LANES + lane) = x;
                }
            }
        }
        first += S::LANES;
        // SAFETY: at most one past the end of the destination.
        panel = unsafe { panel.add(panel_size) };
    }
}
