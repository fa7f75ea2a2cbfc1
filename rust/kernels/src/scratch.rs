//! Working memory of a task, reused across tasks, calls and kernels.
//!
//! One pool per process and not one buffer per kernel: 24 layers times as many threads would each keep theirs. Not
//! thread-local either: the threads are ONNX Runtime's, and a library with thread-local destructors can't be unloaded
//! safely on every platform.

use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A cache line; makes every slice of the pool 64-byte aligned.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// Buffers larger than this are freed after use: only very long sequences need them.
const KEEP_BYTES: usize = 8 << 20;
/// More buffers than this are freed too: a machine with more threads is a machine with more memory, but not without end.
const KEEP_BUFFERS: usize = 64;

static POOL: Mutex<Vec<Vec<Line>>> = Mutex::new(Vec::new());

/// Frees all buffers that no task is using: for embedders that unload this code.
pub fn release_scratch() {
    lock().clear();
}

/// Poisoning means nothing here: every state of the list is a good one.
fn lock() -> MutexGuard<'static, Vec<Vec<Line>>> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An aligned buffer borrowed from the pool. Its content is arbitrary but initialised.
pub(crate) struct Scratch {
    lines: Vec<Line>,
    used: usize,
}

impl Scratch {
    /// A buffer with room for `bytes`, counting each later [`take`](Self::take) rounded up to 64.
    pub(crate) fn with_bytes(bytes: usize) -> Self {
        let needed = bytes.div_ceil(size_of::<Line>());
        let mut pool = lock();
        // The smallest that is large enough. Otherwise the largest is replaced, so that the pool holds as many buffers as were
        // ever in use at once, and no collection of sizes that sequences of the past had.
        let fitting = (0..pool.len())
            .filter(|&i| pool[i].len() >= needed)
            .min_by_key(|&i| pool[i].len());
        let chosen = fitting.or_else(|| (0..pool.len()).max_by_key(|&i| pool[i].len()));
        let mut lines = chosen.map(|i| pool.swap_remove(i)).unwrap_or_default();
        drop(pool);
        if lines.len() < needed {
            // Freed first, and not grown in place: that would copy what nobody reads.
            drop(lines);
            lines = vec![Line([0; 64]); needed];
        }
        Self { lines, used: 0 }
    }

    /// A buffer of f32 slices of these sizes.
    pub(crate) fn floats<const N: usize>(sizes: [usize; N]) -> (Self, [*mut f32; N]) {
        let bytes = sizes.iter().map(|&n| Self::bytes_for::<f32>(n));
        let mut scratch = Self::with_bytes(bytes.sum());
        let slices = sizes.map(|n| scratch.take::<f32>(n).as_ptr());
        (scratch, slices)
    }

    /// The bytes that [`take`](Self::take) uses for `count` elements of `T`.
    pub(crate) const fn bytes_for<T>(count: usize) -> usize {
        (count * size_of::<T>()).next_multiple_of(size_of::<Line>())
    }

    /// The next `count` elements, aligned to 64 bytes, valid as long as this buffer lives.
    ///
    /// # Panics
    /// If the buffer was asked for with too few bytes.
    pub(crate) fn take<T: Plain>(&mut self, count: usize) -> NonNull<T> {
        let lines = Self::bytes_for::<T>(count) / size_of::<Line>();
        let slice = &mut self.lines[self.used..self.used + lines];
        self.used += lines;
        NonNull::new(slice.as_mut_ptr().cast()).expect("a slice is never null")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.lines.len() * size_of::<Line>() <= KEEP_BYTES {
            let mut pool = lock();
            if pool.len() < KEEP_BUFFERS {
                pool.push(std::mem::take(&mut self.lines));
            }
        }
    }
}

/// Types of which every bit pattern is a value.
pub(crate) trait Plain: Copy {}
impl Plain for f32 {}
impl Plain for u8 {}
impl Plain for u32 {}

#[cfg(test)]
mod tests {
    use super::*;

    // One test: tests run at once, and there is one pool.
    #[test]
    fn buffers_are_aligned_disjoint_reused_and_bounded() {
        let bytes = Scratch::bytes_for::<f32>(3) + Scratch::bytes_for::<u8>(100);
        let mut scratch = Scratch::with_bytes(bytes);
        let (a, b) = (scratch.take::<f32>(3), scratch.take::<u8>(100));
        assert_eq!(
            (a.addr().get() % 64, b.addr().get() - a.addr().get()),
            (0, 64)
        );
        drop(scratch);
        assert_eq!(lock().iter().map(Vec::len).collect::<Vec<_>>(), [3]);

        // Too small to serve: replaced. Then the smaller of two that fit.
        let large = Scratch::with_bytes(640);
        let small = Scratch::with_bytes(64);
        drop((large, small));
        assert_eq!(Scratch::with_bytes(65).lines.len(), 10);
        assert_eq!(Scratch::with_bytes(1).lines.len(), 1);
        drop(Scratch::with_bytes(KEEP_BYTES + 1));
        assert_eq!(lock().iter().map(Vec::len).collect::<Vec<_>>(), [1]);

        release_scratch();
        assert!(lock().is_empty());

        let mut empty = Scratch::with_bytes(0);
        let taken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| empty.take::<f32>(1)));
        assert!(
            taken.is_err(),
            "a buffer too small must panic, not overflow"
        );
    }
}
