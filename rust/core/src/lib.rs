//! From a span model's logits to entities: numbers in, numbers out, no text.
//!
//! A GLiNER span model gives one logit for every start word, width and label. This crate turns
//! them into spans, and the spans of many windows into those of a document:
//!
//! 1. [`rules`]: the request's numbers (word counts, labels, thresholds) become one checked
//!    [`RowRule`] a row.
//! 2. [`logits`]: a dense scan in logit space picks the few logits that can pass, and an exact
//!    `f32` sigmoid decides over them. What is left are candidates.
//! 3. [`greedy`]: the best candidate is kept, and what conflicts with it is not, and so on down.
//! 4. [`merge`]: the spans of overlapping windows become one list, without duplicates.
//!
//! [`decode`] composes stages 1 to 3. [`array`](mod@array), [`span`] and [`error`] are what the stages speak.
//!
//! Positions of words are inclusive at both ends; positions of characters are half-open. The
//! types [`Word`] and [`Char`] keep them apart.

pub mod array;
pub mod decode;
pub mod error;
pub mod greedy;
pub mod logits;
pub mod merge;
pub mod rules;
pub mod span;

mod extremes;

pub use array::Array;
pub use decode::{Decoded, Scan};
pub use error::Error;
pub use rules::{BatchOptions, Overlap, Policy, RowRule};
pub use span::{Char, CharSpan, Span, Word, WordSpan};
