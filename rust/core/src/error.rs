//! Everything that this crate refuses. Each message says what was expected and what came.

use crate::array::Dims;

/// Why an input was refused. No input makes this crate panic.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// An array has another shape than its neighbours ask for.
    #[error("{name} shape: expected {expected}, got {actual}")]
    Shape {
        /// The argument.
        name: &'static str,
        /// Its shape as it has to be, numbers or names of axes.
        expected: String,
        /// Its shape.
        actual: Dims,
    },

    /// An array does not hold as many values as its shape says.
    #[error("{name}: expected {expected} values, got {actual}")]
    Length {
        /// The argument.
        name: &'static str,
        /// The product of its shape.
        expected: usize,
        /// How many values came.
        actual: usize,
    },

    /// A whole number is outside its range.
    #[error("{name}[{index}]: expected {expected}, got {actual}")]
    OutOfRange {
        /// The argument.
        name: &'static str,
        /// Where in the argument.
        index: usize,
        /// The range in words.
        expected: String,
        /// The number.
        actual: i64,
    },

    /// A threshold is no probability.
    #[error("thresholds[{row}, {label}]: expected a number in [0, 1], got {actual}")]
    Threshold {
        /// Row of the batch.
        row: usize,
        /// Label of the row.
        label: usize,
        /// The threshold.
        actual: f32,
    },

    /// A logit that a row uses is NaN, which means that the model's run went wrong.
    #[error(
        "logits (row {row}, word {word}, width {width}, label {label}): expected a number, got NaN"
    )]
    NanLogit {
        /// Row of the batch.
        row: usize,
        /// First word of the span.
        word: u32,
        /// Width index: words of the span, less one.
        width: u32,
        /// Label of the row.
        label: u32,
    },

    /// A score is NaN, so that it has no place in an order.
    #[error("{name}[{index}]: expected a number, got NaN")]
    NanScore {
        /// The argument.
        name: &'static str,
        /// Where in the argument.
        index: usize,
    },
}
