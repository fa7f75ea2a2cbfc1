//! Linear layers with int8 weights and int8 activations: `y = act(x · Wᵀ + b)`.
//!
//! Weights are symmetric int8 with one scale per output channel, made by the converter. Activations are quantized here, each row
//! (token) with its own scale, `max |x| / 127`: a row's result depends on that row alone, whatever else is in the batch.
//! Products and sums are exact integers on every instruction set; the rest is the same sequence of f32 operations, but
//! for fused multiply-adds.
//!
//! 1. [`QuantLinear::run`] checks shapes and cuts the rows into chunks whose quantized form stays in cache.
//! 2. [`quantize`] turns a chunk's rows into int8.
//! 3. [`tile`] multiplies blocks of rows and channels, and finishes each tile in registers: rescaling, bias, activation.
//!
//! [`pack_weights`] documents the layout of the weights, one for all instruction sets: a model file carries it ready
//! made, so that nothing is repacked at load and processes share the mapped pages.

pub(crate) mod dot;
#[cfg(target_arch = "aarch64")]
mod dot_neon;
#[cfg(target_arch = "x86_64")]
pub(crate) mod dot_x86;
mod pack;
pub(crate) mod quantize;
pub(crate) mod tile;

pub use pack::{CHANNELS, DEPTH, pack_weights, packed_len};

use crate::linear::quantize::Quantize;
use crate::linear::tile::Tiles;
use crate::parallel::Shared;
use crate::scratch::Scratch;
use crate::{Isa, Parallel, ShapeError};

/// What follows the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    None,
    /// `x * Φ(x)`, the form with the error function (to 6e-5), not the tanh approximation.
    Gelu,
    /// `max(0, x)`
    Relu,
}

/// A layer's constants that are derived and kept: small.
#[derive(Clone, Debug)]
pub struct QuantLinear {
    inputs: usize,
    outputs: usize,
    activation: Activation,
    /// 128 times each channel's sum of weights: what an unsigned activation's zero point adds to the product. Padded to whole
    /// panels.
    corrections: Vec<i32>,
    /// Whether all weights have seven bits, ±[`NARROW`]: CPUs without integer dot products multiply them faster.
    narrow: bool,
    /// Of a narrow layer: panels whose products can be summed two steps at a time, see [`pack::light`].
    light: Vec<bool>,
}

/// A layer's inputs.
#[derive(Clone, Copy, Debug)]
pub struct LinearInputs<'a> {
    /// `(rows, inputs)`
    pub x: &'a [f32],
    /// As [`pack_weights`] lays them out.
    pub weights: &'a [i8],
    /// `(outputs)`: a channel's weights are its integers times this.
    pub scales: &'a [f32],
    /// `(outputs)`, or none.
    pub bias: Option<&'a [f32]>,
}

/// The largest weight of seven bits.
const NARROW: u8 = 63;
/// The sum of this many products fits i32: 127 · 128 · 2¹⁷ < 2³¹. With unsigned activations it may wrap on the way, and the
/// correction wraps it back.
pub(crate) const MOST_INPUTS: usize = 1 << 17;
/// Bytes of quantized activations at a time: they stay in the outer caches, and memory is bounded.
const CHUNK_BYTES: usize = 4 << 20;
/// Rows that one quantizing task takes.
const QUANTIZE_ROWS: usize = 32;
/// Rows of a block: its quantized form stays in the second-level cache while channels stream by.
const BLOCK_ROWS: usize = tile::MOST_ROWS;
/// Multiplications of a task: about 50 µs, long against a task's start, short against the layer.
const TASK_PRODUCTS: usize = 16 << 20;

impl QuantLinear {
    /// Reads the weights once, for their sums.
    ///
    /// # Errors
    /// [`ShapeError`] if `weights` isn't as long as [`packed_len`] says, or the sizes are beyond reason.
    pub fn new(
        inputs: usize,
        outputs: usize,
        weights: &[i8],
        activation: Activation,
    ) -> Result<Self, ShapeError> {
        if inputs > MOST_INPUTS {
            return Err(ShapeError::Overflow {
                what: "the sum over the layer's inputs",
            });
        }
        ShapeError::expect("weights", packed_len(inputs, outputs), weights.len())?;
        let narrow = weights.iter().all(|w| w.unsigned_abs() <= NARROW);
        Ok(Self {
            inputs,
            outputs,
            activation,
            corrections: pack::corrections(weights, inputs, outputs),
            narrow,
            light: if narrow {
                pack::light(weights, inputs, outputs)
            } else {
                vec![false; outputs.div_ceil(CHANNELS)]
            },
        })
    }

    /// Writes `(rows, outputs)` to `out`. Rows with a NaN or an infinity become NaN.
    ///
    /// # Errors
    /// [`ShapeError`] if any length contradicts the fields' docs; nothing is written then.
    pub fn run(
        &self,
        inputs: LinearInputs,
        isa: Isa,
        pool: &impl Parallel,
        out: &mut [f32],
    ) -> Result<(), ShapeError> {
        let rows = out.len().checked_div(self.outputs).unwrap_or(0);
        ShapeError::expect("x elements", rows.checked_mul(self.inputs), inputs.x.len())?;
        ShapeError::expect(
            "weights",
            packed_len(self.inputs, self.outputs),
            inputs.weights.len(),
        )?;
        ShapeError::expect("scales", Some(self.outputs), inputs.scales.len())?;
        if let Some(bias) = inputs.bias {
            ShapeError::expect("bias", Some(self.outputs), bias.len())?;
        }
        ShapeError::expect("output elements", rows.checked_mul(self.outputs), out.len())?;
        if out.is_empty() {
            return Ok(());
        }
        let depth = self.inputs.next_multiple_of(DEPTH).max(DEPTH);
        let most = (CHUNK_BYTES / depth).max(BLOCK_ROWS);
        let chunk = rows
            .div_ceil(rows.div_ceil(most))
            .next_multiple_of(BLOCK_ROWS);
        for first in (0..rows).step_by(chunk) {
            self.chunk(&inputs, isa, pool, first, chunk.min(rows - first), out);
        }
        Ok(())
    }

    /// Rows `first..first + rows`.
    fn chunk(
        &self,
        inputs: &LinearInputs,
        isa: Isa,
        pool: &impl Parallel,
        first: usize,
        rows: usize,
        out: &mut [f32],
    ) {
        let kernels = isa.int8(self.narrow);
        let depth = self.inputs.next_multiple_of(DEPTH);
        // A cache line more: rows a multiple of 4 KB apart would all fall into the same cache sets, which cost a third of the
        // speed at 4,096 inputs.
        let stride = depth + 64;
        let bytes = Scratch::bytes_for::<u8>(rows * stride) + Scratch::bytes_for::<f32>(rows);
        let mut scratch = Scratch::with_bytes(bytes);
        let quantized = Shared(scratch.take::<u8>(rows * stride).as_ptr());
        let row_scales = Shared(scratch.take::<f32>(rows).as_ptr());
        let out = Shared(out[first * self.outputs..].as_mut_ptr());
        pool.for_each(rows.div_ceil(QUANTIZE_ROWS), &|task| {
            let row = task * QUANTIZE_ROWS;
            // SAFETY: lengths have been checked; tasks take disjoint rows.
            unsafe {
                (kernels.quantize)(&Quantize {
                    x: inputs.x.as_ptr().add((first + row) * self.inputs),
                    rows: QUANTIZE_ROWS.min(rows - row),
                    width: self.inputs,
                    depth,
                    stride,
                    out: quantized.at(row * stride),
                    scales: row_scales.at(row),
                });
            }
        });

        let panels = self.outputs.div_ceil(CHANNELS);
        let blocks = rows.div_ceil(BLOCK_ROWS);
        let panel_products = BLOCK_ROWS.min(rows) * CHANNELS * depth.max(1);
        let group = (TASK_PRODUCTS / panel_products)
            .max(1)
            .next_multiple_of(kernels.tile_panels);
        let groups = panels.div_ceil(group);
        // Groups of a block follow each other: a thread mostly keeps its block's rows in cache.
        pool.for_each(blocks * groups, &|task| {
            let row = task / groups * BLOCK_ROWS;
            let panel = task % groups * group;
            // SAFETY: lengths have been checked; tasks write disjoint blocks of out.
            unsafe {
                (kernels.tiles)(&Tiles {
                    a: quantized.at(row * stride),
                    a_stride: stride,
                    row_scales: row_scales.at(row),
                    rows: BLOCK_ROWS.min(rows - row),
                    depth,
                    weights: inputs.weights.as_ptr().add(panel * CHANNELS * depth),
                    panels: group.min(panels - panel),
                    light: self.light.as_ptr().add(panel),
                    scales: inputs.scales.as_ptr().add(panel * CHANNELS),
                    bias: inputs.bias.map(|bias| bias.as_ptr().add(panel * CHANNELS)),
                    corrections: self.corrections.as_ptr().add(panel * CHANNELS),
                    channels: (group * CHANNELS).min(self.outputs - panel * CHANNELS),
                    activation: self.activation,
                    out: out.at(row * self.outputs + panel * CHANNELS),
                    out_stride: self.outputs,
                });
            }
        });
    }
}
