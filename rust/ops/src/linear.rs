//! `gliner_fast.QuantLinear`
//!
//! | input | type | shape | |
//! |---|---|---|---|
//! | 0 `x` | f32 | `(…, inputs)` | any number of leading axes; each row is quantized by itself |
//! | 1 `weight` | i8, constant | `(ceil(outputs / 16), ceil(inputs / 4), 16, 4)` | see [`gliner_fast_kernels::pack_weights`] |
//! | 2 `scale` | f32 | `(outputs)` | of each output channel |
//! | 3 `bias` | f32, optional | `(outputs)` | |
//!
//! Attribute: `activation` (string, `"none"`, `"gelu"` or `"relu"`, default `"none"`). Output: f32 `(…, outputs)`.
//!
//! Weights come packed so that nothing is copied at load: the runtime maps external data from the file, and all sessions and
//! processes share those pages.

use std::ffi::CStr;
use std::sync::OnceLock;

use gliner_fast_kernels::{Activation, CHANNELS, DEPTH, Isa, LinearInputs, QuantLinear};

use crate::custom_op::Operator;
use crate::ffi::ElementType;
use crate::ort::{Context, Error, Info, Tensor};

pub(crate) struct QuantLinearOp {
    activation: Activation,
    isa: Isa,
    /// Weights' outer shape, known since creation.
    panels: usize,
    steps: usize,
    /// Made at the first run, when `x` and `scale` tell the sizes without padding.
    layer: OnceLock<QuantLinear>,
}

impl Operator for QuantLinearOp {
    const NAME: &'static CStr = c"QuantLinear";
    const INPUTS: &'static [(ElementType, bool)] = &[
        (ElementType::FLOAT, false),
        (ElementType::INT8, false),
        (ElementType::FLOAT, false),
        (ElementType::FLOAT, true),
    ];

    fn create(info: &Info) -> Result<Self, Error> {
        let activation = match info.string_or(c"activation", "none").as_str() {
            "none" => Activation::None,
            "gelu" => Activation::Gelu,
            "relu" => Activation::Relu,
            _ => {
                return Err(Error::Invalid(
                    "activation: expected \"none\", \"gelu\" or \"relu\"".to_owned(),
                ));
            }
        };
        let weight = info.constant(1)?.ok_or_else(|| {
            Error::Invalid("weight: expected a constant initializer of the model".to_owned())
        })?;
        let [panels, steps] = packed_axes(&weight)?;
        Ok(Self {
            activation,
            isa: Isa::detect(),
            panels,
            steps,
            layer: OnceLock::new(),
        })
    }

    fn compute(&self, context: &Context) -> Result<(), Error> {
        let x = context.input(0, "x")?;
        let weight = context.input(1, "weight")?;
        let scale = context.input(2, "scale")?;
        let bias = context.optional(3)?;
        let Some(&inputs) = x.shape.last() else {
            return Err(Error::Invalid(
                "x: expected at least one axis, got a scalar".to_owned(),
            ));
        };
        let inputs = inputs as usize;
        let [outputs] = scale.axes("scale")?;
        let [panels, steps] = packed_axes(&weight)?;
        let expected = [outputs.div_ceil(CHANNELS), inputs.div_ceil(DEPTH)];
        if expected != [panels, steps] || [self.panels, self.steps] != [panels, steps] {
            let [panels, steps] = expected;
            return Err(Error::Invalid(format!(
                "weight: expected ({panels}, {steps}, {CHANNELS}, {DEPTH}) for {inputs} inputs and {outputs} outputs, got {:?}",
                weight.shape
            )));
        }
        let weights = weight.slice("weight")?;
        let layer = match self.layer.get() {
            Some(layer) => layer,
            None => {
                let layer = QuantLinear::new(inputs, outputs, weights, self.activation)?;
                self.layer.get_or_init(|| layer)
            }
        };
        let mut shape = x.shape.clone();
        *shape.last_mut().expect("at least one axis") = outputs as i64;
        let inputs = LinearInputs {
            x: x.slice("x")?,
            weights,
            scales: scale.slice("scale")?,
            bias: bias.as_ref().map(|bias| bias.slice("bias")).transpose()?,
        };
        // SAFETY: the only output, made once.
        let out = unsafe { context.output(0, &shape)? };
        Ok(layer.run(inputs, self.isa, context, out)?)
    }
}

/// Panels and steps of packed weights.
fn packed_axes(weight: &Tensor) -> Result<[usize; 2], Error> {
    match weight.axes("weight")? {
        [panels, steps, CHANNELS, DEPTH] => Ok([panels, steps]),
        _ => Err(Error::Invalid(format!(
            "weight: expected (panels, steps, {CHANNELS}, {DEPTH}), got {:?}",
            weight.shape
        ))),
    }
}
