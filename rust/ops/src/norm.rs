//! `gliner_fast.AddLayerNorm`
//!
//! | input | type | shape | |
//! |---|---|---|---|
//! | 0 `x` | f32 | `(…, width)` | |
//! | 1 `skip` | f32, optional | as `x` | added first |
//! | 2 `weight` | f32 | `(width)` | |
//! | 3 `bias` | f32 | `(width)` | |
//!
//! Attribute: `epsilon` (float, default 1e-5, as LayerNormalization's). Output: f32, as `x`.

use std::ffi::CStr;

use gliner_fast_kernels::{AddLayerNorm, Isa};

use crate::custom_op::Operator;
use crate::ffi::ElementType;
use crate::ort::{Context, Error, Info};

pub(crate) struct AddLayerNormOp {
    epsilon: f32,
    isa: Isa,
}

impl Operator for AddLayerNormOp {
    const NAME: &'static CStr = c"AddLayerNorm";
    const INPUTS: &'static [(ElementType, bool)] = &[
        (ElementType::FLOAT, false),
        (ElementType::FLOAT, true),
        (ElementType::FLOAT, false),
        (ElementType::FLOAT, false),
    ];

    fn create(info: &Info) -> Result<Self, Error> {
        Ok(Self {
            epsilon: info.float_or(c"epsilon", 1e-5),
            isa: Isa::detect(),
        })
    }

    fn compute(&self, context: &Context) -> Result<(), Error> {
        let x = context.input(0, "x")?;
        let skip = context.optional(1)?;
        let weight = context.input(2, "weight")?;
        let bias = context.input(3, "bias")?;
        let [width] = weight.axes("weight")?;
        if x.shape.last() != Some(&(width as i64)) {
            return Err(Error::Invalid(format!(
                "x: expected (…, {width}), got {:?}",
                x.shape
            )));
        }
        if let Some(skip) = &skip
            && skip.shape != x.shape
        {
            return Err(Error::Invalid(format!(
                "skip: expected {:?}, got {:?}",
                x.shape, skip.shape
            )));
        }
        let norm = AddLayerNorm {
            x: x.slice("x")?,
            skip: skip.as_ref().map(|skip| skip.slice("skip")).transpose()?,
            weight: weight.slice("weight")?,
            bias: bias.slice("bias")?,
            epsilon: self.epsilon,
        };
        // SAFETY: the only output, made once.
        let out = unsafe { context.output(0, &x.shape)? };
        Ok(norm.run(self.isa, context, out)?)
    }
}
