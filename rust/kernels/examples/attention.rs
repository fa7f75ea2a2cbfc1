//! Times the attention of one layer per instruction set: `cargo run --release --example attention [ISA]`. Of DeBERTa-large,
//! four windows of 290 tokens, and of the packaged model, a note of 438 tokens.

use std::time::Instant;

use gliner_fast_kernels::{Attention, Isa, Positions, Products, Serial, Threads};

fn main() {
    for (name, heads, dim, rows, len, sequences, query) in [
        ("large", 16, 64, 512, 290, 4, true),
        ("packaged", 4, 48, 64, 438, 1, false),
    ] {
        time(name, heads, dim, rows, len, sequences, query);
    }
}

/// `query`: with the position→content term.
fn time(
    name: &str,
    heads: usize,
    dim: usize,
    rows: usize,
    len: usize,
    sequences: usize,
    with_query: bool,
) {
    let width = heads * dim;
    let wave = |n: usize| (0..n).map(|i| (i as f32 * 0.37).sin()).collect::<Vec<_>>();
    let (qkv, key, query) = (
        wave(len * sequences * 3 * width),
        wave(rows * width),
        wave(rows * width),
    );
    let cu = (0..=sequences as i64)
        .map(|i| i * len as i64)
        .collect::<Vec<_>>();
    let buckets = (-600..=600)
        .map(|d: i32| {
            let a = f64::from(d.abs());
            let span = rows as f64 / 2.0;
            let middle = span / 2.0;
            let b = if a <= middle {
                a
            } else {
                ((a / middle).ln() / (511.0 / middle).ln() * (middle - 1.0)).ceil() + middle
            };
            (b as i32 * d.signum() + span as i32).clamp(0, rows as i32 - 1)
        })
        .collect::<Vec<_>>();
    let mut out = vec![0.0; len * sequences * width];
    // Products of len × len × dim a head: content-content, values, and the position terms as if they were whole.
    let products = if with_query { 4 } else { 3 };
    let flops = (products * 2 * len * len * dim * heads * sequences) as f64;
    for isa in Isa::available().into_iter().filter(|isa| {
        std::env::args()
            .nth(1)
            .is_none_or(|a| format!("{isa:?}") == a)
    }) {
        for (threads, products) in [1, 2]
            .into_iter()
            .flat_map(|n| [Products::Single, Products::Pairs, Products::Bytes].map(|p| (n, p)))
        {
            let mut times = (0..31)
                .map(|_| {
                    let positions = Positions {
                        rows,
                        key: Some(&key),
                        query: with_query.then_some(&query[..]),
                        buckets: &buckets,
                    };
                    let attention = Attention {
                        qkv: &qkv,
                        cu_lengths: &cu,
                        heads,
                        dim,
                        scale: 0.07,
                        products,
                        positions: Some(positions),
                        queries: None,
                    };
                    let start = Instant::now();
                    if threads == 1 {
                        attention.run(isa, &Serial, &mut out).unwrap();
                    } else {
                        attention.run(isa, &Threads(threads), &mut out).unwrap();
                    }
                    start.elapsed().as_secs_f64()
                })
                .collect::<Vec<_>>();
            times.sort_by(f64::total_cmp);
            println!(
                "{name}, {isa:?} × {threads}, {products:?}: {:.2} ms (best {:.2}), {:.0} GFLOP/s (best {:.0})",
                times[15] * 1e3,
                times[0] * 1e3,
                flops / times[15] / 1e9,
                flops / times[0] / 1e9
            );
        }
    }
}
