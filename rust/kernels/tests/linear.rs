//! Int8 linear layers against a slow and obvious oracle, on every instruction set that this machine has.

mod common;

use common::noise;
use gliner_fast_kernels::{
    Activation, Isa, LinearInputs, QuantLinear, Serial, ShapeError, Threads, pack_weights,
    packed_len,
};
use proptest::prelude::*;

struct Case {
    rows: usize,
    inputs: usize,
    outputs: usize,
    x: Vec<f32>,
    weights: Vec<i8>,
    scales: Vec<f32>,
    bias: Option<Vec<f32>>,
    activation: Activation,
}

impl Case {
    fn new(rows: usize, inputs: usize, outputs: usize, bias: bool, activation: Activation) -> Self {
        let weights = noise(2, outputs * inputs)
            .iter()
            .map(|w| (w * 50.0).clamp(-128.0, 127.0) as i8)
            .collect();
        let scales = noise(3, outputs)
            .iter()
            .map(|s| s.abs() * 1e-3 + 1e-4)
            .collect();
        let x = noise(1, rows * inputs);
        Self {
            rows,
            inputs,
            outputs,
            x,
            weights,
            scales,
            bias: bias.then(|| noise(4, outputs)),
            activation,
        }
    }

    fn run(&self, isa: Isa) -> Vec<f32> {
        let weights = pack_weights(&self.weights, self.inputs, self.outputs);
        let layer = QuantLinear::new(self.inputs, self.outputs, &weights, self.activation).unwrap();
        let inputs = LinearInputs {
            x: &self.x,
            weights: &weights,
            scales: &self.scales,
            bias: self.bias.as_deref(),
        };
        let mut out = vec![f32::NAN; self.rows * self.outputs];
        layer.run(inputs, isa, &Serial, &mut out).unwrap();
        out
    }

    /// The quantization as documented, integer sums in i64, the rest in f64.
    fn oracle(&self) -> Vec<f64> {
        let mut out = Vec::new();
        for row in 0..self.rows {
            let x = &self.x[row * self.inputs..][..self.inputs];
            let largest = x.iter().fold(0f32, |m, v| m.max(v.abs()));
            let (scale, inverse) = if largest < 1e-35 {
                (0.0, 0.0)
            } else {
                (largest / 127.0, 127.0 / largest)
            };
            let q = x
                .iter()
                .map(|v| (v * inverse).round_ties_even() as i64)
                .collect::<Vec<_>>();
            for channel in 0..self.outputs {
                let weights = &self.weights[channel * self.inputs..][..self.inputs];
                let sum: i64 = q.iter().zip(weights).map(|(q, &w)| q * i64::from(w)).sum();
                let mut y = sum as f64 * f64::from(scale) * f64::from(self.scales[channel]);
                y += self
                    .bias
                    .as_ref()
                    .map_or(0.0, |bias| f64::from(bias[channel]));
                if self.activation == Activation::Gelu {
                    y *= 0.5 * (1.0 + erf(y / 2f64.sqrt()));
                } else if self.activation == Activation::Relu {
                    y = y.max(0.0);
                }
                out.push(y);
            }
        }
        out
    }
}

/// The error function by its Maclaurin series, and by the continued fraction of its complement where that cancels.
fn erf(x: f64) -> f64 {
    if x.abs() > 2.5 {
        let fraction = (1..200)
            .rev()
            .fold(x.abs(), |f, n| x.abs() + f64::from(n) / 2.0 / f);
        return (1.0 - (-x * x).exp() / fraction / std::f64::consts::PI.sqrt()) * x.signum();
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..300 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    (sum * 2.0 / std::f64::consts::PI.sqrt()).clamp(-1.0, 1.0)
}

/// With weights as they are; of seven bits, and small ones of these, which some instruction sets multiply in other ways.
fn check(mut case: Case) {
    for most in [128, 63, 32] {
        for weight in &mut case.weights {
            *weight = i32::from(*weight).clamp(-most, most.min(127)) as i8;
        }
        check_once(&case);
    }
}

/// Error of the activation's polynomial.
const GELU: f64 = 6e-5;

fn check_once(case: &Case) {
    let expected = case.oracle();
    for isa in Isa::available() {
        for (i, (&got, &expected)) in case.run(isa).iter().zip(&expected).enumerate() {
            let gelu = case.activation == Activation::Gelu;
            let tolerance = if gelu { GELU } else { 1e-6 } * (1.0 + expected.abs());
            assert!(
                (f64::from(got) - expected).abs() <= tolerance,
                "{isa:?}: {i}: expected {expected}, got {got}"
            );
        }
    }
}

#[test]
fn deberta_sizes() {
    check(Case::new(33, 1024, 4096, true, Activation::Gelu));
    check(Case::new(130, 4096, 96, true, Activation::None));
    check(Case::new(30, 128, 512, true, Activation::Relu));
}

#[test]
fn every_small_shape() {
    for rows in 1..20 {
        for inputs in [1, 3, 4, 5, 16, 31] {
            for outputs in [1, 15, 16, 17, 33, 48, 50, 65] {
                check(Case::new(rows, inputs, outputs, true, Activation::None));
                check(Case::new(rows, inputs, outputs, true, Activation::Relu));
            }
        }
    }
}

#[test]
fn integer_sums_are_exact() {
    // Rows whose largest element is 127 have the scale 1, and integers stay themselves: the result is the integer sum, here
    // with the extremes that saturate 16-bit arithmetic.
    let weights = [
        (127, -128),
        (63, -63),
        (63, 63),
        (-63, -63),
        (64, -63),
        // The sums of four that just fit 16 bits, and that just don't.
        (32, 32),
        (-32, -32),
        (33, 32),
        (-33, -32),
        (63, -32),
    ];
    for (inputs, (most, least)) in [4, 100, 1030]
        .into_iter()
        .flat_map(|inputs| weights.map(|w| (inputs, w)))
    {
        for (low, high) in [(-127i32, 127), (127, 127), (-127, -127)] {
            let mut case = Case::new(9, inputs, 40, false, Activation::None);
            case.x = (0..9 * inputs)
                .map(|i| {
                    if i % inputs % 3 == 0 {
                        high as f32
                    } else {
                        low as f32
                    }
                })
                .collect();
            case.weights = (0..40 * inputs)
                .map(|i| if i % 7 == 0 { most } else { least })
                .collect();
            case.scales = vec![1.0; 40];
            let expected = case.oracle().iter().map(|&y| y as f32).collect::<Vec<_>>();
            for isa in Isa::available() {
                assert_eq!(
                    case.run(isa),
                    expected,
                    "{isa:?}, {inputs} inputs, {low} and {high}, weights {most} and {least}"
                );
            }
        }
    }
}

#[test]
fn the_largest_sums_fit() {
    let inputs = 1 << 17;
    for (x, weight) in [(127.0, -128), (-127.0, -128), (127.0, 127)] {
        let mut case = Case::new(1, inputs, 2, false, Activation::None);
        (case.x, case.weights, case.scales) =
            (vec![x; inputs], vec![weight; 2 * inputs], vec![1.0; 2]);
        let expected = vec![x * f32::from(weight) * inputs as f32; 2];
        for isa in Isa::available() {
            assert_eq!(case.run(isa), expected, "{isa:?}");
        }
    }
}

#[test]
fn instruction_sets_agree_to_the_bit() {
    let case = Case::new(50, 257, 100, true, Activation::None);
    let expected = case.run(Isa::available()[0]);
    for isa in Isa::available() {
        assert_eq!(case.run(isa), expected, "{isa:?}");
    }
}

#[test]
fn a_row_does_not_depend_on_its_batch() {
    let batch = Case::new(300, 100, 50, true, Activation::Gelu);
    for isa in Isa::available() {
        let together = batch.run(isa);
        for row in [0, 7, 150, 299] {
            let mut alone = Case::new(1, 100, 50, true, Activation::Gelu);
            alone.x = batch.x[row * 100..][..100].to_vec();
            assert_eq!(
                alone.run(isa),
                together[row * 50..][..50],
                "{isa:?}, row {row}"
            );
        }
    }
}

#[test]
fn threads_and_chunks_change_nothing() {
    let case = Case::new(2500, 4100, 20, true, Activation::None);
    let weights = pack_weights(&case.weights, case.inputs, case.outputs);
    let layer = QuantLinear::new(case.inputs, case.outputs, &weights, case.activation).unwrap();
    let inputs = LinearInputs {
        x: &case.x,
        weights: &weights,
        scales: &case.scales,
        bias: case.bias.as_deref(),
    };
    let mut out = vec![0.0; case.rows * case.outputs];
    layer
        .run(inputs, Isa::detect(), &Threads(4), &mut out)
        .unwrap();
    assert_eq!(out, case.run(Isa::detect()));
    let mut last = Case::new(1, 4100, 20, true, Activation::None);
    last.x = case.x[2499 * 4100..].to_vec();
    assert_eq!(last.run(Isa::detect()), out[2499 * 20..]);
}

#[test]
fn gelu_is_exact_enough_everywhere() {
    // One input, one weight: a row's quantized value is ±127, the scales make it anything.
    for isa in Isa::available() {
        for step in -2401i32..=2401 {
            // Far away too: what is left of Φ must not be multiplied by x.
            let x = if step.abs() == 2401 {
                1e6 * step as f32
            } else {
                step as f32 * 0.005
            };
            let mut case = Case::new(1, 1, 1, false, Activation::Gelu);
            (case.x, case.weights, case.scales) = (vec![x], vec![1], vec![1.0]);
            let y = f64::from(case.run(isa)[0]);
            let expected = f64::from(x) * 0.5 * (1.0 + erf(f64::from(x) / 2f64.sqrt()));
            assert!(
                (y - expected).abs() < GELU * (1.0 + expected.abs()),
                "{isa:?}: gelu({x}) = {expected}, got {y}"
            );
        }
    }
}

#[test]
fn no_inputs_leave_the_bias() {
    let case = Case::new(3, 0, 20, true, Activation::None);
    let expected = case.bias.clone().unwrap().repeat(3);
    for isa in Isa::available() {
        assert_eq!(case.run(isa), expected, "{isa:?}");
    }
}

#[test]
fn zero_and_tiny_rows() {
    let mut case = Case::new(3, 20, 20, true, Activation::None);
    case.x[..20].fill(0.0);
    case.x[20..40].fill(1e-40);
    for isa in Isa::available() {
        let out = case.run(isa);
        assert_eq!(out[..20], case.bias.clone().unwrap(), "{isa:?}");
        assert_eq!(out[20..40], case.bias.clone().unwrap(), "{isa:?}");
    }
}

#[test]
fn what_is_not_finite_stays_in_its_row() {
    for (at, poison) in [(0, f32::NAN), (35, f32::INFINITY), (36, f32::NEG_INFINITY)] {
        for activation in [Activation::None, Activation::Gelu, Activation::Relu] {
            let mut case = Case::new(2, 37, 20, true, activation);
            case.x[at] = poison;
            for isa in Isa::available() {
                let out = case.run(isa);
                assert!(
                    out[..20].iter().all(|y| y.is_nan()),
                    "{isa:?}, {poison} at {at}"
                );
                assert!(
                    out[20..].iter().all(|y| y.is_finite()),
                    "{isa:?}, {poison} at {at}"
                );
            }
        }
    }
}

#[test]
fn shapes_are_checked() {
    let weights = vec![0; packed_len(6, 5).unwrap()];
    let layer = QuantLinear::new(6, 5, &weights, Activation::None).unwrap();
    let good = LinearInputs {
        x: &[0.0; 12],
        weights: &weights,
        scales: &[0.0; 5],
        bias: Some(&[0.0; 5]),
    };
    let run = |inputs: LinearInputs, len: usize| {
        layer.run(inputs, Isa::detect(), &Serial, &mut vec![0.0; len])
    };
    assert_eq!(run(good, 10), Ok(()));
    assert_eq!(run(LinearInputs { x: &[], ..good }, 0), Ok(()));
    for (inputs, len) in [
        (good, 9),
        (
            LinearInputs {
                x: &[0.0; 13],
                ..good
            },
            10,
        ),
        (
            LinearInputs {
                weights: &weights[1..],
                ..good
            },
            10,
        ),
        (
            LinearInputs {
                scales: &[0.0; 4],
                ..good
            },
            10,
        ),
        (
            LinearInputs {
                bias: Some(&[0.0; 6]),
                ..good
            },
            10,
        ),
    ] {
        assert!(matches!(run(inputs, len), Err(ShapeError::Length { .. })));
    }
    assert!(QuantLinear::new(7, 5, &weights, Activation::None).is_ok());
    assert!(matches!(
        QuantLinear::new(9, 5, &weights, Activation::None),
        Err(ShapeError::Length { .. })
    ));
    assert!(matches!(
        QuantLinear::new(1 << 20, 5, &weights, Activation::None),
        Err(ShapeError::Overflow { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_shape(rows in 1usize..200, inputs in 1usize..300, outputs in 1usize..200, bias: bool, gelu: bool) {
        let activation = if gelu { Activation::Gelu } else { Activation::None };
        check(Case::new(rows, inputs, outputs, bias, activation));
    }
}
