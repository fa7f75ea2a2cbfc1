//! One vector vocabulary, four instruction sets.
//!
//! The kernels are written once against [`Simd`] and instantiated per instruction set by [`table`], whose entries
//! carry the `#[target_feature]` that lets the intrinsics inline. Orchestration stays plain, non-generic Rust and calls
//! through the table: a first layout that dispatched once and inlined the whole attention per instruction set compiled
//! four times slower and left the register allocator worse off in every micro-kernel.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod portable;
pub(crate) mod table;

/// The widest vector of any instruction set here, in f32 lanes: index tables are padded by this many entries.
pub(crate) const MAX_LANES: usize = 16;

/// A vector of `LANES` f32 values and what the kernels do with it.
///
/// # Safety
/// Every method requires that the CPU has the implementor's instruction set; pointers must be valid for `LANES`
/// elements (unaligned is fine) unless stated otherwise.
pub(crate) trait Simd: Copy {
    /// The vector type.
    type F: Copy;
    /// f32 lanes in a vector, a power of two.
    const LANES: usize;
    /// Vectors that the matrix micro-kernel spans, up to three.
    const TILE_VECTORS: usize;
    /// Its rows.
    const TILE_ROWS: usize;
    /// Rows of the micro-kernel when it spans four vectors; 0 where registers don't suffice.
    const WIDE_TILE_ROWS: usize;

    /// Asks for the cache line at `p`, which may be no valid address.
    #[inline(always)]
    unsafe fn prefetch(_: *const f32) {}
    unsafe fn splat(x: f32) -> Self::F;
    unsafe fn load(p: *const f32) -> Self::F;
    unsafe fn store(p: *mut f32, v: Self::F);
    unsafe fn add(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn sub(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn mul(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn div(a: Self::F, b: Self::F) -> Self::F;
    /// `a * b + c`, rounded once where the hardware can.
    unsafe fn fma(a: Self::F, b: Self::F, c: Self::F) -> Self::F;
    /// The larger of both; `b` where either is NaN.
    unsafe fn max(a: Self::F, b: Self::F) -> Self::F;
    /// The smaller of both; `b` where either is NaN.
    unsafe fn min(a: Self::F, b: Self::F) -> Self::F;
    unsafe fn abs(a: Self::F) -> Self::F;
    /// To the nearest integer, ties to even.
    unsafe fn round(a: Self::F) -> Self::F;
    /// `a * 2^n` for integral `n` in `[-126, 127]` and a normal result.
    unsafe fn scale2(a: Self::F, n: Self::F) -> Self::F;
    /// Keeps the first `n` lanes of `v`, `fill` in the others.
    unsafe fn keep_first(v: Self::F, n: usize, fill: Self::F) -> Self::F;
    /// `old` in the lanes whose index has bit `BIT` set, else `new`.
    unsafe fn blend_bit<const BIT: usize>(new: Self::F, old: Self::F) -> Self::F;
    /// `row[idx[lane]]` for indices that lie in `[idx[LANES-1], idx[LANES-1] + LANES)`; `row + idx[LANES-1]` must be
    /// readable for a whole vector.
    unsafe fn window(row: *const f32, idx: *const i32) -> Self::F;
    /// Transposes a tile: `dst[k * LANES + lane] = src[lane * stride + k] * scale`, `LANES` × `LANES`.
    unsafe fn transpose(src: *const f32, stride: usize, dst: *mut f32, scale: Self::F);
    unsafe fn reduce_add(v: Self::F) -> f32;
    unsafe fn reduce_max(v: Self::F) -> f32;
}

/// Vectors of 16-bit integers, two to a lane, and of bytes, four to a lane, where multiplying them is worth it.
///
/// # Safety
/// As [`Simd`].
pub(crate) trait SimdPairs: Simd {
    /// The vector type.
    type I: Copy;

    /// One cell in all lanes.
    unsafe fn splat_cell(cell: *const f32) -> Self::I;
    unsafe fn load_cells(cells: *const f32) -> Self::I;
    unsafe fn zero_sums() -> Self::I;
    /// Adds both products of each lane to its sum of 32 bits.
    unsafe fn add_products(a: Self::I, b: Self::I, sums: Self::I) -> Self::I;
    unsafe fn to_f32(sums: Self::I) -> Self::F;
    /// Rounds `LANES` numbers to as many integers, one after the other; they fit 16 bits.
    unsafe fn store_i16(p: *mut i16, v: Self::F);
    /// Rounds to integers, a pair in each lane; they fit 16 bits.
    unsafe fn store_pairs(cells: *mut f32, first: Self::F, second: Self::F);
    /// Adds the products of two neighbouring bytes, of `a` unsigned and of `b` signed, to each sum of 16 bits, which wraps; both
    /// products together fit 16 bits.
    unsafe fn add_byte_products(a: Self::I, b: Self::I, sums: Self::I) -> Self::I;
    /// Both sums of 16 bits of each lane as one of 32.
    unsafe fn byte_sums(sums: Self::I) -> Self::I;
    /// Rounds `LANES` numbers to as many integers and adds `offset`; the sums fit a byte without sign.
    unsafe fn store_u8(p: *mut u8, v: Self::F, offset: u8);
    /// Rounds to integers, four in each lane; they fit a byte with sign.
    unsafe fn store_quads(cells: *mut f32, four: [Self::F; 4]);
    /// Stores sums of 16 bits with their signs changed.
    unsafe fn store_negated_i16(cells: *mut f32, sums: Self::I);
    /// The sums of the lanes whose index has bit 1 unset, and of those that have it set.
    unsafe fn reduce_halves(v: Self::F) -> [f32; 2];
}
