//! Times the attention of one DeBERTa-large layer per instruction set: `cargo run --release --example attention`.

use std::time::Instant;

use gliner_fast_kernels::{Attention, Isa, Positions, Serial, Threads};

fn main() {
    let (heads, dim, rows, len, sequences) = (16, 64, 512, 290, 4);
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
            let b = if a <= 128.0 {
                a
            } else {
                ((a / 128.0).ln() / (511.0f64 / 128.0).ln() * 127.0).ceil() + 128.0
            };
            (b as i32 * d.signum() + 256).clamp(0, 511)
        })
        .collect::<Vec<_>>();
    let mut out = vec![0.0; len * sequences * width];
    // Four products of len × len × dim a head: content-content, both position terms, values.
    let flops = (4 * 2 * len * len * dim * heads * sequences) as f64;
    for isa in Isa::available().into_iter().filter(|isa| {
        std::env::args()
            .nth(1)
            .is_none_or(|a| format!("{isa:?}") == a)
    }) {
        for threads in [1, 2] {
            let mut times = (0..31)
                .map(|_| {
                    let positions = Positions {
                        rows,
                        key: Some(&key),
                        query: Some(&query),
                        buckets: &buckets,
                    };
                    let attention = Attention {
                        qkv: &qkv,
                        cu_lengths: &cu,
                        heads,
                        dim,
                        scale: 0.07,
                        positions: Some(positions),
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
                "{isa:?} × {threads}: {:.2} ms (best {:.2}), {:.0} GFLOP/s (best {:.0})",
                times[15] * 1e3,
                times[0] * 1e3,
                flops / times[15] / 1e9,
                flops / times[0] / 1e9
            );
        }
    }
}
