//! Layer normalization against a slow and obvious oracle, on every instruction set that this machine has.

mod common;

use common::noise;
use gliner_fast_kernels::{AddLayerNorm, Isa, Serial, ShapeError, Threads};
use proptest::prelude::*;

fn check(rows: usize, width: usize, skip: bool, offset: f32) {
    let x = noise(1, rows * width)
        .iter()
        .map(|v| v + offset)
        .collect::<Vec<_>>();
    let skip = skip.then(|| noise(2, rows * width));
    let (weight, bias) = (noise(3, width), noise(4, width));
    let norm = AddLayerNorm {
        x: &x,
        skip: skip.as_deref(),
        weight: &weight,
        bias: &bias,
        epsilon: 1e-7,
    };
    for isa in Isa::available() {
        let mut out = vec![f32::NAN; rows * width];
        norm.run(isa, &Threads(2), &mut out).unwrap();
        for row in 0..rows {
            let at = |i: usize| {
                f64::from(x[row * width + i] + skip.as_ref().map_or(0.0, |s| s[row * width + i]))
            };
            let mean = (0..width).map(at).sum::<f64>() / width as f64;
            let variance = (0..width).map(|i| (at(i) - mean).powi(2)).sum::<f64>() / width as f64;
            for i in 0..width {
                let y = (at(i) - mean) / (variance + 1e-7).sqrt() * f64::from(weight[i])
                    + f64::from(bias[i]);
                let got = f64::from(out[row * width + i]);
                // The mean's f32 rounding shows where the row is nearly constant.
                assert!(
                    (got - y).abs() < 1e-5 * (1.0 + y.abs()),
                    "{isa:?}: ({row}, {i}): expected {y}, got {got}"
                );
            }
        }
    }
}

#[test]
fn deberta_sizes() {
    check(130, 1024, true, 0.0);
    check(70, 768, false, 0.5);
}

#[test]
fn a_row_does_not_depend_on_its_batch() {
    let x = noise(1, 200 * 100);
    let (weight, bias) = (noise(3, 100), noise(4, 100));
    let norm = AddLayerNorm {
        x: &x,
        skip: None,
        weight: &weight,
        bias: &bias,
        epsilon: 1e-7,
    };
    for isa in Isa::available() {
        let (mut together, mut alone) = (vec![0.0; 200 * 100], vec![0.0; 100]);
        norm.run(isa, &Serial, &mut together).unwrap();
        AddLayerNorm {
            x: &x[7700..7800],
            ..norm
        }
        .run(isa, &Serial, &mut alone)
        .unwrap();
        assert_eq!(alone, together[7700..7800], "{isa:?}");
    }
}

#[test]
fn shapes_are_checked() {
    let good = AddLayerNorm {
        x: &[1.0; 12],
        skip: Some(&[1.0; 12]),
        weight: &[1.0; 4],
        bias: &[1.0; 4],
        epsilon: 0.1,
    };
    let run =
        |norm: AddLayerNorm, len: usize| norm.run(Isa::detect(), &Serial, &mut vec![0.0; len]);
    assert_eq!(run(good, 12), Ok(()));
    assert_eq!(
        run(
            AddLayerNorm {
                x: &[],
                skip: None,
                ..good
            },
            0
        ),
        Ok(())
    );
    assert_eq!(
        run(
            AddLayerNorm {
                x: &[],
                skip: None,
                weight: &[],
                bias: &[],
                ..good
            },
            0
        ),
        Ok(())
    );
    for (norm, len) in [
        (good, 11),
        (
            AddLayerNorm {
                x: &[1.0; 13],
                ..good
            },
            13,
        ),
        (
            AddLayerNorm {
                skip: Some(&[1.0; 8]),
                ..good
            },
            12,
        ),
        (
            AddLayerNorm {
                bias: &[1.0; 3],
                ..good
            },
            12,
        ),
        (
            AddLayerNorm {
                weight: &[],
                bias: &[],
                ..good
            },
            12,
        ),
    ] {
        assert!(matches!(run(norm, len), Err(ShapeError::Length { .. })));
    }
}

proptest! {
    #[test]
    fn any_shape(rows in 1usize..100, width in 2usize..200, skip: bool) {
        check(rows, width, skip, 0.0);
    }
}
