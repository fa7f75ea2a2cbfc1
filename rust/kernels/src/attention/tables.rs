//! The position tables of a layer, packed for the micro-kernels: once for all sequences of a batch.
//!
//! Packed in each task, as a first version did, they took about a twentieth of the time on four sequences of 290 tokens. Kept
//! across calls they would double what the model holds of them, 96 MB in a large model.

use std::ops::Range;
use std::ptr;

use super::buckets::Buckets;
use super::task::copy_rows;
use super::{Attention, Positions};
use crate::pack::Pack;
use crate::parallel::Shared;
use crate::scratch::Scratch;
use crate::{Isa, Parallel};

/// Packed tables and the relative positions' rows.
pub(super) struct Tables {
    pub(super) buckets: Buckets,
    /// The table rows that the batch's longest sequence needs.
    span: Range<usize>,
    dim: usize,
    lanes: usize,
    /// Per head, `span` as columns of B: `[panel][dim][lane]`, scaled; or null.
    key: Shared<f32>,
    /// Per head, `(span, dim)`; or null.
    query: Shared<f32>,
    _memory: Scratch,
}

impl Tables {
    /// # Safety
    /// `attention` has been checked; `longest`, its longest sequence, isn't 0.
    pub(super) unsafe fn new(
        attention: &Attention,
        positions: &Positions,
        longest: usize,
        isa: Isa,
        pool: &impl Parallel,
    ) -> Self {
        let Attention {
            heads, dim, scale, ..
        } = *attention;
        let kernels = isa.f32();
        let lanes = kernels.lanes;
        let buckets = Buckets::new(positions.buckets, longest);
        let span = buckets.span(0..longest, 0..longest.next_multiple_of(lanes));
        let key_size = positions
            .key
            .map_or(0, |_| span.len().next_multiple_of(lanes) * dim);
        let query_size = positions.query.map_or(0, |_| span.len() * dim);
        let bytes = Scratch::bytes_for::<f32>(heads * key_size)
            + Scratch::bytes_for::<f32>(heads * query_size);
        let mut memory = Scratch::with_bytes(bytes);
        let key = Shared(
            positions
                .key
                .map_or(ptr::null_mut(), |_| memory.take(heads * key_size).as_ptr()),
        );
        let query = Shared(positions.query.map_or(ptr::null_mut(), |_| {
            memory.take(heads * query_size).as_ptr()
        }));
        let width = heads * dim;
        pool.for_each(heads, &|head| {
            // SAFETY: the tables have their checked size; heads write disjoint parts of memory of the sizes above.
            unsafe {
                if let Some(table) = positions.key {
                    (kernels.pack)(&Pack {
                        src: table.as_ptr().add(span.start * width + head * dim),
                        stride: width,
                        rows: span.len(),
                        k: dim,
                        scale,
                        dst: key.at(head * key_size),
                    });
                }
                if let Some(table) = positions.query {
                    let src = table.as_ptr().add(span.start * width + head * dim);
                    copy_rows(
                        src,
                        width,
                        span.len(),
                        dim,
                        query.at(head * query_size),
                        dim,
                    );
                }
            }
        });
        Self {
            buckets,
            span,
            dim,
            lanes,
            key,
            query,
            _memory: memory,
        }
    }

    /// The panels of a head that hold these table rows, and the row that the first panel starts with.
    pub(super) fn key_panels(
        &self,
        head: usize,
        rows: &Range<usize>,
    ) -> (*const f32, Range<usize>) {
        let first = (rows.start - self.span.start) / self.lanes;
        let end = (rows.end - self.span.start).div_ceil(self.lanes);
        let size = self.span.len().next_multiple_of(self.lanes) * self.dim;
        let panels = self
            .key
            .0
            .wrapping_add(head * size + first * self.lanes * self.dim);
        (
            panels,
            self.span.start + first * self.lanes..self.span.start + end * self.lanes,
        )
    }

    /// The rows of a head from this table row on.
    pub(super) fn query_rows(&self, head: usize, first: usize) -> *const f32 {
        let row = head * self.span.len() + first - self.span.start;
        self.query.0.wrapping_add(row * self.dim)
    }

    /// Whether there is a content→position table.
    pub(super) fn has_key(&self) -> bool {
        !self.key.0.is_null()
    }

    /// Whether there is a position→content table.
    pub(super) fn has_query(&self) -> bool {
        !self.query.0.is_null()
    }
}
