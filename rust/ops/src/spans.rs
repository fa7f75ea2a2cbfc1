//! `gliner_fast.SpanScores`
//!
//! | input | type | shape | |
//! |---|---|---|---|
//! | 0 `starts` | f32 | `(words, inner)` | a word's part as the first of a span |
//! | 1 `ends` | f32 | `(words, inner)` | its part as the last |
//! | 2 `labels` | f32 | `(rows, labels, inner)` | |
//! | 3 `offsets` | f32 | `(rows, labels, 1)` | added to a label's scores |
//! | 4 `counts` | i64 | `(rows)` | words that each row has, `words` in all |
//!
//! Attributes: `max_width` (int), the longest span in words; `products` (string), as of the attention. Output: f32
//! `(rows, longest, max_width, labels)`, [`gliner_fast_kernels::NO_SPAN`] where a span would reach past its row's words.

use std::ffi::CStr;

use gliner_fast_kernels::{Isa, Products, SpanScores};

use crate::custom_op::Operator;
use crate::ffi::ElementType;
use crate::ort::{Context, Error, Info};
use crate::products::products;

pub(crate) struct SpanScoresOp {
    max_width: usize,
    products: Products,
    isa: Isa,
}

impl Operator for SpanScoresOp {
    const NAME: &'static CStr = c"SpanScores";
    const INPUTS: &'static [(ElementType, bool)] = &[
        (ElementType::FLOAT, false),
        (ElementType::FLOAT, false),
        (ElementType::FLOAT, false),
        (ElementType::FLOAT, false),
        (ElementType::INT64, false),
    ];

    fn create(info: &Info) -> Result<Self, Error> {
        let max_width = info.int(c"max_width")?;
        if max_width < 1 {
            return Err(Error::Invalid(format!(
                "max_width: expected at least 1, got {max_width}"
            )));
        }
        Ok(Self {
            max_width: max_width as usize,
            products: products(info)?,
            isa: Isa::detect(),
        })
    }

    fn compute(&self, context: &Context) -> Result<(), Error> {
        let starts = context.input(0, "starts")?;
        let ends = context.input(1, "ends")?;
        let labels = context.input(2, "labels")?;
        let offsets = context.input(3, "offsets")?;
        let counts = context.input(4, "counts")?;
        let [words, inner] = starts.axes("starts")?;
        let [rows, label_count, _] = labels.axes("labels")?;
        for (name, tensor, expected) in [
            ("ends", &ends, vec![words, inner]),
            ("labels", &labels, vec![rows, label_count, inner]),
            ("offsets", &offsets, vec![rows, label_count, 1]),
            ("counts", &counts, vec![rows]),
        ] {
            let same = tensor
                .shape
                .iter()
                .eq(&expected.iter().map(|&n| n as i64).collect::<Vec<_>>());
            if !same {
                return Err(Error::Invalid(format!(
                    "{name}: expected {expected:?}, got {:?}",
                    tensor.shape
                )));
            }
        }
        let spans = SpanScores {
            starts: starts.slice("starts")?,
            ends: ends.slice("ends")?,
            labels: labels.slice("labels")?,
            offsets: offsets.slice("offsets")?,
            counts: counts.slice("counts")?,
            label_count,
            inner,
            max_width: self.max_width,
            products: self.products,
        };
        let shape = [rows, spans.longest()?, self.max_width, label_count].map(|n| n as i64);
        // SAFETY: the only output, made once.
        let out = unsafe { context.output(0, &shape)? };
        Ok(spans.run(self.isa, context, out)?)
    }
}
