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
pub(super) fn corrections(packed: &[i8], inputs: usize, outputs: usize) -> Vec<i32> {
    let panel = inputs.next_multiple_of(DEPTH) * CHANNELS;
    if panel == 0 {
        return vec![0; outputs.next_multiple_of(CHANNELS)];
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

/// Whether the products of each two steps of a panel, pairs of neighbours summed, fit 16 bits for every unsigned activation.
///
/// The converter chooses the scales of seven-bit weights so that all panels are; those of other makers need not be. Passes
/// begin at even steps, so which two steps go together does not depend on them.
pub(super) fn light(packed: &[i8], inputs: usize, outputs: usize) -> Vec<bool> {
    const STEP: usize = CHANNELS * DEPTH;
    /// 255 · 128 < 2¹⁵.
    const MOST: i16 = 128;
    let panel = inputs.next_multiple_of(DEPTH) * CHANNELS;
    if panel == 0 {
        return vec![true; outputs.div_ceil(CHANNELS)];
    }
    packed
        .chunks_exact(panel)
        .map(|panel| {
            panel.chunks_exact(2 * STEP).all(|two| {
                let (first, second) = two.split_at(STEP);
                let mut most = 0;
                for (first, second) in first.chunks_exact(2).zip(second.chunks_exact(2)) {
                    let (mut above, mut below) = (0, 0);
                    for &weight in first.iter().chain(second) {
                        above += i16::from(weight.max(0));
                        below -= i16::from(weight.min(0));
                    }
                    most = most.max(above).max(below);
                }
                most <= MOST
            })
        })
        .collect()
}
