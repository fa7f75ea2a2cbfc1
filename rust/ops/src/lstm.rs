//! `gliner_fast.BiLstm`
//!
//! | input | type | shape | |
//! |---|---|---|---|
//! | 0 `input` | f32 | `(words, 2 * 4 * units)` | what words add to the gates, forward then backward, biases included |
//! | 1 `recurrent` | f32 | `(2, 4 * units, units)` | gates as ONNX orders them: input, output, forget, cell |
//! | 2 `counts` | i64 | `(rows)` | words that each row has, `words` in all |
//!
//! Attribute: `products` (string), as of the attention, `"int8"` being `"int16"` here. Output: f32 `(words, 2 * units)`.

use std::ffi::CStr;

use gliner_fast_kernels::{BiLstm, Isa, Products};

use crate::custom_op::Operator;
use crate::ffi::ElementType;
use crate::ort::{Context, Error, Info};
use crate::products::products;

pub(crate) struct BiLstmOp {
    products: Products,
    isa: Isa,
}

impl Operator for BiLstmOp {
    const NAME: &'static CStr = c"BiLstm";
    const INPUTS: &'static [(ElementType, bool)] = &[
        (ElementType::FLOAT, false),
        (ElementType::FLOAT, false),
        (ElementType::INT64, false),
    ];

    fn create(info: &Info) -> Result<Self, Error> {
        Ok(Self {
            products: products(info)?,
            isa: Isa::detect(),
        })
    }

    fn compute(&self, context: &Context) -> Result<(), Error> {
        let input = context.input(0, "input")?;
        let recurrent = context.input(1, "recurrent")?;
        let counts = context.input(2, "counts")?;
        let [words, columns] = input.axes("input")?;
        let [directions, gates, units] = recurrent.axes("recurrent")?;
        if directions != 2 || Some(gates) != units.checked_mul(4) {
            return Err(Error::Invalid(format!(
                "recurrent: expected (2, 4 * units, units), got {:?}",
                recurrent.shape
            )));
        }
        if columns != 2 * gates {
            return Err(Error::Invalid(format!(
                "input: expected (words, {}), got {:?}",
                2 * gates,
                input.shape
            )));
        }
        let [_] = counts.axes("counts")?;
        let lstm = BiLstm {
            input: input.slice("input")?,
            recurrent: recurrent.slice("recurrent")?,
            counts: counts.slice("counts")?,
            units,
            products: self.products,
        };
        // SAFETY: the only output, made once.
        let out = unsafe { context.output(0, &[words as i64, 2 * units as i64])? };
        Ok(lstm.run(self.isa, context, out)?)
    }
}
