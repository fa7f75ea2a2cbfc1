//! What the kernels' tests share: deterministic data and DeBERTa's bucket function.

#![allow(dead_code)]

/// Deterministic normal-looking data: the sum of four uniforms, centred, with unit variance.
pub fn noise(seed: u64, count: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    (0..count)
        .map(|_| (uniform() + uniform() + uniform() + uniform() - 2.0) * 3f32.sqrt())
        .collect()
}

/// The bucket table of a DeBERTa with `span` position buckets and a maximum distance, for distances up to `reach`:
/// `make_log_bucket_position` of transformers, plus `span`, clamped to the table.
pub fn log_buckets(span: usize, max_position: usize, reach: usize) -> Vec<i32> {
    let mid = (span / 2) as f64;
    let (span, reach) = (span as i64, reach as i64);
    (-reach..=reach)
        .map(|relative| {
            let distance = relative.abs() as f64;
            let bucket = if distance <= mid {
                relative
            } else {
                let log = ((distance / mid).ln() / ((max_position as f64 - 1.0) / mid).ln()
                    * (mid - 1.0))
                    .ceil()
                    + mid;
                log as i64 * relative.signum()
            };
            (bucket + span).clamp(0, 2 * span - 1) as i32
        })
        .collect()
}

/// Offsets of sequences of these lengths.
pub fn offsets(lengths: &[usize]) -> Vec<i64> {
    let mut total = 0;
    std::iter::once(0)
        .chain(lengths.iter().map(|&len| {
            total += len as i64;
            total
        }))
        .collect()
}
