//! Span scores against a slow and obvious oracle, on every instruction set that this machine has.

mod common;

use common::noise;
use gliner_fast_kernels::{Isa, NO_SPAN, Products, Serial, ShapeError, SpanScores, Threads};
use proptest::prelude::*;

const ALL_PRODUCTS: [Products; 3] = [Products::Single, Products::Pairs, Products::Bytes];

/// Inputs that a [`SpanScores`] borrows.
struct Case {
    starts: Vec<f32>,
    ends: Vec<f32>,
    labels: Vec<f32>,
    offsets: Vec<f32>,
    counts: Vec<i64>,
    label_count: usize,
    inner: usize,
    max_width: usize,
    products: Products,
}

impl Case {
    fn new(counts: Vec<i64>, label_count: usize, inner: usize, max_width: usize) -> Self {
        let rows = counts.len();
        let words = counts.iter().sum::<i64>() as usize;
        Self {
            starts: noise(1, words * inner),
            ends: noise(2, words * inner),
            labels: noise(3, rows * label_count * inner),
            offsets: noise(4, rows * label_count),
            counts,
            label_count,
            inner,
            max_width,
            products: Products::Single,
        }
    }

    fn with(self, products: Products) -> Self {
        Self { products, ..self }
    }

    fn spans(&self) -> SpanScores<'_> {
        SpanScores {
            starts: &self.starts,
            ends: &self.ends,
            labels: &self.labels,
            offsets: &self.offsets,
            counts: &self.counts,
            label_count: self.label_count,
            inner: self.inner,
            max_width: self.max_width,
            products: self.products,
        }
    }

    fn longest(&self) -> usize {
        self.counts.iter().copied().max().unwrap_or(0) as usize
    }

    fn outputs(&self) -> usize {
        self.counts.len() * self.longest() * self.max_width * self.label_count
    }

    fn run(&self, isa: Isa) -> Vec<f32> {
        let mut out = vec![f32::NAN; self.outputs()];
        self.spans().run(isa, &Threads(2), &mut out).unwrap();
        out
    }

    fn expected(&self, row: usize, word: usize, width: usize, label: usize) -> f64 {
        if word + width >= self.counts[row] as usize {
            return NO_SPAN.into();
        }
        let at = |x: &[f32], n: usize, i: usize| f64::from(x[n * self.inner + i]);
        let first = self.counts[..row].iter().sum::<i64>() as usize + word;
        let last = first + width;
        let label = row * self.label_count + label;
        let product = |i| {
            (at(&self.starts, first, i) + at(&self.ends, last, i)).max(0.0)
                * at(&self.labels, label, i)
        };
        (0..self.inner).map(product).sum::<f64>() + f64::from(self.offsets[label])
    }

    fn check(mut self) {
        // Sums of numbers around 1: f32 rounds each product, integers the vectors, to a part of 32,000 of their norms.
        let inner = (self.inner as f64).max(10.0);
        self.check_to(1e-5 * inner);
        self.products = Products::Pairs;
        self.check_to(1e-4 * inner);
        // Seven bits of each element's largest sum, and of each label's largest element.
        self.products = Products::Bytes;
        self.check_to(0.07 * inner.sqrt());
    }

    fn check_to(&self, tolerance: f64) {
        for isa in Isa::available() {
            let mut got = self.run(isa).into_iter();
            for row in 0..self.counts.len() {
                for word in 0..self.longest() {
                    for width in 0..self.max_width {
                        for label in 0..self.label_count {
                            let expected = self.expected(row, word, width, label);
                            let got = f64::from(got.next().unwrap());
                            assert!(
                                (got - expected).abs() < tolerance,
                                "{isa:?}, {:?}: ({row}, {word}, {width}, {label}): expected {expected}, got {got}",
                                self.products
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn sizes_of_real_models() {
    Case::new(vec![30, 7], 30, 512, 12).check();
    Case::new(vec![9], 65, 256, 16).check();
    Case::new(vec![40, 0, 3], 9, 64, 16).check();
}

#[test]
fn a_row_does_not_depend_on_its_batch() {
    for products in ALL_PRODUCTS {
        a_row_alone(products);
    }
}

fn a_row_alone(products: Products) {
    let mut together = Case::new(vec![12, 5, 9], 17, 40, 6).with(products);
    let alone = Case {
        starts: together.starts[12 * 40..17 * 40].to_vec(),
        ends: together.ends[12 * 40..17 * 40].to_vec(),
        labels: together.labels[17 * 40..34 * 40].to_vec(),
        offsets: together.offsets[17..34].to_vec(),
        counts: vec![5],
        ..Case::new(vec![], 17, 40, 6).with(products)
    };
    // The other rows are of another order of magnitude.
    together.starts[..12 * 40].fill(1e4);
    together.labels[..17 * 40].fill(1e4);
    for isa in Isa::available() {
        let row = 12 * 6 * 17;
        assert_eq!(
            alone.run(isa),
            together.run(isa)[row..row + 5 * 6 * 17],
            "{isa:?}, {products:?}"
        );
    }
    // Labels that a longer prompt of another row makes room for don't count either, whatever they hold.
    let mut fewer = Case::new(vec![4], 17, 40, 6).with(products);
    let before = fewer.run(Isa::detect());
    fewer.labels[3 * 40..].fill(1e9);
    let after = fewer.run(Isa::detect());
    for (before, after) in before.chunks(17).zip(after.chunks(17)) {
        assert_eq!(before[..3], after[..3]);
    }
}

#[test]
fn what_is_not_a_number_stays_so() {
    let mut case = Case::new(vec![3], 2, 24, 2);
    case.starts[24 + 23] = f32::NAN;
    case.starts[2 * 24] = f32::NAN;
    let all = Isa::available().into_iter();
    for (isa, products) in all.flat_map(|isa| ALL_PRODUCTS.map(|products| (isa, products))) {
        case.products = products;
        let nan = case.run(isa).iter().map(|v| v.is_nan()).collect::<Vec<_>>();
        // Word 0 is well, both spans of word 1 are not, and word 2 has one span.
        let expected = [[false; 4], [true; 4], [true, true, false, false]];
        assert_eq!(nan, expected.concat(), "{isa:?}, {products:?}");
    }
}

#[test]
fn parts_that_nearly_cancel_have_sums() {
    // The largest sum is a millionth of its parts, and more of an element than of another.
    let mut case = Case::new(vec![3], 2, 8, 2);
    for (i, (start, end)) in case.starts.iter_mut().zip(&mut case.ends).enumerate() {
        let size = [1e3, 1.0, 1e-3, 0.0][i % 4];
        (*start, *end) = (size, -size * (1.0 - 1e-6 * (i / 8) as f32));
    }
    case.products = Products::Bytes;
    case.check_to(0.1);
}

#[test]
fn shapes_are_checked() {
    let good = Case::new(vec![3, 2], 4, 5, 2);
    let run =
        |spans: SpanScores, len: usize| spans.run(Isa::detect(), &Serial, &mut vec![0.0; len]);
    let len = good.outputs();
    assert_eq!(run(good.spans(), len), Ok(()));
    assert_eq!(run(Case::new(vec![], 4, 5, 2).spans(), 0), Ok(()));
    let short = &[0.0; 7][..];
    let wrong = [
        (good.spans(), len + 1),
        (
            SpanScores {
                starts: short,
                ..good.spans()
            },
            len,
        ),
        (
            SpanScores {
                ends: short,
                ..good.spans()
            },
            len,
        ),
        (
            SpanScores {
                labels: short,
                ..good.spans()
            },
            len,
        ),
        (
            SpanScores {
                offsets: short,
                ..good.spans()
            },
            len,
        ),
    ];
    for (spans, len) in wrong {
        assert!(matches!(run(spans, len), Err(ShapeError::Length { .. })));
    }
    let counted = |counts| SpanScores {
        counts,
        ..good.spans()
    };
    let wrong = [&[3, 3][..], &[3], &[i64::MAX, i64::MAX, 2]];
    for counts in wrong {
        let error = run(counted(counts), len);
        assert!(matches!(
            error,
            Err(ShapeError::Length { .. } | ShapeError::Overflow { .. })
        ));
    }
    assert_eq!(
        run(counted(&[6, -1]), len),
        Err(ShapeError::WordCount { got: -1 })
    );
    let inner = (1 << 17) + 1;
    let wide = Case::new(vec![1], 1, inner, 1).with(Products::Bytes);
    assert!(matches!(
        run(wide.spans(), 1),
        Err(ShapeError::Overflow { .. })
    ));
    let huge = SpanScores {
        label_count: usize::MAX,
        ..good.spans()
    };
    assert!(matches!(run(huge, len), Err(ShapeError::Overflow { .. })));
}

proptest! {
    #[test]
    fn any_shape(
        counts in prop::collection::vec(0i64..20, 1..4),
        label_count in 1usize..40,
        inner in 1usize..40,
        max_width in 1usize..18,
    ) {
        Case::new(counts, label_count, inner, max_width).check();
    }
}
