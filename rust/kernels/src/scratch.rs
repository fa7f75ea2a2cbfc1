//! Working memory of a task, reused across tasks, calls and kernels.
//!
//! One pool per process and not one buffer per kernel: 24 layers times as many threads would each keep theirs. Not
//! thread-local either: the threads are ONNX Runtime's, and a library with thread-local destructors can't be unloaded
//! safely on every platform.

use std::ptr::NonNull;
use std::sync::Mutex;

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
    POOL.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clear();
}

/// An aligned buffer borrowed from the pool. Its content is arbitrary but initialised.
pub(crate) struct Scratch {
    lines: Vec<Line>,
    used: usize,
}

impl Scratch {
    /// A buffer with room for `bytes`, counting each later [`take`](Self::take) rounded up to 64.
    pub(crate) fn with_bytes(bytes: usize) -> Self {
        let mut lines = POOL
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .pop()
            .unwrap_or_default();
        let needed = bytes.div_ceil(size_of::<Line>());
        if lines.len() < needed {
            // Not grown in place: that would copy what nobody reads.
            lines = vec![Line([0; 64]); needed];
        }
        Self { lines, used: 0 }
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
            let mut pool = POOL
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
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
