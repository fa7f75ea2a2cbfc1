//! Disentangled attention against a slow and obvious oracle, on every instruction set that this machine has.

mod common;

use common::{log_buckets, noise, offsets};
use gliner_fast_kernels::{Attention, Isa, Positions, Products, Serial, ShapeError, Threads};
use proptest::prelude::*;

/// Scores are sums of three products of `dim` terms around 1; f32 rounds them to about 1e-6, the softmax's weights too.
const TOLERANCE: f32 = 1e-5;
/// Weights of 16-bit integers are off by a few parts of 10⁵, values by one part of 16,380 of the largest one.
const PAIRS_TOLERANCE: f32 = 4e-4;
/// Scores of bytes are off by some thousandths of the product of both norms, a weight by as much of itself.
const BYTES_TOLERANCE: f32 = 6e-2;
const ALL_PRODUCTS: [Products; 3] = [Products::Single, Products::Pairs, Products::Bytes];

struct Case {
    lengths: Vec<usize>,
    heads: usize,
    dim: usize,
    rows: usize,
    scale: f32,
    qkv: Vec<f32>,
    key: Option<Vec<f32>>,
    query: Option<Vec<f32>>,
    buckets: Vec<i32>,
    products: Products,
}

impl Case {
    fn new(
        lengths: &[usize],
        heads: usize,
        dim: usize,
        key: bool,
        query: bool,
        buckets: Vec<i32>,
    ) -> Self {
        let tokens: usize = lengths.iter().sum();
        let rows = buckets.iter().max().map_or(1, |&row| row as usize + 1);
        let table = |seed, wanted: bool| wanted.then(|| noise(seed, rows * heads * dim));
        Self {
            lengths: lengths.to_vec(),
            heads,
            dim,
            rows,
            scale: 1.0 / (dim as f32 * (1 + u32::from(key) + u32::from(query)) as f32).sqrt(),
            qkv: noise(1, tokens * 3 * heads * dim),
            key: table(2, key),
            query: table(3, query),
            buckets,
            products: Products::Single,
        }
    }

    fn with(mut self, products: Products) -> Self {
        self.products = products;
        self
    }

    fn positions(&self) -> Option<Positions<'_>> {
        (self.key.is_some() || self.query.is_some()).then_some(Positions {
            rows: self.rows,
            key: self.key.as_deref(),
            query: self.query.as_deref(),
            buckets: &self.buckets,
        })
    }

    fn run(&self, isa: Isa) -> Vec<f32> {
        let cu = offsets(&self.lengths);
        let mut out = vec![f32::NAN; self.qkv.len() / 3];
        let Self {
            heads, dim, scale, ..
        } = *self;
        Attention {
            qkv: &self.qkv,
            cu_lengths: &cu,
            heads,
            dim,
            scale,
            products: self.products,
            positions: self.positions(),
            queries: None,
        }
        .run(isa, &Serial, &mut out)
        .unwrap();
        out
    }

    /// The outputs of some tokens alone.
    fn run_for(&self, isa: Isa, queries: &[i64]) -> Vec<f32> {
        let cu = offsets(&self.lengths);
        let mut out = vec![f32::NAN; queries.len() * self.heads * self.dim];
        Attention {
            qkv: &self.qkv,
            cu_lengths: &cu,
            heads: self.heads,
            dim: self.dim,
            scale: self.scale,
            products: self.products,
            positions: self.positions(),
            queries: Some(queries),
        }
        .run(isa, &Serial, &mut out)
        .unwrap();
        out
    }

    /// The formula, in f64, one number at a time.
    fn oracle(&self) -> Vec<f32> {
        let (heads, dim, width) = (self.heads, self.dim, self.heads * self.dim);
        let reach = (self.buckets.len() / 2) as i64;
        let dot = |a: &[f32], b: &[f32]| {
            a.iter()
                .zip(b)
                .map(|(&x, &y)| f64::from(x) * f64::from(y))
                .sum::<f64>()
        };
        let mut out = Vec::new();
        let mut start = 0;
        for &len in &self.lengths {
            let part = |token: usize, part: usize, head: usize| {
                &self.qkv[(start + token) * 3 * width + part * width + head * dim..][..dim]
            };
            let mut rows = vec![0.0; len * width];
            for head in 0..heads {
                for i in 0..len {
                    let scores = (0..len).map(|j| {
                        let bucket = self.buckets
                            [(reach + (i as i64 - j as i64).clamp(-reach, reach)) as usize]
                            as usize;
                        let row = |table: &Option<Vec<f32>>, x: &[f32]| {
                            table
                                .as_ref()
                                .map_or(0.0, |t| dot(x, &t[bucket * width + head * dim..][..dim]))
                        };
                        let score = dot(part(i, 0, head), part(j, 1, head))
                            + row(&self.key, part(i, 0, head))
                            + row(&self.query, part(j, 1, head));
                        score * f64::from(self.scale)
                    });
                    let scores = scores.collect::<Vec<_>>();
                    let max = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let weights = scores.iter().map(|s| (s - max).exp()).collect::<Vec<_>>();
                    let sum: f64 = weights.iter().sum();
                    for d in 0..dim {
                        let value: f64 = (0..len)
                            .map(|j| weights[j] * f64::from(part(j, 2, head)[d]))
                            .sum();
                        rows[i * width + head * dim + d] = (value / sum) as f32;
                    }
                }
            }
            out.extend(rows);
            start += len;
        }
        out
    }
}

/// Every instruction set with every arithmetic.
fn everything() -> impl Iterator<Item = (Isa, Products)> {
    Isa::available()
        .into_iter()
        .flat_map(|isa| ALL_PRODUCTS.map(|products| (isa, products)))
}

fn assert_close(got: &[f32], expected: &[f32], tolerance: f32, what: &str) {
    assert_eq!(got.len(), expected.len());
    for (i, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!(
            (g - e).abs() <= tolerance,
            "{what}: element {i}: expected {e}, got {g}"
        );
    }
}

fn check(mut case: Case) {
    let expected = case.oracle();
    for isa in Isa::available() {
        assert_close(&case.run(isa), &expected, TOLERANCE, &format!("{isa:?}"));
    }
    for (products, tolerance) in [
        (Products::Pairs, PAIRS_TOLERANCE),
        (Products::Bytes, BYTES_TOLERANCE),
    ] {
        case.products = products;
        for isa in Isa::available() {
            let what = format!("{isa:?}, {products:?}");
            assert_close(&case.run(isa), &expected, tolerance, &what);
        }
    }
}

fn deberta() -> Vec<i32> {
    log_buckets(256, 512, 600)
}

#[test]
fn deberta_sizes() {
    check(Case::new(&[290, 1, 17, 600], 2, 64, true, true, deberta()));
}

#[test]
fn each_term_alone_and_none() {
    for (key, query) in [(false, false), (true, false), (false, true)] {
        check(Case::new(&[130, 33], 3, 48, key, query, deberta()));
    }
}

#[test]
fn a_sequence_longer_than_one_task() {
    check(Case::new(&[1500], 1, 32, true, true, deberta()));
}

#[test]
fn every_short_length() {
    for len in 1..70 {
        check(Case::new(&[len], 1, 8, true, true, log_buckets(8, 16, 20)));
    }
}

#[test]
fn tables_that_jump_are_gathered() {
    let scrambled = (0..81).map(|i| i * 37 % 101).collect();
    check(Case::new(&[60, 90], 2, 16, true, true, scrambled));
}

#[test]
fn empty_batches_and_sequences() {
    check(Case::new(&[], 2, 8, true, true, deberta()));
    check(Case::new(&[0, 5, 0], 2, 8, true, true, deberta()));
}

#[test]
fn a_sequence_does_not_depend_on_its_batch() {
    let lengths = [290, 5, 600, 1, 77];
    for (isa, products) in everything() {
        let batch = Case::new(&lengths, 2, 64, true, true, deberta()).with(products);
        let together = batch.run(isa);
        let mut start = 0;
        for len in lengths {
            let mut alone = Case::new(&[len], 2, 64, true, true, deberta()).with(products);
            alone.qkv = batch.qkv[start * 3 * 128..(start + len) * 3 * 128].to_vec();
            assert_eq!(
                alone.run(isa),
                together[start * 128..(start + len) * 128],
                "{isa:?}, {products:?}, length {len}"
            );
            start += len;
        }
    }
}

#[test]
fn wanted_queries_are_rows_of_the_whole() {
    let lengths = [0, 290, 5, 0, 600, 1, 77, 700];
    let tokens = lengths.iter().sum::<usize>() as i64;
    let scrambled = (0..401).map(|i| i * 37 % 101).collect::<Vec<_>>();
    for (key, query, buckets) in [
        (true, true, deberta()),
        (true, false, deberta()),
        (false, true, deberta()),
        (false, false, deberta()),
        (true, true, scrambled),
    ] {
        let mut case = Case::new(&lengths, 2, 20, key, query, buckets);
        for (isa, products) in everything() {
            case.products = products;
            let whole = case.run(isa);
            // All, none, every third from behind, some of them twice, one alone.
            for queries in [
                (0..tokens).collect::<Vec<_>>(),
                vec![],
                (0..tokens).rev().step_by(3).collect(),
                (0..tokens).chain((0..tokens).step_by(5)).collect(),
                vec![tokens - 1],
            ] {
                let rows = queries
                    .iter()
                    .flat_map(|&q| &whole[q as usize * 40..][..40]);
                let got = case.run_for(isa, &queries);
                assert!(
                    got.iter().eq(rows),
                    "{isa:?}, {products:?}, {} queries",
                    queries.len()
                );
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    for products in ALL_PRODUCTS {
        threads_change_nothing_of(products);
    }
}

fn threads_change_nothing_of(products: Products) {
    let case = Case::new(&[290, 70, 800], 3, 64, true, true, deberta()).with(products);
    let cu = offsets(&case.lengths);
    let mut out = vec![0.0; case.qkv.len() / 3];
    let attention = Attention {
        qkv: &case.qkv,
        cu_lengths: &cu,
        heads: 3,
        dim: 64,
        scale: case.scale,
        products: case.products,
        positions: case.positions(),
        queries: None,
    };
    attention.run(Isa::detect(), &Threads(4), &mut out).unwrap();
    assert_eq!(out, case.run(Isa::detect()));
}

#[test]
fn large_scores_do_not_overflow() {
    // Scores of thousands: their f32 rounding, not the softmax, decides the weights' precision.
    let mut case = Case::new(&[40], 1, 16, true, true, deberta());
    case.scale = 100.0;
    let expected = case.oracle();
    for isa in Isa::available() {
        let off = case
            .run(isa)
            .iter()
            .zip(&expected)
            .map(|(g, e)| (g - e).abs())
            .fold(0.0, f32::max);
        assert!(off < 1e-2, "{isa:?}: {off}");
    }
    // Of integers, scores of thousands keep their order and no more: outputs are still values.
    let most = case.qkv.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
    for products in [Products::Pairs, Products::Bytes] {
        case.products = products;
        for isa in Isa::available() {
            assert!(case.run(isa).iter().all(|x| x.abs() <= 1.001 * most));
        }
    }
}

#[test]
fn nan_stays_in_its_sequence() {
    let mut case = Case::new(&[20, 20], 1, 16, true, true, deberta());
    // A query, a key, a value.
    for place in [3, 19, 35] {
        for bad in [f32::NAN, f32::INFINITY] {
            let before = std::mem::replace(&mut case.qkv[place], bad);
            for (isa, products) in everything() {
                case.products = products;
                let out = case.run(isa);
                let what = format!("{isa:?}, {products:?}, {place}, {bad}");
                // A key of infinity may count for nothing.
                if bad.is_nan() {
                    // A value is one column's business, a query or key all columns'.
                    let column = place - 32 * usize::from(place >= 32);
                    let held = if place < 32 {
                        0..16
                    } else {
                        column..column + 1
                    };
                    assert!(out[held].iter().all(|x| x.is_nan()), "{what}");
                }
                assert!(out[20 * 16..].iter().all(|x| x.is_finite()), "{what}");
            }
            case.qkv[place] = before;
        }
    }
}

#[test]
fn integers_are_as_good_at_any_magnitude() {
    // Zeros, rows a million times longer than others, one value that dwarfs its column's.
    let mut case = Case::new(&[100], 2, 16, true, true, deberta());
    let token = 3 * 32;
    for (i, x) in case.qkv.iter_mut().enumerate() {
        *x *= match (i / token, i % token / 32) {
            (0..5, _) => 0.0,
            (5..10, 0 | 1) => 1e-6,
            (10, 2) => 1e3,
            (_, 2) => 1.0,
            _ => 0.5,
        };
    }
    let expected = case.oracle();
    let whole = case.qkv.clone();
    for (products, tolerance) in [
        (Products::Pairs, PAIRS_TOLERANCE),
        (Products::Bytes, BYTES_TOLERANCE),
    ] {
        case.products = products;
        case.qkv.clone_from(&whole);
        for isa in Isa::available() {
            let what = format!("{isa:?}, {products:?}");
            assert_close(&case.run(isa), &expected, 1e3 * tolerance, &what);
        }
        case.qkv.fill(0.0);
        for isa in Isa::available() {
            assert!(case.run(isa).iter().all(|&x| x == 0.0), "{isa:?}");
        }
    }
}

#[test]
fn too_many_keys_for_integers_are_refused() {
    let len = (1 << 17) + 1;
    let qkv = vec![0.0; len * 6];
    let attention = Attention {
        qkv: &qkv,
        cu_lengths: &[0, len as i64],
        heads: 1,
        dim: 2,
        scale: 1.0,
        products: Products::Pairs,
        positions: None,
        queries: Some(&[0]),
    };
    let mut out = [0.0; 2];
    assert!(matches!(
        attention.run(Isa::detect(), &Serial, &mut out),
        Err(ShapeError::Overflow { .. })
    ));
}

#[test]
fn shapes_are_checked() {
    let qkv = [0.0; 60];
    let table = [0.0; 20];
    let positions = Positions {
        rows: 5,
        key: Some(&table),
        query: None,
        buckets: &[0, 2, 4],
    };
    let good = Attention {
        qkv: &qkv,
        cu_lengths: &[0, 2, 5],
        heads: 2,
        dim: 2,
        scale: 1.0,
        products: Products::Single,
        positions: Some(positions),
        queries: None,
    };
    let run = |a: Attention, len: usize| a.run(Isa::detect(), &Serial, &mut vec![0.0; len]);
    assert_eq!(run(good, 20), Ok(()));
    assert!(matches!(run(good, 19), Err(ShapeError::Length { .. })));
    assert!(matches!(
        run(Attention { heads: 3, ..good }, 20),
        Err(ShapeError::Length { .. })
    ));
    assert!(matches!(
        run(
            Attention {
                heads: usize::MAX,
                ..good
            },
            20
        ),
        Err(ShapeError::Overflow { .. })
    ));
    for token in [-1, 5, i64::MAX] {
        let queries = Some(&[0, token][..]);
        assert_eq!(
            run(Attention { queries, ..good }, 8),
            Err(ShapeError::Query {
                got: token,
                tokens: 5
            })
        );
    }
    assert!(matches!(
        run(
            Attention {
                queries: Some(&[0, 1, 1]),
                ..good
            },
            20
        ),
        Err(ShapeError::Length { .. })
    ));
    for cu in [&[][..], &[1, 5], &[0, 3, 2, 5], &[0, -1, 5]] {
        assert_eq!(
            run(
                Attention {
                    cu_lengths: cu,
                    ..good
                },
                20
            ),
            Err(ShapeError::Offsets)
        );
    }
    assert!(matches!(
        run(
            Attention {
                cu_lengths: &[0, i64::MAX],
                ..good
            },
            20
        ),
        Err(ShapeError::Overflow { .. })
    ));
    let with = |p: Positions<'static>| {
        run(
            Attention {
                positions: Some(p),
                ..good
            },
            20,
        )
    };
    assert!(matches!(
        with(Positions {
            rows: 6,
            key: Some(&[0.0; 20]),
            query: None,
            buckets: &[0]
        }),
        Err(ShapeError::Length { .. })
    ));
    assert_eq!(
        with(Positions {
            rows: 5,
            key: None,
            query: None,
            buckets: &[0, 1]
        }),
        Err(ShapeError::Buckets { len: 2 })
    );
    assert_eq!(
        with(Positions {
            rows: 5,
            key: None,
            query: None,
            buckets: &[5]
        }),
        Err(ShapeError::BucketRow { row: 5, rows: 5 })
    );
    assert_eq!(
        with(Positions {
            rows: 5,
            key: None,
            query: None,
            buckets: &[-1]
        }),
        Err(ShapeError::BucketRow { row: -1, rows: 5 })
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_shape(
        lengths in prop::collection::vec(1usize..600, 1..4),
        heads in 1usize..4,
        dim in 1usize..70,
        key: bool,
        query: bool,
        span in 2usize..40,
        reach in 0usize..200,
    ) {
        check(Case::new(&lengths, heads, dim, key, query, log_buckets(span * 2, span * 4, reach)));
    }
}
