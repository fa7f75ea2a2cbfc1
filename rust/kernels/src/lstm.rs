//! A bidirectional LSTM layer over the words of a batch's rows, which stand one after another.
//!
//! For each direction, from its first word to its last (Hochreiter and Schmidhuber 1997, with a forget gate):
//!
//! ```text
//! i, o, f, g = input[word] + W · h
//! c = sigmoid(f) * c + sigmoid(i) * tanh(g)
//! h = sigmoid(o) * tanh(c)
//! ```
//!
//! What a word adds to the gates needs no order and is a linear layer before this. Here rows step together, longest first, so
//! that those still running come first; a row's arithmetic does not depend on the others.

use crate::gemm::Gemm;
use crate::math::exp2;
use crate::pack::Pack;
use crate::pairs::{Columns, Rows, Span};
use crate::parallel::Shared;
use crate::ragged::first_words;
use crate::scratch::Scratch;
use crate::simd::Simd;
use crate::simd::table::PairKernels;
use crate::{Isa, Parallel, Products, ShapeError};

/// One layer's inputs. Gates are in ONNX's order: input, output, forget, cell.
#[derive(Clone, Copy, Debug)]
pub struct BiLstm<'a> {
    /// `(words, 2, 4 * units)`: what a word adds to the gates of the forward and the backward direction, biases included.
    pub input: &'a [f32],
    /// `(2, 4 * units, units)`
    pub recurrent: &'a [f32],
    /// `(rows)`: words that each row has, `words` in all.
    pub counts: &'a [i64],
    /// Units of a direction.
    pub units: usize,
    /// How `W · h` is multiplied; bytes are pairs here.
    pub products: Products,
}

const GATES: usize = 4;
/// Rows that step together: two tiles of the widest micro-kernel. More would only leave other threads without work.
const MOST_ROWS: usize = 12;

/// One step of some rows. Sizes are in f32 elements.
pub(crate) struct Step {
    /// `rows` rows of four gates of `width` readable elements.
    gates: *const f32,
    rows: usize,
    /// Units in whole vectors.
    width: usize,
    /// `rows` rows of `width` writable elements each.
    cells: *mut f32,
    hidden: *mut f32,
}

/// Recurrent weights of one direction, as columns of B: each gate's units in whole vectors.
struct Recurrent {
    direction: usize,
    cells: *const f32,
    /// Of pairs, what each column's sums are to be multiplied by.
    factors: *const f32,
}

impl BiLstm<'_> {
    /// Writes `(words, 2, units)` to `out`.
    ///
    /// # Errors
    /// [`ShapeError`] if any length or count contradicts the fields' docs; nothing is written then.
    pub fn run(&self, isa: Isa, pool: &impl Parallel, out: &mut [f32]) -> Result<(), ShapeError> {
        let firsts = self.check(out.len())?;
        if out.is_empty() {
            return Ok(());
        }
        let kernels = isa.f32();
        let pairs = match self.products {
            Products::Pairs | Products::Bytes if self.units.is_multiple_of(2) => isa.pairs(),
            _ => None,
        };
        let width = self.units.next_multiple_of(kernels.lanes);
        let weights_size = GATES * width * self.units;
        let factors_size = GATES * width;
        let sizes = [weights_size, weights_size, factors_size, factors_size];
        let (_memory, [w0, w1, f0, f1]) = Scratch::floats(sizes);
        let (weights, factors) = ([w0, w1].map(Shared), [f0, f1].map(Shared));
        pool.for_each(2, &|direction| {
            // SAFETY: lengths have been checked; directions write disjoint parts.
            unsafe {
                self.pack(
                    direction,
                    isa,
                    pairs,
                    weights[direction],
                    factors[direction],
                );
            }
        });

        let mut order = (0..self.counts.len()).collect::<Vec<_>>();
        order.sort_by_key(|&row| std::cmp::Reverse(self.counts[row]));
        let groups = order.chunks(MOST_ROWS).collect::<Vec<_>>();
        let out = Shared(out.as_mut_ptr());
        pool.for_each(2 * groups.len(), &|task| {
            let direction = task % 2;
            // SAFETY: lengths have been checked; tasks write disjoint parts of out.
            unsafe {
                let recurrent = Recurrent {
                    direction,
                    cells: weights[direction].at(0),
                    factors: factors[direction].at(0),
                };
                self.walk(isa, pairs, &recurrent, groups[task / 2], &firsts, out);
            }
        });
        Ok(())
    }

    /// Packs a direction's weights.
    ///
    /// # Safety
    /// Checked; `packed` and `factors` have room for the gates' units in whole vectors.
    unsafe fn pack(
        &self,
        direction: usize,
        isa: Isa,
        pairs: Option<&'static PairKernels>,
        packed: Shared<f32>,
        factors: Shared<f32>,
    ) {
        let Self { units, .. } = *self;
        let kernels = isa.f32();
        let width = units.next_multiple_of(kernels.lanes);
        // SAFETY: the caller's.
        unsafe {
            let matrix = self
                .recurrent
                .as_ptr()
                .add(direction * GATES * units * units);
            for gate in 0..GATES {
                (kernels.pack)(&Pack {
                    src: matrix.add(gate * units * units),
                    stride: units,
                    rows: units,
                    k: units,
                    scale: 1.0,
                    dst: packed.at(gate * width * units),
                });
            }
            let Some(pairs) = pairs else { return };
            let (scale, factor) = (pairs.common_scale)(&Span {
                src: matrix,
                stride: units,
                rows: GATES * units,
                width: units,
            });
            (pairs.columns)(
                &Columns {
                    b: packed.at(0),
                    panels: GATES * width / kernels.lanes,
                    panel_stride: kernels.lanes * units,
                    rows: units,
                    row_stride: kernels.lanes,
                },
                scale,
            );
            std::slice::from_raw_parts_mut(factors.at(0), GATES * width).fill(factor);
        }
    }

    /// One direction of some rows, longest first.
    ///
    /// # Safety
    /// Checked; nobody else writes these rows' part of `out`.
    unsafe fn walk(
        &self,
        isa: Isa,
        pairs: Option<&'static PairKernels>,
        recurrent: &Recurrent,
        rows: &[usize],
        firsts: &[usize],
        out: Shared<f32>,
    ) {
        let Self { units, counts, .. } = *self;
        let kernels = isa.f32();
        let lanes = kernels.lanes;
        let width = units.next_multiple_of(lanes);
        let depth = if pairs.is_some() { units / 2 } else { units };
        let sizes = [
            rows.len() * GATES * width,
            rows.len() * width,
            rows.len() * width,
            rows.len() * depth,
            rows.len(),
        ];
        let (_memory, [gates, cells, hidden, packed, factors]) = Scratch::floats(sizes);
        // SAFETY: scratch has the sizes above; words lie inside their rows.
        unsafe {
            // Padding too: its gates are zero and stay so, and so does what comes of them.
            gates.write_bytes(0, sizes[0]);
            cells.write_bytes(0, sizes[1]);
            hidden.write_bytes(0, sizes[2]);
            let mut running = rows.len();
            for step in 0..counts[rows[0]] as usize {
                while counts[rows[running - 1]] as usize <= step {
                    running -= 1;
                }
                let word = |row: usize| match recurrent.direction {
                    0 => firsts[row] + step,
                    _ => firsts[row] + counts[row] as usize - 1 - step,
                };
                for (i, &row) in rows[..running].iter().enumerate() {
                    let at = (word(row) * 2 + recurrent.direction) * GATES * units;
                    for gate in 0..GATES {
                        std::ptr::copy_nonoverlapping(
                            self.input.as_ptr().add(at + gate * units),
                            gates.add((i * GATES + gate) * width),
                            units,
                        );
                    }
                }
                // Nothing to add at first: hidden states are zero.
                if step > 0 {
                    let (a, a_stride) = match pairs {
                        Some(pairs) => {
                            (pairs.rows)(&Rows {
                                src: hidden,
                                stride: width,
                                rows: running,
                                width: units,
                                dst: packed,
                                factors,
                            });
                            (packed.cast_const(), depth)
                        }
                        None => (hidden.cast_const(), width),
                    };
                    let gemm = pairs.map_or(kernels.gemm, |pairs| pairs.gemm);
                    gemm(&Gemm {
                        m: running,
                        k: depth,
                        panels: GATES * width / lanes,
                        a,
                        a_stride,
                        b: recurrent.cells,
                        b_step: lanes,
                        b_panel: lanes * units,
                        c: gates,
                        c_stride: GATES * width,
                        accumulate: true,
                        factors,
                        column_factors: recurrent.factors,
                        begins: std::ptr::null(),
                    });
                }
                (kernels.lstm)(&Step {
                    gates,
                    rows: running,
                    width,
                    cells,
                    hidden,
                });
                for (i, &row) in rows[..running].iter().enumerate() {
                    std::ptr::copy_nonoverlapping(
                        hidden.add(i * width),
                        out.at((word(row) * 2 + recurrent.direction) * units),
                        units,
                    );
                }
            }
        }
    }

    /// Where rows' words begin, and the end.
    fn check(&self, out: usize) -> Result<Vec<usize>, ShapeError> {
        let firsts = first_words(self.counts)?;
        let total = firsts[self.counts.len()];
        let by_word = self.units.checked_mul(2 * GATES);
        let words = by_word.and_then(|size| size.checked_mul(total));
        ShapeError::expect("input elements", words, self.input.len())?;
        let weights = by_word.and_then(|size| size.checked_mul(self.units));
        ShapeError::expect("recurrent elements", weights, self.recurrent.len())?;
        ShapeError::expect("output elements", Some(total * 2 * self.units), out)?;
        Ok(firsts)
    }
}

/// # Safety
/// The CPU has `S`; the pointers of `s` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<S: Simd>(s: &Step) {
    for row in 0..s.rows {
        for i in (0..s.width).step_by(S::LANES) {
            // SAFETY: row < rows, and width is in whole vectors.
            unsafe {
                let gates = s.gates.add(row * GATES * s.width + i);
                let gate = |n: usize| S::load(gates.add(n * s.width));
                let (cell, hidden) = (
                    s.cells.add(row * s.width + i),
                    s.hidden.add(row * s.width + i),
                );
                let new = gate(3);
                let e = exponentials::<S, 4>([gate(0), gate(1), gate(2), S::add(new, new)]);
                let kept = S::mul(sigmoid::<S>(e[2]), S::load(cell));
                let c = S::fma(sigmoid::<S>(e[0]), tanh::<S>(e[3]), kept);
                S::store(cell, c);
                let [e_cell] = exponentials::<S, 1>([S::add(c, c)]);
                S::store(hidden, S::mul(sigmoid::<S>(e[1]), tanh::<S>(e_cell)));
            }
        }
    }
}

/// `e^-x`, bounded so that one more is no infinity.
#[inline(always)]
unsafe fn exponentials<S: Simd, const N: usize>(mut x: [S::F; N]) -> [S::F; N] {
    unsafe {
        for x in &mut x {
            let scaled = S::mul(*x, S::splat(-std::f32::consts::LOG2_E));
            // The bound comes first: min returns its second operand for NaN.
            *x = S::min(S::splat(120.0), scaled);
        }
        exp2::<S, N>(x)
    }
}

/// From `e^-x`.
#[inline(always)]
unsafe fn sigmoid<S: Simd>(e: S::F) -> S::F {
    unsafe { S::div(S::splat(1.0), S::add(S::splat(1.0), e)) }
}

/// From `e^-2x`.
#[inline(always)]
unsafe fn tanh<S: Simd>(e: S::F) -> S::F {
    unsafe { S::div(S::sub(S::splat(1.0), e), S::add(S::splat(1.0), e)) }
}
