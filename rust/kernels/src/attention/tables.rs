//! The position tables of a layer, packed for the micro-kernels: once for all sequences of a batch.
//!
//! Packed in each task, as a first version did, they took about a twentieth of the time on four sequences of 290 tokens. Kept
//! across calls they would double what the model holds of them, 96 MB in a large model.

use std::ops::Range;
use std::ptr;

use super::buckets::Buckets;
use super::integers::Integers;
use super::task::copy_rows;
use super::{Attention, Positions};
use crate::pack::Pack;
use crate::pairs::{Columns, Rows, Span};
use crate::parallel::Shared;
use crate::scratch::Scratch;
use crate::{Isa, Parallel};

/// Packed tables and the relative positions' rows.
pub(super) struct Tables {
    pub(super) buckets: Buckets,
    /// The table rows that the batch's longest sequence needs.
    span: Range<usize>,
    dim: usize,
    /// Cells of a row: `dim`, or half of it for pairs.
    depth: usize,
    lanes: usize,
    /// Per head, `span` as columns of B: `[panel][dim][lane]`, scaled; or null. Of integers each panel's first part.
    key: Shared<f32>,
    /// Of integers, per head and column: what its sums are to be multiplied by, and of bytes begin with.
    column_factors: Shared<f32>,
    begins: Shared<f32>,
    /// Per head, `(span, depth)`; or null.
    query: Shared<f32>,
    /// Per head and row, what sums with it are to be multiplied by.
    query_factors: Shared<f32>,
    _memory: Scratch,
}

/// Some panels of a head's key table.
pub(super) struct Panels {
    /// The table rows that they hold.
    pub(super) rows: Range<usize>,
    pub(super) cells: *const f32,
    /// Of integers, what each column's sums are to be multiplied by, and of bytes begin with.
    pub(super) factors: *const f32,
    pub(super) begins: *const f32,
}

impl Tables {
    /// # Safety
    /// `attention` has been checked; `longest`, its longest sequence, isn't 0.
    pub(super) unsafe fn new(
        attention: &Attention,
        positions: &Positions,
        longest: usize,
        isa: Isa,
        integers: Option<Integers>,
        pool: &impl Parallel,
    ) -> Self {
        let Attention { heads, dim, .. } = *attention;
        let scale = attention.scale_to_base_2();
        let kernels = isa.f32();
        let lanes = kernels.lanes;
        let depth = integers.map_or(dim, |integers| integers.depth(dim));
        let buckets = Buckets::new(positions.buckets, longest);
        let span = buckets.span(0..longest, 0..longest.next_multiple_of(lanes));
        let columns = positions
            .key
            .map_or(0, |_| span.len().next_multiple_of(lanes));
        let key_size = columns * dim;
        let query_size = positions.query.map_or(0, |_| span.len() * depth);
        let query_factors_size = if positions.query.is_some() {
            heads * span.len()
        } else {
            0
        };
        let bytes = Scratch::bytes_for::<f32>(heads * key_size)
            + Scratch::bytes_for::<f32>(heads * query_size)
            + 2 * Scratch::bytes_for::<f32>(heads * columns)
            + Scratch::bytes_for::<f32>(query_factors_size);
        let mut memory = Scratch::with_bytes(bytes);
        let key = Shared(
            positions
                .key
                .map_or(ptr::null_mut(), |_| memory.take(heads * key_size).as_ptr()),
        );
        let query = Shared(positions.query.map_or(ptr::null_mut(), |_| {
            memory.take(heads * query_size).as_ptr()
        }));
        let column_factors = Shared(memory.take(heads * columns).as_ptr());
        let begins = Shared(memory.take(heads * columns).as_ptr());
        let query_factors = Shared(memory.take(query_factors_size).as_ptr());
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
                        scale: if integers.is_some() { 1.0 } else { scale },
                        dst: key.at(head * key_size),
                    });
                    if let Some(integers) = integers {
                        integers.columns(
                            &Columns {
                                b: key.at(head * key_size),
                                panels: columns / lanes,
                                panel_stride: lanes * dim,
                                rows: dim,
                                row_stride: lanes,
                            },
                            // Of the whole table: a scale must not depend on the batch.
                            &Span {
                                src: table.as_ptr().add(head * dim),
                                stride: width,
                                rows: positions.rows,
                                width: dim,
                            },
                            scale,
                            column_factors.at(head * columns),
                            begins.at(head * columns),
                        );
                    }
                }
                if let Some(table) = positions.query {
                    let src = table.as_ptr().add(span.start * width + head * dim);
                    let dst = query.at(head * query_size);
                    match integers {
                        Some(integers) => integers.rows(&Rows {
                            src,
                            stride: width,
                            rows: span.len(),
                            width: dim,
                            dst,
                            factors: query_factors.at(head * span.len()),
                        }),
                        None => copy_rows(src, width, span.len(), dim, dst, dim),
                    }
                }
            }
        });
        Self {
            buckets,
            span,
            dim,
            depth,
            lanes,
            key,
            column_factors,
            begins,
            query,
            query_factors,
            _memory: memory,
        }
    }

    /// The panels of a head that hold these table rows.
    pub(super) fn key_panels(&self, head: usize, rows: &Range<usize>) -> Panels {
        let first = (rows.start - self.span.start) / self.lanes * self.lanes;
        let end = (rows.end - self.span.start).next_multiple_of(self.lanes);
        let columns = self.span.len().next_multiple_of(self.lanes);
        let column = head * columns + first;
        Panels {
            rows: self.span.start + first..self.span.start + end,
            cells: self.key.0.wrapping_add(column * self.dim),
            factors: self.column_factors.0.wrapping_add(column),
            begins: self.begins.0.wrapping_add(column),
        }
    }

    /// The rows of a head from this table row on.
    pub(super) fn query_rows(&self, head: usize, first: usize) -> *const f32 {
        let row = head * self.span.len() + first - self.span.start;
        self.query.0.wrapping_add(row * self.depth)
    }

    /// Of integers: the factors of [`query_rows`](Self::query_rows).
    pub(super) fn query_factors(&self, head: usize, first: usize) -> *const f32 {
        let row = head * self.span.len() + first - self.span.start;
        self.query_factors.0.wrapping_add(row)
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
