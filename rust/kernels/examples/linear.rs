//! Times int8 linear layers per instruction set: `cargo run --release --example linear [ISA]`. Of DeBERTa-large, and of the
//! packaged model; with weights of eight bits, of seven, and of seven that are light.

use std::time::Instant;

use gliner_fast_kernels::{
    Activation, Isa, LinearInputs, QuantLinear, Serial, Threads, packed_len,
};

fn main() {
    let layers = [
        (1160, 1024, 3072, Activation::None),
        (1160, 1024, 1024, Activation::None),
        (1160, 1024, 4096, Activation::Gelu),
        (1160, 4096, 1024, Activation::None),
        (438, 192, 576, Activation::None),
        (438, 192, 512, Activation::Gelu),
        (438, 512, 192, Activation::None),
    ];
    let kinds = [("8 bits", 127), ("7 bits", 63), ("7 bits, light", 31)];
    for ((rows, inputs, outputs, activation), (kind, most)) in layers
        .into_iter()
        .flat_map(|layer| kinds.map(|kind| (layer, kind)))
    {
        let x = (0..rows * inputs)
            .map(|i| (i as f32 * 0.37).sin())
            .collect::<Vec<_>>();
        let weights = (0..packed_len(inputs, outputs).unwrap())
            .map(|i| ((i as u32).wrapping_mul(2_654_435_761) >> 8) as i32 % (2 * most + 1) - most)
            .map(|w| w as i8)
            .collect::<Vec<_>>();
        let (scales, bias) = (vec![1e-4; outputs], vec![0.1; outputs]);
        let layer = QuantLinear::new(inputs, outputs, &weights, activation).unwrap();
        let mut out = vec![0.0; rows * outputs];
        let flops = (2 * rows * inputs * outputs) as f64;
        for isa in Isa::available() {
            if std::env::args()
                .nth(1)
                .is_some_and(|name| name != format!("{isa:?}"))
            {
                continue;
            }
            for threads in [1, 2] {
                let mut times = (0..31)
                    .map(|_| {
                        let inputs = LinearInputs {
                            x: &x,
                            weights: &weights,
                            scales: &scales,
                            bias: Some(&bias),
                        };
                        let start = Instant::now();
                        if threads == 1 {
                            layer.run(inputs, isa, &Serial, &mut out).unwrap();
                        } else {
                            layer.run(inputs, isa, &Threads(threads), &mut out).unwrap();
                        }
                        start.elapsed().as_secs_f64()
                    })
                    .collect::<Vec<_>>();
                times.sort_by(f64::total_cmp);
                let (best, median) = (times[0] * 1e3, times[15] * 1e3);
                println!(
                    "{inputs} → {outputs} {activation:?}, {kind}, {isa:?} × {threads}: {median:.2} ms (best {best:.2}), {:.0} GOP/s (best {:.0})",
                    flops / median / 1e6,
                    flops / best / 1e6
                );
            }
        }
    }
}
