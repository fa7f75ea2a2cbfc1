//! Stage 2: which logits are candidates.
//!
//! A span is a candidate where `sigmoid(logit) > threshold`, both `f32`. Nearly no logit passes,
//! so the scan does not ask that question of each. It compares logits with a cut that is a
//! little lower than the threshold's logit, word by word, in a loop that compiles to vector
//! compares, and only what survives pays for a sigmoid. The cut is never too high, so the answer
//! is exact.

use crate::error::Error;
use crate::rules::RowRule;
use crate::span::{Span, Word, WordSpan};

/// A logit that may pass its threshold, or NaN.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Survivor {
    /// First word of the span.
    pub word: u32,
    /// Width index: words of the span, less one.
    pub width: u32,
    /// Label of the row.
    pub label: u32,
    /// The logit.
    pub logit: f32,
}

/// The logistic function in `f32` steps: the exponential, one plus it, the reciprocal.
///
/// torch takes the same steps, but its exponential depends on where it runs: its vector code
/// and its scalar code differ in the last bits of 8% of all results below a logit of -1. Here
/// the exponential is rounded from `f64`, so that the last bits of a math library do not show.
/// The result is that of torch's scalar code but for about one in two thousand.
pub fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + f64::from(-logit).exp() as f32)
}

/// A bound for the scan: no logit up to it has a [`sigmoid`] above `threshold`.
///
/// `threshold` is in [0, 1]; 0 gives minus infinity, and nothing passes 1.
pub fn cut(threshold: f32) -> f32 {
    if threshold >= 1.0 {
        return f32::INFINITY;
    }
    // Three roundings move the sigmoid by a relative 2^-21 at most, where it is subnormal, so a
    // threshold lowered by 2^-20 is safe. The logit is then lowered by more than its rounding to
    // f32: half a unit in the last place below 128 is 2^-18.
    let lowered = f64::from(threshold) * (1.0 - 1.0 / f64::from(1 << 20));
    ((lowered / (1.0 - lowered)).ln() - 1.0 / 1024.0) as f32
}

/// The survivors of one row, in order of (word, width, label).
///
/// `row` has the shape (word, width, label), of which `widths` and `labels` are the last two
/// lengths. Only spans that end within the rule's words are read as such, so padding may hold
/// anything.
pub(crate) fn scan_row(row: &[f32], widths: usize, labels: usize, rule: &RowRule) -> Vec<Survivor> {
    let mut survivors = Vec::new();
    // An axis of length 0 says nothing about the others: the cuts of no words could fill memory.
    if row.is_empty() {
        return survivors;
    }
    let cuts = cut_plane(&rule.thresholds, widths, labels);
    let planes = row.chunks_exact(widths * labels);
    for (word, plane) in planes.take(rule.words).enumerate() {
        // Wider spans would end beyond the row's last word.
        let inside = widths.min(rule.words - word) * labels;
        if !any_survives(&plane[..inside], &cuts) {
            continue;
        }
        for (width, logits) in plane[..inside].chunks_exact(labels).enumerate() {
            // A word that has a survivor has it in few of its widths.
            if !any_survives(logits, &cuts) {
                continue;
            }
            for (label, &logit) in logits[..rule.thresholds.len()].iter().enumerate() {
                if survives(logit, cuts[label]) {
                    // All lengths of axes fit 31 bits.
                    survivors.push(Survivor {
                        word: word as u32,
                        width: width as u32,
                        label: label as u32,
                        logit,
                    });
                }
            }
        }
    }
    survivors
}

/// The survivors that pass, scored, in the order they came.
///
/// # Errors
/// [`Error::NanLogit`] for the first NaN.
pub(crate) fn score_row(
    row: usize,
    survivors: &[Survivor],
    rule: &RowRule,
) -> Result<Vec<WordSpan>, Error> {
    let mut spans = Vec::with_capacity(survivors.len());
    for &Survivor {
        word,
        width,
        label,
        logit,
    } in survivors
    {
        if logit.is_nan() {
            return Err(Error::NanLogit {
                row,
                word,
                width,
                label,
            });
        }
        let score = sigmoid(logit);
        if score > rule.thresholds[label as usize] {
            spans.push(Span {
                start: Word(word as i32),
                end: Word((word + width) as i32),
                label: label as i32,
                score,
            });
        }
    }
    Ok(spans)
}

/// The cuts of one word's logits, shape (width, label). Padding gets a cut that no number passes.
fn cut_plane(thresholds: &[f32], widths: usize, labels: usize) -> Vec<f32> {
    let mut cuts = vec![f32::INFINITY; labels];
    for (slot, &threshold) in cuts.iter_mut().zip(thresholds) {
        *slot = cut(threshold);
    }
    cuts.repeat(widths)
}

/// Whether a logit is above its cut, or NaN, so that nobody mistakes one for a low score.
#[inline(always)]
#[expect(
    clippy::neg_cmp_op_on_partial_ord,
    reason = "one compare; asking for NaN makes it two"
)]
fn survives(logit: f32, cut: f32) -> bool {
    !(logit <= cut)
}

/// Whether any logit survives.
///
/// There is no early exit, because only a loop without branches becomes vector instructions.
fn any_survives(logits: &[f32], cuts: &[f32]) -> bool {
    let pairs = logits.iter().zip(cuts);
    pairs.fold(false, |any, (&logit, &cut)| any | survives(logit, cut))
}
