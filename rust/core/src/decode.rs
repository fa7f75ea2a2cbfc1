//! Stages 1 to 3 in a row: a batch of logits in, the spans of every row out.
//!
//! The work is cut in two, because only the first half reads the logits. [`Scan::new`] copies
//! out what may pass, [`Scan::decode`] needs nothing borrowed and may run whenever it likes.

use crate::array::Array;
use crate::error::Error;
use crate::greedy::keep_best;
use crate::logits::{Survivor, scan_row, score_row};
use crate::rules::{BatchOptions, RowRule};

/// What is left of a batch of logits after the scan.
#[derive(Clone, Debug)]
pub struct Scan {
    rows: Vec<(RowRule, Vec<Survivor>)>,
}

/// The spans of a batch as columns of one length, in order of (row, start, end, label).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// Row of the batch.
    pub row: Vec<i32>,
    /// First word, counted from the row's first.
    pub start_word: Vec<i32>,
    /// Last word, inclusive.
    pub end_word: Vec<i32>,
    /// Label of the row.
    pub label: Vec<i32>,
    /// Probability in (0, 1].
    pub score: Vec<f32>,
}

impl Scan {
    /// Check the request and scan logits of shape (batch, word, width, label).
    ///
    /// Width index `k` stands for the span of the words `start..=start + k`.
    ///
    /// # Errors
    /// As [`BatchOptions::rules`], and for logits of another number of axes.
    pub fn new(logits: Array<'_, f32>, options: BatchOptions<'_>) -> Result<Self, Error> {
        let shape = logits.dims(["batch", "word", "width", "label"])?;
        let rules = options.rules(shape)?;
        let [batch, _, widths, labels] = shape;
        let row_length = logits.values.len() / batch.max(1);
        let scan = |(row, rule): (usize, RowRule)| {
            let values = &logits.values[row * row_length..][..row_length];
            let survivors = scan_row(values, widths, labels, &rule);
            (rule, survivors)
        };
        Ok(Self {
            rows: rules.into_iter().enumerate().map(scan).collect(),
        })
    }

    /// Score what survived and search it greedily.
    ///
    /// # Errors
    /// [`Error::NanLogit`] if a row uses a logit that is NaN.
    pub fn decode(&self) -> Result<Decoded, Error> {
        let mut decoded = Decoded::default();
        for (row, (rule, survivors)) in self.rows.iter().enumerate() {
            let candidates = score_row(row, survivors, rule)?;
            for place in keep_best(&candidates, rule.words, rule.policy) {
                let span = candidates[place];
                decoded.row.push(row as i32);
                decoded.start_word.push(span.start.0);
                decoded.end_word.push(span.end.0);
                decoded.label.push(span.label);
                decoded.score.push(span.score);
            }
        }
        Ok(decoded)
    }
}
