//! The layout of packed weights.

/// Output channels in a panel: the i32 lanes of the widest vector. Narrower instruction sets read a panel in parts.
pub const CHANNELS: usize = 16;
/// Inputs that lie together: what one dot-product instruction sums (`vpdpbusd`, `sdot`).
pub const DEPTH: usize = 4;

/// Elements of packed weights, padding included, or none if no machine can hold them.
#[must_use]
pub fn packed_len(inputs: usize, outputs: usize) -> Option<usize> {
    inputs
        .checked_next_multiple_of(DEPTH)?
        .checked_mul(outputs.checked_next_multiple_of(CHANNELS)?)
}

/// Packs `(outputs, inputs)` to `(ceil(outputs / 16), ceil(inputs / 4), 16, 4)`, zeros in the padding.
///
/// The same in NumPy: `w.reshape(n // 16, 16, k // 4, 4).transpose(0, 2, 1, 3)` on padded weights.
///
/// # Panics
/// If `weights` hasn't `outputs * inputs` elements.
#[must_use]
pub fn pack_weights(weights: &[i8], inputs: usize, outputs: usize) -> Vec<i8> {
    assert_eq!(
        Some(weights.len()),
        inputs.checked_mul(outputs),
        "weights: (outputs, inputs)"
    );
    let steps = inputs.div_ceil(DEPTH);
    let mut packed = vec![0; packed_len(inputs, outputs).expect("as long as weights, nearly")];
    for output in 0..outputs {
        for input in 0..inputs {
            let (panel, channel) = (output / CHANNELS, output % CHANNELS);
            let (step, part) = (input / DEPTH, input % DEPTH);
            packed[((panel * steps + step) * CHANNELS + channel) * DEPTH + part] =
                weights[output * inputs + input];
        }
    }
    packed
}

/// 128 times each channel's sum of weights, modulo 2³², from packed weights.
pub(super) fn corrections(packed: &[i8], inputs: usize) -> Vec<i32> {
    let panel = inputs.next_multiple_of(DEPTH) * CHANNELS;
    if panel == 0 {
        return Vec::new();
    }
    let mut corrections = Vec::with_capacity(packed.len() / panel * CHANNELS);
    for panel in packed.chunks_exact(panel) {
        let mut sums = [0i32; CHANNELS];
        for step in panel.chunks_exact(CHANNELS * DEPTH) {
            for (sum, parts) in sums.iter_mut().zip(step.chunks_exact(DEPTH)) {
                *sum += parts.iter().map(|&w| i32::from(w)).sum::<i32>();
            }
        }
        corrections.extend(sums.map(|sum| sum.wrapping_mul(128)));
    }
    corrections
}
