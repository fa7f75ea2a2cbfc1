//! Stage 1: the numbers of a request, checked, one rule a row.

use crate::array::Array;
use crate::error::Error;

/// Which spans may live together, apart from the same span twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overlap {
    /// Spans that share no word.
    Flat,
    /// Also spans of which one contains the other.
    Nested,
}

/// What the greedy search calls a conflict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Which different spans may live together.
    pub overlap: Overlap,
    /// Whether one span may carry several labels.
    pub multi_label: bool,
}

impl Policy {
    /// The policy in the terms of the Python API.
    pub fn new(flat: bool, multi_label: bool) -> Self {
        let overlap = if flat { Overlap::Flat } else { Overlap::Nested };
        Self {
            overlap,
            multi_label,
        }
    }
}

/// How the logits of one row become spans.
#[derive(Clone, Debug, PartialEq)]
pub struct RowRule {
    /// Words of the row; the rest is padding.
    pub words: usize,
    /// A threshold in [0, 1] for each label of the row; labels beyond are padding.
    pub thresholds: Vec<f32>,
    /// What conflicts.
    pub policy: Policy,
}

/// The rules of a batch as columns, first axis the row.
#[derive(Clone, Copy, Debug)]
pub struct BatchOptions<'a> {
    /// Words of each row, shape (batch,).
    pub word_counts: Array<'a, i32>,
    /// Labels of each row, shape (batch,).
    pub label_counts: Array<'a, i32>,
    /// Thresholds, shape (batch, label); those beyond a row's labels are ignored.
    pub thresholds: Array<'a, f32>,
    /// Nonzero where spans may share no word, shape (batch,).
    pub flat: Array<'a, u8>,
    /// Nonzero where a span may carry several labels, shape (batch,).
    pub multi_label: Array<'a, u8>,
}

impl BatchOptions<'_> {
    /// One rule for each row of logits of shape `[batch, words, widths, labels]`.
    ///
    /// # Errors
    /// For arrays of another shape, counts beyond the logits, thresholds outside [0, 1].
    pub fn rules(&self, [batch, words, _, labels]: [usize; 4]) -> Result<Vec<RowRule>, Error> {
        let word_counts = self.word_counts.expect(&[batch])?;
        let label_counts = self.label_counts.expect(&[batch])?;
        let thresholds = self.thresholds.expect(&[batch, labels])?;
        let flat = self.flat.expect(&[batch])?;
        let multi_label = self.multi_label.expect(&[batch])?;

        (0..batch)
            .map(|row| {
                let label_count = count(self.label_counts.name, row, label_counts[row], labels)?;
                Ok(RowRule {
                    words: count(self.word_counts.name, row, word_counts[row], words)?,
                    thresholds: probabilities(row, &thresholds[row * labels..][..label_count])?,
                    policy: Policy::new(flat[row] != 0, multi_label[row] != 0),
                })
            })
            .collect()
    }
}

fn count(name: &'static str, index: usize, actual: i32, most: usize) -> Result<usize, Error> {
    match usize::try_from(actual) {
        Ok(count) if count <= most => Ok(count),
        _ => Err(Error::OutOfRange {
            name,
            index,
            expected: format!("0 to {most}"),
            actual: actual.into(),
        }),
    }
}

fn probabilities(row: usize, thresholds: &[f32]) -> Result<Vec<f32>, Error> {
    for (label, &actual) in thresholds.iter().enumerate() {
        // A range check that NaN fails, too.
        if !(0.0..=1.0).contains(&actual) {
            return Err(Error::Threshold { row, label, actual });
        }
    }
    Ok(thresholds.to_vec())
}
