//! Merging windows equals its definition and stays fast.

mod common;

use common::{best_of_duplicates, char_span, scores};
use gliner_fast_core::CharSpan;
use gliner_fast_core::merge::merge;
use proptest::prelude::*;

fn strictly_inside(inner: &CharSpan, outer: &CharSpan) -> bool {
    outer.start <= inner.start
        && outer.end >= inner.end
        && (outer.start, outer.end) != (inner.start, inner.end)
}

/// In the order of the definition: containment first, over all spans, then duplicates.
fn oracle(spans: &[CharSpan], drop_nested: bool) -> Vec<usize> {
    let stays = |span: &CharSpan| !drop_nested || !spans.iter().any(|o| strictly_inside(span, o));
    let left: Vec<usize> = (0..spans.len())
        .filter(|&index| stays(&spans[index]))
        .collect();
    let copies: Vec<CharSpan> = left.iter().map(|&index| spans[index]).collect();
    best_of_duplicates(&copies)
        .into_iter()
        .map(|place| left[place])
        .collect()
}

fn spans() -> impl Strategy<Value = Vec<CharSpan>> {
    let near = (0i64..20, 0i64..9, 0i32..3, scores());
    let far = (0i64..=i64::MAX / 2, 0i64..=i64::MAX / 2, 0i32..3, scores());
    let one = prop_oneof![9 => near, 1 => far];
    prop::collection::vec(
        one.prop_map(|(start, length, label, score)| {
            char_span(start, start + length, label, score)
        }),
        0..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn equals_the_oracle(spans in spans(), drop_nested in any::<bool>()) {
        prop_assert_eq!(merge(&spans, drop_nested), oracle(&spans, drop_nested));
    }

    #[test]
    fn order_does_not_matter((spans, shuffled) in spans().prop_flat_map(|s| (Just(s.clone()), Just(s).prop_shuffle())), drop_nested in any::<bool>()) {
        let chosen = |all: &[CharSpan]| -> Vec<CharSpan> { merge(all, drop_nested).into_iter().map(|i| all[i]).collect() };
        prop_assert_eq!(chosen(&spans), chosen(&shuffled));
    }
}

#[test]
fn inner_spans_go_only_when_asked() {
    let spans = [
        char_span(0, 9, 0, 0.4),
        char_span(0, 5, 1, 0.9),   // same start
        char_span(5, 9, 1, 0.9),   // same end
        char_span(0, 9, 1, 0.9),   // the same extent is not inside
        char_span(8, 12, 1, 0.9),  // crossing
        char_span(12, 13, 1, 0.9), // touching
    ];
    assert_eq!(merge(&spans, true), [0, 3, 4, 5]);
    assert_eq!(merge(&spans, false), [1, 0, 3, 2, 4, 5]);
}

#[test]
fn duplicates_collapse_to_the_best_first() {
    let spans = [
        char_span(3, 5, 0, 0.4),
        char_span(3, 5, 0, 0.6),
        char_span(3, 5, 0, 0.6),
        char_span(3, 5, 1, 0.1),
    ];
    assert_eq!(merge(&spans, false), [1, 3]);
    assert_eq!(merge(&spans, true), [1, 3]);
}

#[test]
fn many_spans_finish() {
    const COUNT: i64 = 200_000;
    let chain: Vec<CharSpan> = (0..COUNT)
        .map(|i| char_span(i, 2 * COUNT - i, 0, 0.5))
        .collect();
    assert_eq!(merge(&chain, true), [0]);
    assert_eq!(merge(&chain, false).len(), COUNT as usize);
}
