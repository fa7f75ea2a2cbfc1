//! `gliner_fast.TakeRows`
//!
//! | input | type | shape | |
//! |---|---|---|---|
//! | 0 `x` | f32 | `(rows, width)` | |
//! | 1 `at` | i64 | `(…)` | a row of `x`, or -1 for zeros |
//!
//! Output: f32, `at`'s shape and `width`. In standard operators, where nothing stands for no row, this takes eight.

use std::ffi::CStr;

use crate::custom_op::Operator;
use crate::ffi::ElementType;
use crate::ort::{Context, Error, Info};

pub(crate) struct TakeRowsOp;

impl Operator for TakeRowsOp {
    const NAME: &'static CStr = c"TakeRows";
    const INPUTS: &'static [(ElementType, bool)] =
        &[(ElementType::FLOAT, false), (ElementType::INT64, false)];

    fn create(_: &Info) -> Result<Self, Error> {
        Ok(Self)
    }

    fn compute(&self, context: &Context) -> Result<(), Error> {
        let x = context.input(0, "x")?;
        let at = context.input(1, "at")?;
        let [rows, width] = x.axes("x")?;
        let (values, places) = (x.slice::<f32>("x")?, at.slice::<i64>("at")?);
        let there = -1..rows as i64;
        if let Some(got) = places.iter().find(|place| !there.contains(place)) {
            return Err(Error::Invalid(format!(
                "at: expected -1 or one of {rows} rows, got {got}"
            )));
        }
        let mut shape = at.shape.clone();
        shape.push(width as i64);
        // SAFETY: the only output, made once.
        let out = unsafe { context.output(0, &shape)? };
        for (row, &place) in out.chunks_exact_mut(width.max(1)).zip(places) {
            match usize::try_from(place) {
                Ok(place) => row.copy_from_slice(&values[place * width..][..width]),
                Err(_) => row.fill(0.0),
            }
        }
        Ok(())
    }
}
