//! Blocks of rows times panels of channels, finished in place.

use std::mem::MaybeUninit;

use crate::linear::Activation;
use crate::linear::dot::Dot;
use crate::linear::{CHANNELS, DEPTH};
use crate::math::gelu;

/// One block of the product.
pub(crate) struct Tiles {
    /// `rows` rows of `depth` quantized activations, `a_stride` apart.
    pub(crate) a: *const u8,
    pub(crate) a_stride: usize,
    /// A scale per row.
    pub(crate) row_scales: *const f32,
    pub(crate) rows: usize,
    /// Inputs, in whole steps.
    pub(crate) depth: usize,
    /// `panels` panels.
    pub(crate) weights: *const i8,
    pub(crate) panels: usize,
    /// Whether each panel is light.
    pub(crate) light: *const bool,
    /// A scale per channel.
    pub(crate) scales: *const f32,
    pub(crate) bias: Option<*const f32>,
    /// A correction per channel, in whole panels.
    pub(crate) corrections: *const i32,
    /// Channels that exist; the last panel's others are padding.
    pub(crate) channels: usize,
    pub(crate) activation: Activation,
    /// `rows` rows of `channels` writable elements, `out_stride` apart.
    pub(crate) out: *mut f32,
    pub(crate) out_stride: usize,
}

/// Rows of a block at most.
pub(crate) const MOST_ROWS: usize = 128;
/// Panels of a tile at most.
const MOST_PANELS: usize = 3;
/// Inputs that a pass over a block's rows takes: three panels' weights stay in the first-level cache for all rows. In
/// one pass over all inputs they come from the second level for each tile, which costs a tenth.
const PASS: usize = 512;

/// Inputs from `first` on, `depth` of them; `last` if none follow.
#[derive(Clone, Copy)]
struct Pass {
    first: usize,
    depth: usize,
    last: bool,
}

/// Where a tile lies.
#[derive(Clone, Copy)]
struct Place {
    row: usize,
    panel: usize,
}

/// # Safety
/// The CPU has `S`; the pointers of `t` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn run<S: Dot>(t: &Tiles) {
    debug_assert!(t.rows <= MOST_ROWS && S::TILE_PANELS <= MOST_PANELS);
    // Sums between passes.
    let mut sums = [MaybeUninit::<S::Acc>::uninit(); MOST_ROWS * MOST_PANELS];
    let mut panel = 0;
    while panel < t.panels {
        let width = S::TILE_PANELS.min(t.panels - panel);
        let mut first = 0;
        loop {
            let depth = PASS.min(t.depth - first);
            let pass = Pass {
                first,
                depth,
                last: first + depth == t.depth,
            };
            let mut row = 0;
            while row < t.rows {
                let count = S::TILE_ROWS_I8.min(t.rows - row);
                let place = Place { row, panel };
                let sums = sums[row * MOST_PANELS..].as_mut_ptr().cast();
                // SAFETY: the tile lies inside t's extents; a later pass finds the sums that the first one left.
                unsafe {
                    match width {
                        1 => rows_of::<S, 1>(t, place, count, pass, sums),
                        2 if S::TILE_PANELS >= 2 => rows_of::<S, 2>(t, place, count, pass, sums),
                        3 if S::TILE_PANELS >= 3 => rows_of::<S, 3>(t, place, count, pass, sums),
                        _ => unreachable!("tile of {width} panels"),
                    }
                }
                row += count;
            }
            first += depth;
            if pass.last {
                break;
            }
        }
        panel += width;
    }
}

/// A runtime row count to a compile-time one; arms above `TILE_ROWS_I8` fold away.
#[inline(always)]
unsafe fn rows_of<S: Dot, const NP: usize>(
    t: &Tiles,
    place: Place,
    count: usize,
    pass: Pass,
    sums: *mut S::Acc,
) {
    unsafe {
        match count {
            1 => tile::<S, 1, NP>(t, place, pass, sums.cast()),
            2 => tile::<S, 2, NP>(t, place, pass, sums.cast()),
            3 if S::TILE_ROWS_I8 >= 3 => tile::<S, 3, NP>(t, place, pass, sums.cast()),
            4 if S::TILE_ROWS_I8 >= 4 => tile::<S, 4, NP>(t, place, pass, sums.cast()),
            5 if S::TILE_ROWS_I8 >= 5 => tile::<S, 5, NP>(t, place, pass, sums.cast()),
            6 if S::TILE_ROWS_I8 >= 6 => tile::<S, 6, NP>(t, place, pass, sums.cast()),
            7 if S::TILE_ROWS_I8 >= 7 => tile::<S, 7, NP>(t, place, pass, sums.cast()),
            8 if S::TILE_ROWS_I8 >= 8 => tile::<S, 8, NP>(t, place, pass, sums.cast()),
            _ => unreachable!("tile of {count} rows"),
        }
    }
}

/// `carried` holds the tile's sums between passes.
#[inline(always)]
unsafe fn tile<S: Dot, const MR: usize, const NP: usize>(
    t: &Tiles,
    place: Place,
    pass: Pass,
    carried: *mut [[S::Acc; NP]; MR],
) {
    unsafe {
        let Place { row, panel } = place;
        let panel_size = CHANNELS * t.depth;
        let mut a = t.a.add(row * t.a_stride + pass.first);
        let mut w = t.weights.add(panel * panel_size + pass.first * CHANNELS);
        let mut acc = if pass.first == 0 {
            [[S::zero(); NP]; MR]
        } else {
            carried.read()
        };
        let mut steps = pass.depth / DEPTH;
        if S::TWO_STEPS && *t.light.add(panel) {
            const { assert!(!S::TWO_STEPS || S::TILE_PANELS == 1) };
            for _ in 0..steps / 2 {
                let weights = [S::weights(w), S::weights(w.add(CHANNELS * DEPTH))];
                for (r, acc) in acc.as_flattened_mut().iter_mut().enumerate() {
                    let row = a.add(r * t.a_stride);
                    let two = [S::activations(row), S::activations(row.add(DEPTH))];
                    *acc = S::dot_two(*acc, two, weights);
                }
                a = a.add(2 * DEPTH);
                w = w.add(2 * CHANNELS * DEPTH);
            }
            steps %= 2;
        }
        for _ in 0..steps {
            let mut weights = [S::weights(w); NP];
            for (p, weights) in weights.iter_mut().enumerate().skip(1) {
                *weights = S::weights(w.add(p * panel_size));
            }
            for (r, acc) in acc.iter_mut().enumerate() {
                let step = S::activations(a.add(r * t.a_stride));
                for (acc, weights) in acc.iter_mut().zip(weights) {
                    *acc = S::dot(*acc, step, weights);
                }
            }
            a = a.add(DEPTH);
            w = w.add(CHANNELS * DEPTH);
        }
        if !pass.last {
            carried.write(acc);
            return;
        }
        // Out of line of the loop's registers: the sums pass through the first-level cache once.
        let mut sums = [[[0.0; CHANNELS]; NP]; MR];
        for (sums, acc) in sums.iter_mut().zip(acc) {
            for (p, acc) in acc.into_iter().enumerate() {
                S::finish(
                    acc,
                    t.corrections.add((panel + p) * CHANNELS),
                    sums[p].as_mut_ptr(),
                );
            }
        }
        let channel = panel * CHANNELS;
        if channel + NP * CHANNELS <= t.channels {
            // Each with a constant: a tile's vectors are finished without branches.
            match t.activation {
                Activation::None => whole::<S, MR, NP>(t, place, &sums, Activation::None),
                Activation::Gelu => whole::<S, MR, NP>(t, place, &sums, Activation::Gelu),
                Activation::Relu => whole::<S, MR, NP>(t, place, &sums, Activation::Relu),
            }
            return;
        }
        for (r, sums) in sums.iter().enumerate() {
            epilogue::<S>(
                t,
                row + r,
                channel,
                &sums.as_flattened()[..t.channels - channel],
            );
        }
    }
}

/// Finishes a tile all of whose channels exist.
#[inline(always)]
unsafe fn whole<S: Dot, const MR: usize, const NP: usize>(
    t: &Tiles,
    Place { row, panel }: Place,
    sums: &[[[f32; CHANNELS]; NP]; MR],
    activation: Activation,
) {
    let channel = panel * CHANNELS;
    for i in (0..NP * CHANNELS).step_by(S::LANES) {
        // SAFETY: the tile lies inside t's extents.
        unsafe {
            let scale = S::load(t.scales.add(channel + i));
            let mut bias = S::splat(0.0);
            if let Some(all) = t.bias {
                bias = S::load(all.add(channel + i));
            }
            let mut y = [scale; MR];
            for (r, y) in y.iter_mut().enumerate() {
                let scale = S::mul(S::splat(*t.row_scales.add(row + r)), scale);
                let sums = S::load(sums[r].as_flattened().as_ptr().add(i));
                // Not fused, as below.
                *y = S::add(S::mul(sums, scale), bias);
            }
            let y = activated::<S, MR>(activation, y);
            for (r, y) in y.into_iter().enumerate() {
                S::store(t.out.add((row + r) * t.out_stride + channel + i), y);
            }
        }
    }
}

/// Rescales a row of sums of a panel some of whose channels are padding, adds the bias, activates, writes.
#[inline(always)]
unsafe fn epilogue<S: Dot>(t: &Tiles, row: usize, channel: usize, sums: &[f32]) {
    unsafe {
        let row_scale = *t.row_scales.add(row);
        let out = t.out.add(row * t.out_stride + channel);
        let mut i = 0;
        while i + S::LANES <= sums.len() {
            finish::<S>(t, row_scale, channel + i, sums.as_ptr().add(i), out.add(i));
            i += S::LANES;
        }
        for (i, &sum) in sums.iter().enumerate().skip(i) {
            // A lane of a vector, so that the last channels get the same arithmetic.
            let mut y = sum * (row_scale * *t.scales.add(channel + i));
            if let Some(bias) = t.bias {
                y += *bias.add(channel + i);
            }
            if t.activation != Activation::None {
                let [lanes] = activated::<S, 1>(t.activation, [S::splat(y)]);
                y = S::reduce_max(lanes);
            }
            *out.add(i) = y;
        }
    }
}

/// Rescales a vector of sums, adds the bias, activates, writes.
#[inline(always)]
unsafe fn finish<S: Dot>(
    t: &Tiles,
    row_scale: f32,
    channel: usize,
    sums: *const f32,
    out: *mut f32,
) {
    unsafe {
        // Not fused: the same rounding on every instruction set.
        let scale = S::mul(S::splat(row_scale), S::load(t.scales.add(channel)));
        let mut y = S::mul(S::load(sums), scale);
        if let Some(bias) = t.bias {
            y = S::add(y, S::load(bias.add(channel)));
        }
        let [y] = activated::<S, 1>(t.activation, [y]);
        S::store(out, y);
    }
}

#[inline(always)]
unsafe fn activated<S: Dot, const N: usize>(activation: Activation, mut y: [S::F; N]) -> [S::F; N] {
    unsafe {
        match activation {
            Activation::None => {}
            Activation::Gelu => y = gelu::<S, N>(y),
            Activation::Relu => {
                for y in &mut y {
                    // Its second operand where one is NaN.
                    *y = S::max(S::splat(0.0), *y);
                }
            }
        }
        y
    }
}
