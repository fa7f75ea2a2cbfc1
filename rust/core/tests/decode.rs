//! Decoding a batch equals the definition, and refuses what it cannot read.

mod common;

use common::Request;
use gliner_fast_core::Decoded;
use proptest::prelude::*;

fn places(decoded: &Decoded) -> Vec<(i32, i32, i32, i32)> {
    (0..decoded.row.len())
        .map(|i| {
            (
                decoded.row[i],
                decoded.start_word[i],
                decoded.end_word[i],
                decoded.label[i],
            )
        })
        .collect()
}

fn logit() -> impl Strategy<Value = f32> {
    prop_oneof![
        3 => -6f32..2.0,
        // Saturated: different logits, one score.
        2 => (17u8..60).prop_map(f32::from),
        1 => prop::sample::select(vec![
            0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, f32::MIN_POSITIVE,
            -88.0, -88.7, -89.0, -104.0, 16.6, 16.7,
        ]),
    ]
}

fn threshold() -> impl Strategy<Value = f32> {
    prop_oneof![
        3 => prop::sample::select(vec![0.1f32, 0.3, 0.5, 0.9]),
        1 => prop::sample::select(vec![
            0.0, 1.0, 1.0 - f32::EPSILON / 2.0, f32::from_bits(1), 3e-39, f32::MIN_POSITIVE,
        ]),
        1 => 0f32..=1.0,
    ]
}

prop_compose! {
    fn requests()(batch in 0usize..4, words in 0usize..9, widths in 0usize..5, labels in 0usize..5)(
        logits in prop::collection::vec(logit(), batch * words * widths * labels),
        word_counts in prop::collection::vec(0..=words as i32, batch),
        label_counts in prop::collection::vec(0..=labels as i32, batch),
        thresholds in prop::collection::vec(threshold(), batch * labels),
        flat in prop::collection::vec(0u8..2, batch),
        multi_label in prop::collection::vec(0u8..2, batch),
        shape in Just([batch, words, widths, labels]),
    ) -> Request {
        Request { shape, logits, word_counts, label_counts, thresholds, flat, multi_label }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn equals_the_oracle(request in requests()) {
        prop_assert_eq!(request.decode(), Ok(request.oracle()));
    }

    #[test]
    fn padding_does_not_matter(request in requests(), rubbish in prop::sample::select(vec![f32::NAN, f32::INFINITY, 9.0])) {
        let [batch, words, widths, labels] = request.shape;
        let mut padded = request.clone();
        for row in 0..batch {
            let (used_words, used_labels) = (request.word_counts[row] as usize, request.label_counts[row] as usize);
            for word in 0..words {
                for width in 0..widths {
                    for label in 0..labels {
                        if word + width >= used_words || label >= used_labels {
                            let cell = padded.cell(row, word, width, label);
                            padded.logits[cell] = rubbish;
                        }
                    }
                }
            }
        }
        prop_assert_eq!(padded.decode(), request.decode());
    }

    #[test]
    fn rows_do_not_know_each_other(request in requests()) {
        let whole = request.decode().unwrap();
        let [batch, words, widths, labels] = request.shape;
        let mut alone = Vec::new();
        for row in 0..batch {
            let length = words * widths * labels;
            let single = Request {
                shape: [1, words, widths, labels],
                logits: request.logits[row * length..][..length].to_vec(),
                word_counts: vec![request.word_counts[row]],
                label_counts: vec![request.label_counts[row]],
                thresholds: request.thresholds[row * labels..][..labels].to_vec(),
                flat: vec![request.flat[row]],
                multi_label: vec![request.multi_label[row]],
            };
            let spans = places(&single.decode().unwrap());
            alone.extend(spans.into_iter().map(|(_, start, end, label)| (row as i32, start, end, label)));
        }
        prop_assert_eq!(places(&whole), alone);
    }
}

#[test]
fn the_scan_has_no_seams() {
    // One survivor at a time, at every cell of words longer than several vectors.
    let quiet = Request::new([1, 7, 6, 11], -5.0);
    for word in 0..7 {
        for width in 0..6 {
            for label in 0..11 {
                let mut request = quiet.clone();
                let cell = request.cell(0, word, width, label);
                request.logits[cell] = 1.0;
                let (word, width, label) = (word as i32, width as i32, label as i32);
                let expected = if word + width < 7 {
                    vec![(0, word, word + width, label)]
                } else {
                    vec![]
                };
                assert_eq!(places(&request.decode().unwrap()), expected);
            }
        }
    }
}

#[test]
fn ties_at_one_go_by_place_not_by_logit() {
    let mut request = Request::new([1, 3, 2, 1], -5.0);
    let (first, second) = (request.cell(0, 0, 1, 0), request.cell(0, 1, 1, 0));
    request.logits[first] = 20.0;
    request.logits[second] = 30.0;
    assert_eq!(places(&request.decode().unwrap()), [(0, 0, 1, 0)]);
}

#[test]
fn a_used_nan_is_named() {
    let mut request = Request::new([2, 4, 3, 5], f32::NEG_INFINITY);
    let cell = request.cell(1, 2, 1, 4);
    request.logits[cell] = f32::NAN;
    assert_eq!(
        request.decode().unwrap_err().to_string(),
        "logits (row 1, word 2, width 1, label 4): expected a number, got NaN"
    );
    // Nothing passes a threshold of 1, and NaN is found all the same.
    request.thresholds.fill(1.0);
    assert!(request.decode().is_err());
    request.word_counts[1] = 3;
    assert!(
        request.decode().is_ok(),
        "the span would end beyond the row"
    );
    request.word_counts[1] = 4;
    request.label_counts[1] = 4;
    assert!(request.decode().is_ok(), "the label is padding");
}

#[test]
fn bad_requests_are_named() {
    let good = Request::new([2, 4, 3, 5], 0.0);
    let refusal = |change: fn(&mut Request)| {
        let mut request = good.clone();
        change(&mut request);
        request.decode().unwrap_err().to_string()
    };
    assert_eq!(
        refusal(|r| r.word_counts[1] = 5),
        "word_counts[1]: expected 0 to 4, got 5"
    );
    assert_eq!(
        refusal(|r| r.word_counts[0] = -1),
        "word_counts[0]: expected 0 to 4, got -1"
    );
    assert_eq!(
        refusal(|r| r.label_counts[1] = 6),
        "label_counts[1]: expected 0 to 5, got 6"
    );
    let expected = "thresholds[1, 2]: expected a number in [0, 1], got ";
    assert_eq!(
        refusal(|r| r.thresholds[7] = f32::NAN),
        format!("{expected}NaN")
    );
    assert_eq!(refusal(|r| r.thresholds[7] = 1.5), format!("{expected}1.5"));
    assert_eq!(
        refusal(|r| r.thresholds[7] = -0.5),
        format!("{expected}-0.5")
    );
    assert_eq!(
        refusal(|r| r.logits.truncate(119)),
        "logits: expected 120 values, got 119"
    );
    assert_eq!(
        refusal(|r| r.flat.truncate(1)),
        "flat: expected 2 values, got 1"
    );
}

#[test]
fn an_empty_axis_costs_nothing_whatever_the_others_say() {
    let most = i32::MAX as usize;
    let mut request = Request::new([1, 0, 1, 1], 0.0);
    request.shape = [1, 0, most, 1];
    assert_eq!(request.decode(), Ok(Decoded::default()));
    request.shape = [1, 0, most + 1, 1];
    assert_eq!(
        request.decode().unwrap_err().to_string(),
        "logits[2]: expected an axis of at most 2147483647, got 2147483648"
    );
}
