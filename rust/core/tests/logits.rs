//! The cut never hides a candidate, and the sigmoid behaves at its ends.

use gliner_fast_core::logits::{cut, sigmoid};
use proptest::prelude::*;

/// The threshold whose sigmoid a logit has, and its neighbours.
fn around(value: f32) -> [f32; 3] {
    let bits = value.to_bits();
    [
        f32::from_bits(bits.saturating_sub(1)),
        value,
        f32::from_bits(bits + 1),
    ]
}

#[test]
fn sigmoid_reaches_its_limits() {
    assert_eq!(sigmoid(f32::INFINITY), 1.0);
    assert_eq!(sigmoid(f32::NEG_INFINITY), 0.0);
    assert_eq!(sigmoid(0.0), 0.5);
    assert_eq!(sigmoid(-0.0), 0.5);
    // Saturation comes early: 1 + exp(-17) is 1 in f32.
    assert_eq!(sigmoid(17.0), 1.0);
    assert!(sigmoid(16.0) < 1.0);
    // The exponential overflows above 88.7, and the smallest results are subnormal.
    assert_eq!(sigmoid(-89.0), 0.0);
    assert!(sigmoid(-88.7) > 0.0 && !sigmoid(-88.7).is_normal());
    assert!(sigmoid(f32::NAN).is_nan());
}

#[test]
fn cut_covers_the_ends() {
    assert_eq!(cut(0.0), f32::NEG_INFINITY);
    assert_eq!(cut(1.0), f32::INFINITY);
    // The last threshold that anything passes: saturated logits do, all of them.
    assert!(cut(1.0 - f32::EPSILON / 2.0) < 16.6);
    assert!(cut(f32::from_bits(1)) < -88.8);
}

#[test]
fn cut_is_close() {
    // A loose cut would be right, and slow.
    for threshold in [0.01, 0.1, 0.3, 0.5, 0.9, 0.99] {
        assert!(
            sigmoid(cut(threshold)) > threshold - 0.001,
            "threshold {threshold}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn cut_is_below_all_that_passes(logit in -110f32..40.0) {
        for threshold in around(sigmoid(logit)) {
            if (0.0..=1.0).contains(&threshold) && sigmoid(logit) > threshold {
                prop_assert!(logit > cut(threshold), "logit {logit}, threshold {threshold}");
            }
        }
    }

    #[test]
    fn cut_is_below_all_that_passes_any_threshold(bits in 0..=1f32.to_bits(), logit in any::<f32>()) {
        let threshold = f32::from_bits(bits);
        if sigmoid(logit) > threshold {
            prop_assert!(logit > cut(threshold), "logit {logit}, threshold {threshold}");
        }
    }
}
