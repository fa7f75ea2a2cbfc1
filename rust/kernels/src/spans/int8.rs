//! Spans' sums as bytes, multiplied as a linear layer's rows are, with the labels for weights.
//!
//! A row's words become integers once, each element of the sums by a scale of its own, which its labels' elements take along;
//! then a span's sum is an addition of integers. Sums have seven bits without a sign, labels eight with one: two products fit 16 bits
//! on every instruction set, whether it takes sums with a sign or without.

use super::{NO_SPAN, SpanScores};
use crate::linear::dot::Dot;
use crate::linear::quantize::{self, Quantize};
use crate::linear::tile::{MOST_ROWS, Tiles};
use crate::linear::{Activation, CHANNELS, DEPTH};
use crate::parallel::Shared;
use crate::scratch::Scratch;
use crate::{Isa, Parallel};

/// The largest sum.
const LARGEST: i16 = 127;
/// Words' parts are in quarters of a sum's unit, so that a sum is rounded but once, nearly.
const QUARTERS: f32 = 4.0;
/// Where words' parts end: two fit 16 bits. What is less makes a sum less than 0; what is more gets a coarser unit.
const MOST: f32 = 16_000.0;
/// An element whose largest sum is smaller counts as zero.
const SMALLEST: f32 = 1e-30;

/// The parts of one row's words, to be made integers.
pub(crate) struct Words {
    /// `count` rows of `inner` readable elements each.
    starts: *const f32,
    ends: *const f32,
    count: usize,
    inner: usize,
    /// As many writable integers each.
    start_integers: *mut i16,
    end_integers: *mut i16,
    /// `count` writable elements each: 0, or NaN where a part isn't finite.
    start_faults: *mut f32,
    end_faults: *mut f32,
    /// `inner` writable elements: one of a sum's integers.
    units: *mut f32,
    /// As many writable elements each.
    inverses: *mut f32,
    tops: *mut f32,
}

/// # Safety
/// The CPU has `S`; the pointers of `w` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn words<S: Dot>(w: &Words) {
    // SAFETY: the caller's.
    let [units, inverses, tops] = [w.units, w.inverses, w.tops]
        .map(|p| unsafe { std::slice::from_raw_parts_mut(p, w.inner) });
    let parts = [
        (w.starts, w.start_integers, w.start_faults),
        (w.ends, w.end_integers, w.end_faults),
    ];
    // The largest start and the largest end add up to no less than the largest sum.
    units.fill(0.0);
    tops.fill(0.0);
    for (from, _, _) in parts {
        inverses.fill(f32::NEG_INFINITY);
        for word in 0..w.count {
            // SAFETY: word < count.
            let row = unsafe { std::slice::from_raw_parts(from.add(word * w.inner), w.inner) };
            for (most, &x) in inverses.iter_mut().zip(row) {
                *most = if x > *most { x } else { *most };
            }
        }
        for ((unit, top), &most) in units.iter_mut().zip(&mut *tops).zip(&*inverses) {
            *unit += most / f32::from(LARGEST);
            *top = if most > *top { most } else { *top };
        }
    }
    for ((unit, inverse), &top) in units.iter_mut().zip(&mut *inverses).zip(&*tops) {
        let least = top / MOST * QUARTERS;
        let coarsest = if least > *unit { least } else { *unit };
        *unit = if *unit > SMALLEST { coarsest } else { 0.0 };
        *inverse = if *unit > 0.0 { QUARTERS / *unit } else { 0.0 };
    }
    for (from, to, faults) in parts {
        for word in 0..w.count {
            // SAFETY: word < count.
            let (row, integers) = unsafe {
                (
                    std::slice::from_raw_parts(from.add(word * w.inner), w.inner),
                    std::slice::from_raw_parts_mut(to.add(word * w.inner), w.inner),
                )
            };
            let mut finite = true;
            for ((integer, &x), &inverse) in integers.iter_mut().zip(row).zip(&*inverses) {
                // What isn't a number becomes one of the bounds.
                let low = if x * inverse > -MOST {
                    x * inverse
                } else {
                    -MOST
                };
                let scaled = if low < MOST { low } else { MOST };
                // SAFETY: both bounds fit.
                *integer = unsafe { scaled.round_ties_even().to_int_unchecked::<i32>() } as i16;
                finite &= x.is_finite();
            }
            // SAFETY: word < count.
            unsafe { *faults.add(word) = if finite { 0.0 } else { f32::NAN } };
        }
    }
}

/// Some spans of one word.
pub(crate) struct Sums {
    /// `inner` readable integers.
    start: *const i16,
    /// `widths` rows of `inner` readable integers.
    ends: *const i16,
    widths: usize,
    inner: usize,
    /// `widths` rows of `inner` writable bytes, `stride` apart.
    out: *mut u8,
    stride: usize,
}

/// # Safety
/// The CPU has `S`; the pointers of `s` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn sums<S: Dot>(s: &Sums) {
    // SAFETY: the caller's.
    let start = unsafe { std::slice::from_raw_parts(s.start, s.inner) };
    for width in 0..s.widths {
        // SAFETY: width < widths.
        let (end, out) = unsafe {
            (
                std::slice::from_raw_parts(s.ends.add(width * s.inner), s.inner),
                std::slice::from_raw_parts_mut(s.out.add(width * s.stride), s.inner),
            )
        };
        for ((out, &start), &end) in out.iter_mut().zip(start).zip(end) {
            // Half a unit more, then down.
            *out = ((start + end + 2) >> 2).clamp(0, LARGEST) as u8;
        }
    }
}

/// One row's labels, to be made weights of eight bits, each as a linear layer's row of activations is.
pub(crate) struct Labels {
    /// `count` rows of `inner` readable elements.
    labels: *const f32,
    count: usize,
    inner: usize,
    /// `inner` readable elements: what each element is multiplied by first.
    units: *const f32,
    /// `inner` writable elements.
    scaled: *mut f32,
    /// `inner` writable bytes.
    bytes: *mut u8,
    /// Writable, as [`pack_weights`](crate::pack_weights) lays them out, zeros.
    packed: *mut i8,
    /// `count` writable elements: a label's weights are its integers times this.
    scales: *mut f32,
}

/// # Safety
/// The CPU has `S`; the pointers of `l` are valid for the extents that its fields describe.
#[inline(always)]
pub(crate) unsafe fn labels<S: Dot>(l: &Labels) {
    let steps = l.inner.div_ceil(DEPTH);
    let (units, scaled, bytes);
    // SAFETY: the caller's.
    unsafe {
        units = std::slice::from_raw_parts(l.units, l.inner);
        scaled = std::slice::from_raw_parts_mut(l.scaled, l.inner);
        bytes = std::slice::from_raw_parts_mut(l.bytes, l.inner);
    }
    for label in 0..l.count {
        // SAFETY: label < count; panels hold every label.
        unsafe {
            let row = std::slice::from_raw_parts(l.labels.add(label * l.inner), l.inner);
            for ((scaled, &x), &unit) in scaled.iter_mut().zip(row).zip(units) {
                *scaled = x * unit;
            }
            quantize::run::<S>(&Quantize {
                x: scaled.as_ptr(),
                rows: 1,
                width: l.inner,
                depth: l.inner,
                out: bytes.as_mut_ptr(),
                stride: l.inner,
                scales: l.scales.add(label),
            });
            let panel = label / CHANNELS * steps * CHANNELS * DEPTH;
            let packed = l.packed.add(panel + label % CHANNELS * DEPTH);
            for (step, four) in bytes.chunks(DEPTH).enumerate() {
                for (i, &byte) in four.iter().enumerate() {
                    *packed.add(step * CHANNELS * DEPTH + i) = (byte ^ S::FLIP) as i8;
                }
            }
        }
    }
}

/// Scores of all spans that lie inside their rows, and of those that would begin inside.
///
/// # Safety
/// `s` has been checked; `firsts` are its rows' first words; `out` has its size, `longest` words a row.
pub(super) unsafe fn run_all(
    s: &SpanScores,
    firsts: &[usize],
    longest: usize,
    isa: Isa,
    pool: &impl Parallel,
    out: Shared<f32>,
) {
    let rows = s.counts.len();
    let total = firsts[rows];
    let kernels = isa.int8(true);
    let integers = Scratch::bytes_for::<u32>((total * s.inner).div_ceil(2));
    let bytes = 2 * integers
        + 2 * Scratch::bytes_for::<f32>(total)
        + 4 * Scratch::bytes_for::<f32>(rows * s.inner)
        + Scratch::bytes_for::<f32>(rows * s.label_count)
        + Scratch::bytes_for::<u8>(rows * s.inner);
    let mut scratch = Scratch::with_bytes(bytes);
    let [starts, ends] = [(); 2].map(|()| {
        let words = scratch.take::<u32>((total * s.inner).div_ceil(2));
        Shared(words.as_ptr().cast::<i16>())
    });
    let [start_faults, end_faults] = [(); 2].map(|()| Shared(scratch.take::<f32>(total).as_ptr()));
    let [units, inverses, tops] =
        [(); 3].map(|()| Shared(scratch.take::<f32>(rows * s.inner).as_ptr()));
    let panels = s.label_count.div_ceil(CHANNELS);
    let depth = s.inner.next_multiple_of(DEPTH);
    let packed_size = panels * CHANNELS * depth;
    let mut weights = vec![0i8; rows * packed_size];
    let packed = Shared(weights.as_mut_ptr());
    let scales = Shared(scratch.take::<f32>(rows * s.label_count).as_ptr());
    let scaled = Shared(scratch.take::<f32>(rows * s.inner).as_ptr());
    let label_bytes = Shared(scratch.take::<u8>(rows * s.inner).as_ptr());
    pool.for_each(rows, &|row| {
        let at = firsts[row] * s.inner;
        // SAFETY: lengths have been checked; tasks write disjoint parts.
        unsafe {
            (kernels.span_words)(&Words {
                starts: s.starts.as_ptr().add(at),
                ends: s.ends.as_ptr().add(at),
                count: firsts[row + 1] - firsts[row],
                inner: s.inner,
                start_integers: starts.at(at),
                end_integers: ends.at(at),
                start_faults: start_faults.at(firsts[row]),
                end_faults: end_faults.at(firsts[row]),
                units: units.at(row * s.inner),
                inverses: inverses.at(row * s.inner),
                tops: tops.at(row * s.inner),
            });
            (kernels.span_labels)(&Labels {
                labels: s.labels.as_ptr().add(row * s.label_count * s.inner),
                count: s.label_count,
                inner: s.inner,
                units: units.at(row * s.inner),
                scaled: scaled.at(row * s.inner),
                bytes: label_bytes.at(row * s.inner),
                packed: packed.at(row * packed_size),
                scales: scales.at(row * s.label_count),
            });
        }
    });

    // Four products of such sums and labels do not fit.
    let light = vec![false; panels];
    let corrections = vec![0; panels * CHANNELS];
    // A cache line more, as linear layers have it.
    let stride = depth + 64;
    let share = (MOST_ROWS / s.max_width).max(1);
    s.for_each_block(firsts, share, pool, &|row, words| {
        let most = words.len() * s.max_width;
        let bytes = Scratch::bytes_for::<u8>(most * stride) + Scratch::bytes_for::<f32>(most);
        let mut scratch = Scratch::with_bytes(bytes);
        let sums = scratch.take::<u8>(most * stride).as_ptr();
        let faults = scratch.take::<f32>(most).as_ptr();
        // SAFETY: lengths have been checked; spans counts up to most; tasks write disjoint parts.
        unsafe {
            let tiles = |first: usize, spans: usize, out: *mut f32| {
                for part in (0..spans).step_by(MOST_ROWS) {
                    (kernels.tiles)(&Tiles {
                        a: sums.add((first + part) * stride),
                        a_stride: stride,
                        row_scales: faults.add(first + part),
                        rows: MOST_ROWS.min(spans - part),
                        depth,
                        weights: packed.at(row * packed_size),
                        panels,
                        light: light.as_ptr(),
                        scales: scales.at(row * s.label_count),
                        bias: Some(s.offsets.as_ptr().add(row * s.label_count)),
                        corrections: corrections.as_ptr(),
                        channels: s.label_count,
                        activation: Activation::None,
                        out: out.add(part * s.label_count),
                        out_stride: s.label_count,
                    });
                }
            };
            let mut spans = 0;
            // Words whose spans all lie inside the row are multiplied together: their scores follow each other.
            let mut whole = 0;
            let place = |word: usize| out.at((row * longest + word) * s.max_width * s.label_count);
            for word in words.clone() {
                let at = firsts[row] + word;
                let widths = s.max_width.min(firsts[row + 1] - at);
                (kernels.span_sums)(&Sums {
                    start: starts.at(at * s.inner),
                    ends: ends.at(at * s.inner),
                    widths,
                    inner: s.inner,
                    out: sums.add(spans * stride),
                    stride,
                });
                for width in 0..widths {
                    *faults.add(spans + width) =
                        1.0 + *start_faults.at(at) + *end_faults.at(at + width);
                }
                if widths == s.max_width {
                    whole = spans + widths;
                } else {
                    tiles(spans, widths, place(word));
                    let size = s.max_width * s.label_count;
                    std::slice::from_raw_parts_mut(place(word), size)[widths * s.label_count..]
                        .fill(NO_SPAN);
                }
                spans += widths;
            }
            tiles(0, whole, place(words.start));
        }
    });
}
