//! Slow, obvious oracles and the inputs that the tests share.

#![allow(dead_code, reason = "every test file uses its own part")]

use gliner_fast_core::logits::sigmoid;
use gliner_fast_core::{
    Array, BatchOptions, Char, CharSpan, Decoded, Error, Policy, Scan, Span, Word, WordSpan,
};
use proptest::prelude::*;

/// A request as plain vectors.
#[derive(Clone, Debug)]
pub struct Request {
    pub shape: [usize; 4],
    pub logits: Vec<f32>,
    pub word_counts: Vec<i32>,
    pub label_counts: Vec<i32>,
    pub thresholds: Vec<f32>,
    pub flat: Vec<u8>,
    pub multi_label: Vec<u8>,
}

impl Request {
    /// Logits of one value, every row using all words and labels at threshold one half.
    pub fn new(shape: [usize; 4], logit: f32) -> Self {
        let [batch, words, widths, labels] = shape;
        Self {
            shape,
            logits: vec![logit; batch * words * widths * labels],
            word_counts: vec![words as i32; batch],
            label_counts: vec![labels as i32; batch],
            thresholds: vec![0.5; batch * labels],
            flat: vec![0; batch],
            multi_label: vec![0; batch],
        }
    }

    pub fn cell(&self, row: usize, word: usize, width: usize, label: usize) -> usize {
        let [_, words, widths, labels] = self.shape;
        ((row * words + word) * widths + width) * labels + label
    }

    pub fn decode(&self) -> Result<Decoded, Error> {
        let [batch, _, _, labels] = self.shape;
        let (row, row_label) = ([batch], [batch, labels]);
        let options = BatchOptions {
            word_counts: array("word_counts", &self.word_counts, &row),
            label_counts: array("label_counts", &self.label_counts, &row),
            thresholds: array("thresholds", &self.thresholds, &row_label),
            flat: array("flat", &self.flat, &row),
            multi_label: array("multi_label", &self.multi_label, &row),
        };
        Scan::new(array("logits", &self.logits, &self.shape), options)?.decode()
    }

    /// What `decode` has to return, from the definition.
    pub fn oracle(&self) -> Decoded {
        let [batch, _, widths, labels] = self.shape;
        let mut decoded = Decoded::default();
        for row in 0..batch {
            let words = self.word_counts[row] as usize;
            let mut candidates = Vec::new();
            for word in 0..words {
                for width in (0..widths).filter(|width| word + width < words) {
                    for label in 0..self.label_counts[row] as usize {
                        let score = sigmoid(self.logits[self.cell(row, word, width, label)]);
                        if score > self.thresholds[row * labels + label] {
                            let (start, end) = (word as i32, (word + width) as i32);
                            candidates.push(span(start, end, label as i32, score));
                        }
                    }
                }
            }
            let policy = Policy::new(self.flat[row] != 0, self.multi_label[row] != 0);
            for index in greedy_oracle(&candidates, policy) {
                let span = candidates[index];
                decoded.row.push(row as i32);
                decoded.start_word.push(span.start.0);
                decoded.end_word.push(span.end.0);
                decoded.label.push(span.label);
                decoded.score.push(span.score);
            }
        }
        decoded
    }
}

pub fn array<'a, T>(name: &'static str, values: &'a [T], shape: &'a [usize]) -> Array<'a, T> {
    Array {
        name,
        values,
        shape,
    }
}

pub fn span(start: i32, end: i32, label: i32, score: f32) -> WordSpan {
    Span {
        start: Word(start),
        end: Word(end),
        label,
        score,
    }
}

pub fn char_span(start: i64, end: i64, label: i32, score: f32) -> CharSpan {
    Span {
        start: Char(start),
        end: Char(end),
        label,
        score,
    }
}

fn conflict(a: &WordSpan, b: &WordSpan, policy: Policy) -> bool {
    if (a.start, a.end) == (b.start, b.end) {
        return !policy.multi_label;
    }
    let overlap = a.start <= b.end && b.start <= a.end;
    let a_holds_b = a.start <= b.start && a.end >= b.end;
    let b_holds_a = b.start <= a.start && b.end >= a.end;
    match policy.overlap {
        gliner_fast_core::Overlap::Flat => overlap,
        gliner_fast_core::Overlap::Nested => overlap && !a_holds_b && !b_holds_a,
    }
}

/// The greedy search by its definition, quadratic, over spans without duplicates.
pub fn greedy_oracle(spans: &[WordSpan], policy: Policy) -> Vec<usize> {
    let place = |index: usize| (spans[index].start, spans[index].end, spans[index].label);
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|&index| place(index));
    order.sort_by(|&a, &b| spans[b].score.partial_cmp(&spans[a].score).unwrap());
    let mut kept: Vec<usize> = Vec::new();
    for index in order {
        if !kept
            .iter()
            .any(|&other| conflict(&spans[index], &spans[other], policy))
        {
            kept.push(index);
        }
    }
    kept.sort_by_key(|&index| place(index));
    kept
}

/// One index for each (start, end, label), that of the best score, the first of equals.
pub fn best_of_duplicates<P: Copy + Ord>(spans: &[Span<P>]) -> Vec<usize> {
    let mut best: std::collections::BTreeMap<_, usize> = std::collections::BTreeMap::new();
    for (index, span) in spans.iter().enumerate() {
        let slot = best
            .entry((span.start, span.end, span.label))
            .or_insert(index);
        if span.score > spans[*slot].score {
            *slot = index;
        }
    }
    best.into_values().collect()
}

pub fn policies() -> impl Strategy<Value = Policy> {
    (any::<bool>(), any::<bool>()).prop_map(|(flat, multi)| Policy::new(flat, multi))
}

/// Scores of few values, so that ties are common.
pub fn scores() -> impl Strategy<Value = f32> {
    prop_oneof![(1u8..6).prop_map(|n| f32::from(n) / 5.0), 0.0f32..1.0,]
}
