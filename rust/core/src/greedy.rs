//! Stage 3: the greedy search, which keeps the best of spans that conflict.
//!
//! Candidates are taken by score, best first, ties in order of (start, end, label). One is kept
//! if it conflicts with none kept before. Asked span by span this is quadratic, so the kept
//! spans live in structures that answer for all of them in logarithmic time.

use std::collections::BTreeMap;

use crate::extremes::Greatest;
use crate::rules::{Overlap, Policy};
use crate::span::{Span, Word, WordSpan, best_first, canonical_order};

/// The spans of one text that the greedy search keeps, as indices in order of
/// (start, end, label).
///
/// Spans may be of any width and come in any order. A span given twice with one label counts
/// once, with its best score; the first index stands for equals.
pub fn select(spans: &[WordSpan], policy: Policy) -> Vec<usize> {
    let order = canonical_order(spans);
    let (dense, extent) = rank_positions(&order, spans);
    let kept = keep_best(&dense, extent, policy);
    kept.into_iter().map(|place| order[place]).collect()
}

/// The greedy search itself, over distinct spans in order of (start, end, label).
///
/// Positions lie in `0..extent`, and memory grows with `extent`. The places of the kept spans
/// are returned in ascending order.
pub(crate) fn keep_best(spans: &[WordSpan], extent: usize, policy: Policy) -> Vec<usize> {
    match policy.overlap {
        Overlap::Flat => search(spans, Disjoint::default(), policy.multi_label),
        Overlap::Nested => search(spans, Nested::new(extent), policy.multi_label),
    }
}

fn search(spans: &[WordSpan], mut kept: impl Kept, multi_label: bool) -> Vec<usize> {
    // The sort is stable, and the spans come in the order of ties.
    let mut by_score: Vec<usize> = (0..spans.len()).collect();
    by_score.sort_by(|&a, &b| best_first(&spans[a], &spans[b]));

    let groups = number_extents(spans);
    let mut taken = vec![false; spans.len()];
    let mut places = Vec::new();
    for place in by_score {
        let group = groups[place];
        if taken[group] {
            // The same extent is kept already, so nothing kept conflicts with its geometry.
            if multi_label {
                places.push(place);
            }
        } else {
            let (start, end) = extent_of(&spans[place]);
            if !kept.conflicts(start, end) {
                kept.insert(start, end);
                taken[group] = true;
                places.push(place);
            }
        }
    }
    places.sort_unstable();
    places
}

/// The kept extents. No extent is asked for or inserted that is kept already.
trait Kept {
    /// Whether an extent conflicts with any kept one. Both ends are inclusive.
    fn conflicts(&self, start: usize, end: usize) -> bool;
    fn insert(&mut self, start: usize, end: usize);
}

/// Kept extents that share no word: last word by first word.
#[derive(Default)]
struct Disjoint(BTreeMap<usize, usize>);

impl Kept for Disjoint {
    fn conflicts(&self, start: usize, end: usize) -> bool {
        // Of disjoint extents that begin in time, the last to begin is the last to end.
        let last = self.0.range(..=end).next_back();
        last.is_some_and(|(_, &last_end)| last_end >= start)
    }

    fn insert(&mut self, start: usize, end: usize) {
        self.0.insert(start, end);
    }
}

/// Kept extents of which no two overlap without one containing the other.
struct Nested {
    /// For each last word the least first word, negated.
    widest_by_end: Greatest,
    /// For each first word the greatest last word.
    widest_by_start: Greatest,
}

impl Nested {
    fn new(extent: usize) -> Self {
        Self {
            widest_by_end: Greatest::new(extent),
            widest_by_start: Greatest::new(extent),
        }
    }
}

impl Kept for Nested {
    fn conflicts(&self, start: usize, end: usize) -> bool {
        // One kept extent ends inside, short of our end, and began before us; or one begins
        // inside, past our start, and ends after us. A shared start or end is containment.
        -i64::from(self.widest_by_end.within(start..end)) < start as i64
            || i64::from(self.widest_by_start.within(start + 1..end + 1)) > end as i64
    }

    fn insert(&mut self, start: usize, end: usize) {
        self.widest_by_end.raise(end, -(start as i32));
        self.widest_by_start.raise(start, end as i32);
    }
}

/// Number the extents: neighbours with the same start and end get the same number.
fn number_extents(spans: &[WordSpan]) -> Vec<usize> {
    let runs = spans.chunk_by(|a, b| (a.start, a.end) == (b.start, b.end));
    let numbered = runs.enumerate();
    numbered
        .flat_map(|(number, run)| std::iter::repeat_n(number, run.len()))
        .collect()
}

fn extent_of(span: &WordSpan) -> (usize, usize) {
    (span.start.0 as usize, span.end.0 as usize)
}

/// The spans in the given order, with every position replaced by its rank among all positions.
///
/// Conflicts depend on the order of positions only, and ranks do not grow with the text.
fn rank_positions(order: &[usize], spans: &[WordSpan]) -> (Vec<WordSpan>, usize) {
    let chosen = order.iter().map(|&index| &spans[index]);
    let mut positions: Vec<Word> = chosen.clone().flat_map(|s| [s.start, s.end]).collect();
    positions.sort_unstable();
    positions.dedup();
    let rank = |word: Word| Word(positions.partition_point(|&other| other < word) as i32);
    let ranked = chosen
        .map(|s| Span {
            start: rank(s.start),
            end: rank(s.end),
            ..*s
        })
        .collect();
    (ranked, positions.len())
}
