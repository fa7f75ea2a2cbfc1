//! The greedy search equals its definition, for any spans in any order, and stays fast.

mod common;

use common::{array, best_of_duplicates, greedy_oracle, policies, scores, span};
use gliner_fast_core::greedy::select;
use gliner_fast_core::span::Columns;
use gliner_fast_core::{Policy, WordSpan};
use proptest::prelude::*;

const FLAT: Policy = Policy {
    overlap: gliner_fast_core::Overlap::Flat,
    multi_label: false,
};
const NESTED: Policy = Policy {
    overlap: gliner_fast_core::Overlap::Nested,
    multi_label: false,
};

fn spans() -> impl Strategy<Value = Vec<WordSpan>> {
    let near = (0i32..14, 0i32..8, 0i32..3, scores());
    let far = (
        0i32..=i32::MAX / 2,
        0i32..=i32::MAX / 2,
        0i32..=i32::MAX,
        scores(),
    );
    let one = prop_oneof![9 => near, 1 => far];
    prop::collection::vec(
        one.prop_map(|(start, width, label, score)| span(start, start + width, label, score)),
        0..40,
    )
}

fn oracle(spans: &[WordSpan], policy: Policy) -> Vec<usize> {
    let distinct = best_of_duplicates(spans);
    let copies: Vec<WordSpan> = distinct.iter().map(|&index| spans[index]).collect();
    greedy_oracle(&copies, policy)
        .into_iter()
        .map(|place| distinct[place])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn equals_the_oracle(spans in spans(), policy in policies()) {
        prop_assert_eq!(select(&spans, policy), oracle(&spans, policy));
    }

    #[test]
    fn order_does_not_matter((spans, shuffled) in spans().prop_flat_map(|s| (Just(s.clone()), Just(s).prop_shuffle())), policy in policies()) {
        let chosen = |all: &[WordSpan]| -> Vec<WordSpan> { select(all, policy).into_iter().map(|i| all[i]).collect() };
        prop_assert_eq!(chosen(&spans), chosen(&shuffled));
    }

    #[test]
    fn selecting_again_changes_nothing(spans in spans(), policy in policies()) {
        let once: Vec<WordSpan> = select(&spans, policy).into_iter().map(|i| spans[i]).collect();
        prop_assert_eq!(select(&once, policy), (0..once.len()).collect::<Vec<_>>());
    }
}

#[test]
fn touching_spans_live_together() {
    let spans = [span(0, 4, 0, 0.9), span(5, 6, 0, 0.8), span(6, 7, 0, 0.7)];
    assert_eq!(select(&spans, FLAT), [0, 1]);
    assert_eq!(select(&spans, NESTED), [0, 1]);
}

#[test]
fn a_shared_end_is_containment() {
    let spans = [
        span(0, 4, 0, 0.9),
        span(0, 2, 0, 0.8),
        span(3, 4, 0, 0.7),
        span(2, 5, 0, 0.6),
    ];
    assert_eq!(select(&spans, NESTED), [1, 0, 2]);
    assert_eq!(select(&spans, FLAT), [0]);
}

#[test]
fn the_same_span_twice_needs_multi_label() {
    let spans = [
        span(1, 2, 0, 0.5),
        span(1, 2, 1, 0.9),
        span(2, 2, 0, 0.4),
        span(1, 2, 1, 0.9),
    ];
    assert_eq!(select(&spans, FLAT), [1]);
    assert_eq!(select(&spans, NESTED), [1, 2]);
    assert_eq!(select(&spans, Policy::new(true, true)), [0, 1]);
    assert_eq!(select(&spans, Policy::new(false, true)), [0, 1, 2]);
}

#[test]
fn many_candidates_finish() {
    // A quadratic search would need ten thousand million comparisons for each of these.
    const COUNT: i32 = 200_000;
    let chain: Vec<WordSpan> = (0..COUNT)
        .map(|i| span(i, 2 * COUNT - i, 0, 1.0 / (1 + i % 1000) as f32))
        .collect();
    assert_eq!(select(&chain, NESTED).len(), COUNT as usize);
    assert_eq!(select(&chain, FLAT).len(), 1);
    let row: Vec<WordSpan> = (0..COUNT).map(|i| span(3 * i, 3 * i + 2, 0, 0.5)).collect();
    assert_eq!(select(&row, FLAT).len(), COUNT as usize);
    assert_eq!(select(&row, NESTED).len(), COUNT as usize);
    // Each crosses the next, so the first of equals wins, and every second one stays.
    let crossing: Vec<WordSpan> = (0..COUNT).map(|i| span(2 * i, 2 * i + 3, 0, 0.5)).collect();
    assert_eq!(select(&crossing, NESTED).len(), COUNT as usize / 2);
}

#[test]
fn negative_zero_ties_with_zero() {
    let spans = Columns {
        start: array("start_word", &[0, 1], &[2]),
        end: array("end_word", &[1, 2], &[2]),
        label: array("label", &[0, 0], &[2]),
        score: array("score", &[-0.0, 0.0], &[2]),
    }
    .word_spans()
    .unwrap();
    assert_eq!(select(&spans, FLAT), [0]);
}

#[test]
fn bad_columns_are_named() {
    let read = |start: [i32; 2], end: &[i32], label: [i32; 2], score: [f32; 2]| {
        Columns {
            start: array("start_word", &start, &[2]),
            end: array("end_word", end, &[end.len()]),
            label: array("label", &label, &[2]),
            score: array("score", &score, &[2]),
        }
        .word_spans()
        .map_err(|error| error.to_string())
    };
    let fine = [0.5, 0.5];
    assert_eq!(
        read([0, 1], &[0, 1], [0, 1], [-0.0, 1.0]),
        Ok(vec![span(0, 0, 0, 0.0), span(1, 1, 1, 1.0)])
    );
    assert_eq!(
        read([0, -1], &[0, 1], [0, 0], fine).unwrap_err(),
        "start_word[1]: expected 0 or more, got -1"
    );
    assert_eq!(
        read([0, 3], &[0, 2], [0, 0], fine).unwrap_err(),
        "end_word[1]: expected start_word (3) or more, got 2"
    );
    assert_eq!(
        read([0, 1], &[0, 1], [-7, 0], fine).unwrap_err(),
        "label[0]: expected 0 or more, got -7"
    );
    assert_eq!(
        read([0, 1], &[0, 1], [0, 0], [0.5, f32::NAN]).unwrap_err(),
        "score[1]: expected a number, got NaN"
    );
    assert_eq!(
        read([0, 1], &[1], [0, 0], fine).unwrap_err(),
        "end_word shape: expected (2,), got (1,)"
    );
}
