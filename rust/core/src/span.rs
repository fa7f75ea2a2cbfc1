//! Spans: two positions, a label and a score.

use std::cmp::Ordering;

use crate::array::Array;
use crate::error::Error;

/// Index of a word within its row or text. Spans of words are inclusive at both ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(pub i32);

/// Offset of a code point within the whole text. Spans of characters are half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Char(pub i64);

/// A span of positions `P` that carries a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span<P> {
    /// First position.
    pub start: P,
    /// Last position of words, one past the last of characters. Never less than `start`.
    pub end: P,
    /// Index of the label, 0 or more.
    pub label: i32,
    /// How sure the model is. Higher is better; never NaN, never negative zero.
    pub score: f32,
}

/// A span of words, inclusive at both ends.
pub type WordSpan = Span<Word>;

/// A span of characters, end exclusive.
pub type CharSpan = Span<Char>;

/// Spans as four columns of one length.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a, I> {
    /// First positions.
    pub start: Array<'a, I>,
    /// Last positions.
    pub end: Array<'a, I>,
    /// Labels.
    pub label: Array<'a, i32>,
    /// Scores.
    pub score: Array<'a, f32>,
}

impl Columns<'_, i32> {
    /// The rows of the table, copied and checked.
    ///
    /// # Errors
    /// For columns of different lengths, a negative position or label, an end before its start,
    /// a NaN score.
    pub fn word_spans(&self) -> Result<Vec<WordSpan>, Error> {
        self.spans(Word)
    }
}

impl Columns<'_, i64> {
    /// The rows of the table, copied and checked.
    ///
    /// # Errors
    /// As [`Columns::word_spans`].
    pub fn char_spans(&self) -> Result<Vec<CharSpan>, Error> {
        self.spans(Char)
    }
}

impl<I: Copy + Ord + Into<i64>> Columns<'_, I> {
    fn spans<P>(&self, position: impl Fn(I) -> P) -> Result<Vec<Span<P>>, Error> {
        let [length] = self.start.dims(["spans"])?;
        let ends = self.end.expect(&[length])?;
        let labels = self.label.expect(&[length])?;
        let scores = self.score.expect(&[length])?;

        let rows = self
            .start
            .values
            .iter()
            .zip(ends)
            .zip(labels.iter().zip(scores));
        rows.enumerate()
            .map(|(index, ((&start, &end), (&label, &score)))| {
                at_least(self.start.name, index, start.into(), 0, "0 or more")?;
                let least = start.into();
                let expected = format_args!("{} ({least}) or more", self.start.name);
                at_least(self.end.name, index, end.into(), least, expected)?;
                at_least(self.label.name, index, label.into(), 0, "0 or more")?;
                if score.is_nan() {
                    let name = self.score.name;
                    return Err(Error::NanScore { name, index });
                }
                Ok(Span {
                    start: position(start),
                    end: position(end),
                    label,
                    // Adding zero turns -0.0 into 0.0, so that the total order of floats
                    // agrees with `==`.
                    score: score + 0.0,
                })
            })
            .collect()
    }
}

fn at_least(
    name: &'static str,
    index: usize,
    actual: i64,
    least: i64,
    expected: impl ToString,
) -> Result<(), Error> {
    if actual >= least {
        return Ok(());
    }
    Err(Error::OutOfRange {
        name,
        index,
        expected: expected.to_string(),
        actual,
    })
}

/// Indices of the spans in order of (start, end, label), one for each such triple: that of the
/// best score, the first of equals.
pub(crate) fn canonical_order<P: Copy + Ord>(spans: &[Span<P>]) -> Vec<usize> {
    let place = |index: usize| {
        let Span {
            start, end, label, ..
        } = spans[index];
        (start, end, label)
    };
    let mut order: Vec<usize> = (0..spans.len()).collect();
    // The sort is stable: among equal triples and scores the first index comes first.
    order.sort_by(|&a, &b| {
        place(a)
            .cmp(&place(b))
            .then_with(|| best_first(&spans[a], &spans[b]))
    });
    order.dedup_by_key(|index| place(*index));
    order
}

/// Higher scores come first.
pub(crate) fn best_first<P>(a: &Span<P>, b: &Span<P>) -> Ordering {
    b.score.total_cmp(&a.score)
}
