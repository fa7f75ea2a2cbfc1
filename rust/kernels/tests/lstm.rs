//! The LSTM against a slow and obvious oracle, on every instruction set that this machine has.

mod common;

use common::noise;
use gliner_fast_kernels::{BiLstm, Isa, Products, Serial, ShapeError, Threads};
use proptest::prelude::*;

const ALL_PRODUCTS: [Products; 3] = [Products::Single, Products::Pairs, Products::Bytes];

struct Case {
    input: Vec<f32>,
    recurrent: Vec<f32>,
    counts: Vec<i64>,
    units: usize,
    products: Products,
}

impl Case {
    fn new(counts: Vec<i64>, units: usize) -> Self {
        let words = counts.iter().sum::<i64>() as usize;
        let scale = 1.5 / (units as f32).sqrt();
        let recurrent = noise(2, 8 * units * units);
        Self {
            input: noise(1, words * 8 * units),
            recurrent: recurrent.iter().map(|x| x * scale).collect(),
            counts,
            units,
            products: Products::Single,
        }
    }

    fn lstm(&self) -> BiLstm<'_> {
        BiLstm {
            input: &self.input,
            recurrent: &self.recurrent,
            counts: &self.counts,
            units: self.units,
            products: self.products,
        }
    }

    fn outputs(&self) -> usize {
        self.input.len() / 4
    }

    fn run(&self, isa: Isa) -> Vec<f32> {
        let mut out = vec![f32::NAN; self.outputs()];
        self.lstm().run(isa, &Threads(2), &mut out).unwrap();
        out
    }

    fn expected(&self) -> Vec<f64> {
        let units = self.units;
        let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
        let mut out = vec![0.0; self.outputs()];
        let mut first = 0;
        for &count in &self.counts {
            for direction in 0..2 {
                let (mut h, mut c) = (vec![0.0; units], vec![0.0; units]);
                for step in 0..count as usize {
                    let word = match direction {
                        0 => first + step,
                        _ => first + count as usize - 1 - step,
                    };
                    let gate = |n: usize, unit: usize| {
                        let place = n * units + unit;
                        let row =
                            &self.recurrent[(direction * 4 * units + place) * units..][..units];
                        f64::from(self.input[(word * 2 + direction) * 4 * units + place])
                            + row
                                .iter()
                                .zip(&h)
                                .map(|(w, h)| f64::from(*w) * h)
                                .sum::<f64>()
                    };
                    let gates = (0..units)
                        .map(|unit| [0, 1, 2, 3].map(|n| gate(n, unit)))
                        .collect::<Vec<_>>();
                    for (unit, [i, o, f, g]) in gates.into_iter().enumerate() {
                        c[unit] = sigmoid(f) * c[unit] + sigmoid(i) * g.tanh();
                        h[unit] = sigmoid(o) * c[unit].tanh();
                    }
                    out[(word * 2 + direction) * units..][..units].copy_from_slice(&h);
                }
            }
            first += count as usize;
        }
        out
    }

    fn check(mut self) {
        let expected = self.expected();
        for (products, tolerance) in ALL_PRODUCTS.into_iter().zip([1e-5, 5e-3, 5e-3]) {
            self.products = products;
            for isa in Isa::available() {
                for (i, (&got, expected)) in self.run(isa).iter().zip(&expected).enumerate() {
                    assert!(
                        (f64::from(got) - expected).abs() < tolerance,
                        "{isa:?}, {products:?}: element {i}: expected {expected}, got {got}"
                    );
                }
            }
        }
    }
}

#[test]
fn sizes_of_real_models() {
    Case::new(vec![82, 65, 96, 51], 64).check();
    Case::new(vec![40], 256).check();
}

#[test]
fn more_rows_than_step_together() {
    Case::new((0..40).map(|i| i * 7 % 23).collect(), 12).check();
}

#[test]
fn gates_far_out_are_open_or_closed() {
    let mut case = Case::new(vec![6], 8);
    for (i, x) in case.input.iter_mut().enumerate() {
        *x *= [1.0, 1e3, 1e6, 1e30][i % 4];
    }
    case.check();
}

#[test]
fn a_row_does_not_depend_on_its_batch() {
    let counts = [5, 0, 30, 30, 7, 19];
    for products in ALL_PRODUCTS {
        let mut together = Case::new(counts.to_vec(), 24);
        together.products = products;
        for isa in Isa::available() {
            let whole = together.run(isa);
            let mut first = 0;
            for count in counts {
                let mut alone = Case::new(vec![count], 24);
                alone.products = products;
                let words = count as usize;
                alone.input = together.input[first * 192..(first + words) * 192].to_vec();
                let part = &whole[first * 48..(first + words) * 48];
                assert_eq!(alone.run(isa), part, "{isa:?}, {products:?}, {count} words");
                first += words;
            }
        }
    }
}

#[test]
fn what_is_not_a_number_stays_in_its_row() {
    let mut case = Case::new(vec![4, 4], 8);
    case.input[2 * 64 + 3] = f32::NAN;
    for products in ALL_PRODUCTS {
        case.products = products;
        for isa in Isa::available() {
            let out = case.run(isa);
            // The forward direction from the word on, but for its first step, where one unit alone has it.
            assert!(out[3 * 16..3 * 16 + 8].iter().all(|x| x.is_nan()));
            assert!(out[2 * 16 + 3].is_nan());
            assert!(
                out[..2 * 16]
                    .chunks(16)
                    .all(|word| word[..8].iter().all(|x| x.is_finite()))
            );
            assert!(out[4 * 16..].iter().all(|x| x.is_finite()));
        }
    }
}

#[test]
fn shapes_are_checked() {
    let good = Case::new(vec![3, 2], 4);
    let run = |lstm: BiLstm, len: usize| lstm.run(Isa::detect(), &Serial, &mut vec![0.0; len]);
    let len = good.outputs();
    assert_eq!(run(good.lstm(), len), Ok(()));
    assert_eq!(run(Case::new(vec![], 4).lstm(), 0), Ok(()));
    assert_eq!(run(Case::new(vec![0], 4).lstm(), 0), Ok(()));
    let wrong = [
        (good.lstm(), len + 1),
        (
            BiLstm {
                input: &good.input[1..],
                ..good.lstm()
            },
            len,
        ),
        (
            BiLstm {
                recurrent: &good.recurrent[1..],
                ..good.lstm()
            },
            len,
        ),
        (
            BiLstm {
                counts: &[3, 3],
                ..good.lstm()
            },
            len,
        ),
        (
            BiLstm {
                units: 5,
                ..good.lstm()
            },
            len,
        ),
    ];
    for (lstm, len) in wrong {
        assert!(matches!(run(lstm, len), Err(ShapeError::Length { .. })));
    }
    assert_eq!(
        run(
            BiLstm {
                counts: &[6, -1],
                ..good.lstm()
            },
            len
        ),
        Err(ShapeError::WordCount { got: -1 })
    );
    for lstm in [
        BiLstm {
            counts: &[i64::MAX, i64::MAX, 9],
            ..good.lstm()
        },
        BiLstm {
            units: usize::MAX,
            ..good.lstm()
        },
    ] {
        assert!(matches!(run(lstm, len), Err(ShapeError::Overflow { .. })));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_shape(counts in prop::collection::vec(0i64..30, 1..20), units in 1usize..40) {
        Case::new(counts, units).check();
    }
}
