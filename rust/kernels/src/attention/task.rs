//! One task: some queries of one sequence and head, from packing to output.

use std::ops::Range;

use super::Attention;
use super::integers::Integers;
use super::plan::{Query, Task};
use super::tables::Tables;
use crate::Isa;
use crate::gemm::Gemm;
use crate::pack::Pack;
use crate::pairs::{Columns, Rows, Span, Weights};
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

/// What the steps of a task share. Sizes are in cells: f32 elements, or pairs of integers.
struct Work<'a> {
    kernels: &'static F32Kernels,
    /// Of scores.
    gemm: unsafe fn(&Gemm),
    /// Of outputs.
    value_gemm: unsafe fn(&Gemm),
    task: Task,
    queries: &'a [Query],
    dim: usize,
    /// Cells of a query or key.
    depth: usize,
    /// Keys in whole vectors.
    keys: usize,
    /// Keys as columns, packed, scaled; of integers each panel's first part.
    k: *const f32,
    /// Of integers: what each key's sums are to be multiplied by, and of bytes begin with.
    k_factors: *const f32,
    k_begins: *const f32,
    /// `(values, value_width)`.
    v: *const f32,
    /// Of pairs: what each column's sums are to be multiplied by.
    v_factors: *const f32,
    /// Cells of a column of `v`.
    values: usize,
    /// Width of a head in whole vectors.
    value_width: usize,
    /// `(rows, depth)`.
    q: *const f32,
    /// Of integers: what sums with each query are to be multiplied by.
    q_factors: *const f32,
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
    integers: Option<Integers>,
    task: &Task,
    queries: &[Query],
    out: Shared<f32>,
) {
    let kernels = isa.f32();
    let Attention { heads, dim, .. } = *attention;
    let width = heads * dim;
    let scale = attention.scale_to_base_2();
    let depth = integers.map_or(dim, |integers| integers.depth(dim));
    let lanes = kernels.lanes;
    let keys = task.len.next_multiple_of(lanes);
    let value_width = dim.next_multiple_of(lanes);
    // Rows a multiple of 4 KB apart would all fall into the same cache sets.
    let score_stride = if keys.is_multiple_of(1024) {
        keys + lanes
    } else {
        keys
    };
    let query_tables = tables.filter(|t| t.has_query());
    // Position→content scores are made for all queries at once; without them a block's scores are done with it.
    let score_rows = if query_tables.is_some() {
        task.rows
    } else {
        task.rows.min(BLOCK)
    };
    let positions = reach(queries);
    let span = tables.map_or(0, |t| t.buckets.span(positions.clone(), 0..keys).len());
    let gaps = queries
        .windows(2)
        .any(|pair| pair[1].position != pair[0].position + 1);
    let sizes = [
        keys * dim,
        task.len * value_width,
        task.rows * depth,
        score_rows * score_stride,
        span * STRIP,
        // Spans in whole panels, at both ends; a vector more: windows of the last row reach beyond it.
        BLOCK * (span + 2 * lanes) + lanes,
        BLOCK * value_width,
        BLOCK,
        task.rows,
        keys,
        keys,
        value_width,
        if gaps && query_tables.is_some() {
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
        q_factors,
        k_factors,
        k_begins,
        v_factors,
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
        let mut first = 0;
        for run in queries.chunk_by(|a, b| a.position + 1 == b.position) {
            let (src, dst) = (row(run[0].position, 0), q.add(first * depth));
            match integers {
                Some(integers) => integers.rows(&Rows {
                    src,
                    stride: 3 * width,
                    rows: run.len(),
                    width: dim,
                    dst,
                    factors: q_factors.add(first),
                }),
                None => copy_rows(src, 3 * width, run.len(), dim, dst, dim),
            }
            first += run.len();
        }
        copy_rows(row(0, 2), 3 * width, task.len, dim, v, value_width);
        (kernels.pack)(&Pack {
            src: row(0, 1),
            stride: 3 * width,
            rows: task.len,
            k: dim,
            scale: if integers.is_some() { 1.0 } else { scale },
            dst: k,
        });
        if let Some(integers) = integers {
            integers.columns(
                &Columns {
                    b: k,
                    panels: keys / lanes,
                    panel_stride: lanes * dim,
                    rows: dim,
                    row_stride: lanes,
                },
                &Span {
                    src: row(0, 1),
                    stride: 3 * width,
                    rows: task.len,
                    width: dim,
                },
                scale,
                k_factors,
                k_begins,
            );
            (integers.kernels.columns_by_largest)(
                &Columns {
                    b: v,
                    panels: value_width / lanes,
                    panel_stride: lanes,
                    rows: task.len,
                    row_stride: value_width,
                },
                v_factors,
            );
        }
        let work = Work {
            kernels,
            gemm: integers.map_or(kernels.gemm, Integers::gemm),
            value_gemm: integers.map_or(kernels.gemm, |integers| integers.kernels.gemm),
            task: *task,
            queries,
            dim,
            depth,
            keys,
            k,
            k_factors,
            k_begins,
            v,
            v_factors,
            values: if integers.is_some() {
                task.len.div_ceil(2)
            } else {
                task.len
            },
            value_width,
            q,
            q_factors,
            scores,
            score_stride,
        };
        if let Some(tables) = query_tables {
            work.position_to_content(tables, strip, gaps.then_some(skewed));
        }
        // Outputs that are finished by the product, and lie as it writes them.
        let straight = integers.is_some()
            && value_width == dim
            && queries.is_sorted_by(|a, b| a.out + 1 == b.out);
        for first in (0..task.rows).step_by(BLOCK) {
            let rows = first..task.rows.min(first + BLOCK);
            let scores = if query_tables.is_some() {
                scores.add(first * score_stride)
            } else {
                scores
            };
            work.content_to_content(rows.clone(), scores, query_tables.is_some());
            let positions = tables.filter(|t| t.has_key()).map(|tables| {
                work.content_to_position(tables, rows.clone(), block_positions, steps)
            });
            (kernels.softmax)(&Softmax {
                scores,
                stride: score_stride,
                rows: rows.len(),
                len: task.len,
                positions,
                inverse_sums,
            });
            if let Some(integers) = integers {
                (integers.kernels.weights)(&Weights {
                    weights: scores,
                    stride: score_stride,
                    rows: rows.len(),
                    len: task.len,
                    inverse_sums,
                });
            }
            let place = |row: usize| out.at(queries[row].out * width + task.head * dim);
            if straight {
                let to = place(rows.start);
                work.weigh_values(rows.len(), scores, inverse_sums, to, width);
                continue;
            }
            work.weigh_values(rows.len(), scores, inverse_sums, block_out, value_width);
            for (i, row) in rows.enumerate() {
                let (sums, out) = (block_out.add(i * value_width), place(row));
                if integers.is_some() {
                    copy_rows(sums, 0, 1, dim, out, 0);
                } else {
                    let inverse = *inverse_sums.add(i);
                    for d in 0..dim {
                        *out.add(d) = *sums.add(d) * inverse;
                    }
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
                (self.gemm)(&Gemm {
                    m: span.len(),
                    k: self.depth,
                    panels: stride / lanes,
                    a: tables.query_rows(self.task.head, span.start),
                    a_stride: self.depth,
                    b: self.k.add(key * self.dim),
                    b_step: lanes,
                    b_panel: lanes * self.dim,
                    c: strip,
                    c_stride: stride,
                    accumulate: false,
                    factors: tables.query_factors(self.task.head, span.start),
                    column_factors: self.k_factors.add(key),
                    begins: self.k_begins.add(key),
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
    /// `rows` lie inside the task; `scores` has room for them.
    unsafe fn content_to_content(&self, rows: Range<usize>, scores: *mut f32, accumulate: bool) {
        let lanes = self.kernels.lanes;
        // SAFETY: the caller's.
        unsafe {
            (self.gemm)(&Gemm {
                m: rows.len(),
                k: self.depth,
                panels: self.keys / lanes,
                a: self.q.add(rows.start * self.depth),
                a_stride: self.depth,
                b: self.k,
                b_step: lanes,
                b_panel: lanes * self.dim,
                c: scores,
                c_stride: self.score_stride,
                accumulate,
                factors: self.q_factors.add(rows.start),
                column_factors: self.k_factors,
                begins: self.k_begins,
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
        let panels = tables.key_panels(self.task.head, &span);
        let stride = panels.rows.len();
        // SAFETY: the panels cover span.
        unsafe {
            (self.gemm)(&Gemm {
                m: rows.len(),
                k: self.depth,
                panels: stride / lanes,
                a: self.q.add(rows.start * self.depth),
                a_stride: self.depth,
                b: panels.cells,
                b_step: lanes,
                b_panel: lanes * self.dim,
                c: block,
                c_stride: stride,
                accumulate: false,
                factors: self.q_factors.add(rows.start),
                column_factors: panels.factors,
                begins: panels.begins,
            });
        }
        PositionScores {
            rows: block.wrapping_sub(panels.rows.start),
            stride,
            buckets: tables.buckets.at(positions.start, 0),
            steps,
            windowed: tables.buckets.windowed,
        }
    }

    /// Multiplies the values by some rows of weights.
    ///
    /// # Safety
    /// `weights` are as many rows as `scores` has in a block; `out` has room for as many rows of values, `out_stride` apart;
    /// `factors`, of pairs, are what their sums are to be multiplied by.
    unsafe fn weigh_values(
        &self,
        rows: usize,
        weights: *const f32,
        factors: *const f32,
        out: *mut f32,
        out_stride: usize,
    ) {
        let lanes = self.kernels.lanes;
        // SAFETY: the caller's.
        unsafe {
            (self.value_gemm)(&Gemm {
                m: rows,
                k: self.values,
                panels: self.value_width / lanes,
                a: weights,
                a_stride: self.score_stride,
                b: self.v,
                b_step: self.value_width,
                b_panel: lanes,
                c: out,
                c_stride: out_stride,
                accumulate: false,
                factors,
                column_factors: self.v_factors,
                begins: std::ptr::null(),
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
