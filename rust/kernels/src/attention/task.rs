//! One task: some queries of one sequence and head, from packing to output.

use std::ops::Range;

use super::Attention;
use super::plan::{Query, Task};
use super::tables::Tables;
use crate::Isa;
use crate::gemm::Gemm;
use crate::pack::Pack;
use crate::parallel::Shared;
use crate::scratch::Scratch;
use crate::simd::table::F32Kernels;
use crate::skew::Skew;
use crate::softmax::{PositionScores, Softmax};

/// Queries whose content→position scores are computed at a time. The positions that occur are those of `len + 48`
/// relative positions in place of `2 * len`. A multiple of every micro-kernel's rows (2, 4, 6, 8): of 24, 32 and 48, about
/// equal at 290 tokens, 48 was ahead at 600.
const BLOCK: usize = 48;
/// Keys whose position→content scores are computed at a time: a multiple of every micro-kernel's width (48, 16, 12).
const STRIP: usize = 48;

/// What the steps of a task share. Sizes are in f32 elements.
struct Work<'a> {
    kernels: &'static F32Kernels,
    task: Task,
    queries: &'a [Query],
    dim: usize,
    /// Keys in whole vectors.
    keys: usize,
    /// Keys as columns, packed, scaled.
    k: *const f32,
    /// `(len, value_width)`.
    v: *const f32,
    /// Width of a head in whole vectors.
    value_width: usize,
    /// `(rows, dim)`.
    q: *const f32,
    /// `(rows, score_stride)`.
    scores: *mut f32,
    score_stride: usize,
}

/// # Safety
/// `attention` has been checked; `isa` is available; `queries` are the task's, by rising position; `out` has its size and
/// nobody else touches the task's part.
pub(super) unsafe fn run(
    attention: &Attention,
    tables: Option<&Tables>,
    isa: Isa,
    task: &Task,
    queries: &[Query],
    out: Shared<f32>,
) {
    let kernels = isa.f32();
    let Attention { heads, dim, .. } = *attention;
    let width = heads * dim;
    let lanes = kernels.lanes;
    let keys = task.len.next_multiple_of(lanes);
    let value_width = dim.next_multiple_of(lanes);
    // Rows a multiple of 4 KB apart would all fall into the same cache sets.
    let score_stride = if keys.is_multiple_of(1024) {
        keys + lanes
    } else {
        keys
    };
    let positions = reach(queries);
    let span = tables.map_or(0, |t| t.buckets.span(positions.clone(), 0..keys).len());
    let gaps = queries
        .windows(2)
        .any(|pair| pair[1].position != pair[0].position + 1);
    let sizes = [
        keys * dim,
        task.len * value_width,
        task.rows * dim,
        task.rows * score_stride,
        span * STRIP,
        // Spans in whole panels, at both ends; a vector more: windows of the last row reach beyond it.
        BLOCK * (span + 2 * lanes) + lanes,
        BLOCK * value_width,
        BLOCK,
        if gaps && tables.is_some_and(Tables::has_query) {
            positions.len() * lanes
        } else {
            0
        },
    ];
    let steps_size = Scratch::bytes_for::<u32>(BLOCK);

    let mut scratch = Scratch::with_bytes(
        sizes
            .iter()
            .map(|&n| Scratch::bytes_for::<f32>(n))
            .sum::<usize>()
            + steps_size,
    );
    let [
        k,
        v,
        q,
        scores,
        strip,
        block_positions,
        block_out,
        inverse_sums,
        skewed,
    ] = sizes.map(|n| scratch.take::<f32>(n).as_ptr());
    let steps = scratch.take::<u32>(BLOCK).as_ptr();

    // SAFETY: check() has compared the length of qkv with the sizes used here; scratch has the sizes above, which are those that
    // each job's fields ask for.
    unsafe {
        let row = |token: usize, part: usize| {
            attention
                .qkv
                .as_ptr()
                .add((task.start + token) * 3 * width + part * width + task.head * dim)
        };
        for (i, query) in queries.iter().enumerate() {
            copy_rows(row(query.position, 0), 0, 1, dim, q.add(i * dim), 0);
        }
        copy_rows(row(0, 2), 3 * width, task.len, dim, v, value_width);
        let (rows, scale) = (task.len, attention.scale);
        (kernels.pack)(&Pack {
            src: row(0, 1),
            stride: 3 * width,
            rows,
            k: dim,
            scale,
            dst: k,
        });
        let work = Work {
            kernels,
            task: *task,
            queries,
            dim,
            keys,
            k,
            v,
            value_width,
            q,
            scores,
            score_stride,
        };
        let query_tables = tables.filter(|t| t.has_query());
        if let Some(tables) = query_tables {
            work.position_to_content(tables, strip, gaps.then_some(skewed));
        }
        for first in (0..task.rows).step_by(BLOCK) {
            let rows = first..task.rows.min(first + BLOCK);
            work.content_to_content(rows.clone(), query_tables.is_some());
            let positions = tables.filter(|t| t.has_key()).map(|tables| {
                work.content_to_position(tables, rows.clone(), block_positions, steps)
            });
            (kernels.softmax)(&Softmax {
                scores: scores.add(first * score_stride),
                stride: score_stride,
                rows: rows.len(),
                len: task.len,
                positions,
                inverse_sums,
            });
            work.values(rows.clone(), block_out);
            for (i, row) in rows.enumerate() {
                let out = out.at(queries[row].out * width + task.head * dim);
                let inverse = *inverse_sums.add(i);
                for d in 0..dim {
                    *out.add(d) = *block_out.add(i * value_width + d) * inverse;
                }
            }
        }
    }
}

impl Work<'_> {
    /// Writes position→content scores of all rows.
    ///
    /// # Safety
    /// `tables` has the table; `strip` has room for [`STRIP`] keys of every table row that the task needs; `skewed`, given
    /// where the task's queries leave positions out, for a vector of each position from their first to their last.
    unsafe fn position_to_content(
        &self,
        tables: &Tables,
        strip: *mut f32,
        skewed: Option<*mut f32>,
    ) {
        let lanes = self.kernels.lanes;
        let buckets = &tables.buckets;
        let positions = reach(self.queries);
        for key in (0..self.keys).step_by(STRIP) {
            let end = self.keys.min(key + STRIP);
            let span = buckets.span(positions.clone(), key..end);
            let stride = end - key;
            // SAFETY: span lies inside the task's; the strip's keys inside the packed ones.
            unsafe {
                (self.kernels.gemm)(&Gemm {
                    m: span.len(),
                    k: self.dim,
                    panels: stride / lanes,
                    a: tables.query_rows(self.task.head, span.start),
                    a_stride: self.dim,
                    b: self.k.add(key * self.dim),
                    b_step: lanes,
                    b_panel: lanes * self.dim,
                    c: strip,
                    c_stride: stride,
                    accumulate: false,
                });
                for lane in (0..stride).step_by(lanes) {
                    let scores = self.scores.add(key + lane);
                    (self.kernels.skew)(&Skew {
                        strip: strip.wrapping_sub(span.start * stride).wrapping_add(lane),
                        strip_stride: stride,
                        buckets: buckets.at(positions.start, key + lane),
                        rows: positions.len(),
                        out: skewed.unwrap_or(scores),
                        out_stride: skewed.map_or(self.score_stride, |_| lanes),
                    });
                    let Some(skewed) = skewed else { continue };
                    for (i, query) in self.queries.iter().enumerate() {
                        let from = skewed.add((query.position - positions.start) * lanes);
                        copy_rows(from, 0, 1, lanes, scores.add(i * self.score_stride), 0);
                    }
                }
            }
        }
    }

    /// Writes content→content scores of some rows, or adds them.
    ///
    /// # Safety
    /// `rows` lie inside the task.
    unsafe fn content_to_content(&self, rows: Range<usize>, accumulate: bool) {
        let lanes = self.kernels.lanes;
        // SAFETY: the caller's.
        unsafe {
            (self.kernels.gemm)(&Gemm {
                m: rows.len(),
                k: self.dim,
                panels: self.keys / lanes,
                a: self.q.add(rows.start * self.dim),
                a_stride: self.dim,
                b: self.k,
                b_step: lanes,
                b_panel: lanes * self.dim,
                c: self.scores.add(rows.start * self.score_stride),
                c_stride: self.score_stride,
                accumulate,
            });
        }
    }

    /// Computes content→position scores of some rows, by table row.
    ///
    /// # Safety
    /// `rows` lie inside the task and are at most [`BLOCK`]; `tables` has the table; `block` has room for a block as wide as
    /// the panels that hold the task's table rows, and a vector; `steps` for [`BLOCK`] entries.
    unsafe fn content_to_position(
        &self,
        tables: &Tables,
        rows: Range<usize>,
        block: *mut f32,
        steps: *mut u32,
    ) -> PositionScores {
        let lanes = self.kernels.lanes;
        let positions = reach(&self.queries[rows.clone()]);
        for (i, query) in self.queries[rows.clone()].iter().enumerate() {
            // SAFETY: at most BLOCK rows.
            unsafe { *steps.add(i) = (query.position - positions.start) as u32 };
        }
        let span = tables.buckets.span(positions.clone(), 0..self.keys);
        let (panels, held) = tables.key_panels(self.task.head, &span);
        let stride = held.len();
        // SAFETY: the panels cover span.
        unsafe {
            (self.kernels.gemm)(&Gemm {
                m: rows.len(),
                k: self.dim,
                panels: stride / lanes,
                a: self.q.add(rows.start * self.dim),
                a_stride: self.dim,
                b: panels,
                b_step: lanes,
                b_panel: lanes * self.dim,
                c: block,
                c_stride: stride,
                accumulate: false,
            });
        }
        PositionScores {
            rows: block.wrapping_sub(held.start),
            stride,
            buckets: tables.buckets.at(positions.start, 0),
            steps,
            windowed: tables.buckets.windowed,
        }
    }

    /// Multiplies some rows of exponentials by the values.
    ///
    /// # Safety
    /// `rows` lie inside the task and are at most [`BLOCK`]; `block` has room for as many rows of values.
    unsafe fn values(&self, rows: Range<usize>, block: *mut f32) {
        let lanes = self.kernels.lanes;
        // SAFETY: the caller's.
        unsafe {
            (self.kernels.gemm)(&Gemm {
                m: rows.len(),
                k: self.task.len,
                panels: self.value_width / lanes,
                a: self.scores.add(rows.start * self.score_stride),
                a_stride: self.score_stride,
                b: self.v,
                b_step: self.value_width,
                b_panel: lanes,
                c: block,
                c_stride: self.value_width,
                accumulate: false,
            });
        }
    }
}

/// The positions from the first query's to the last's.
fn reach(queries: &[Query]) -> Range<usize> {
    queries[0].position..queries[queries.len() - 1].position + 1
}

/// # Safety
/// Both sides are valid for `rows` rows of `width` elements at their strides.
pub(super) unsafe fn copy_rows(
    src: *const f32,
    src_stride: usize,
    rows: usize,
    width: usize,
    dst: *mut f32,
    dst_stride: usize,
) {
    for row in 0..rows {
        // SAFETY: the caller's.
        unsafe {
            std::ptr::copy_nonoverlapping(
                src.add(row * src_stride),
                dst.add(row * dst_stride),
                width,
            )
        };
    }
}
