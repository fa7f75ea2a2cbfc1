//! Fused CPU kernels for GLiNER on DeBERTa: disentangled attention, int8 linear layers, layer normalization,
//! a bidirectional LSTM, span scores.
//!
//! Numbers in, numbers out: no Python, no ONNX Runtime, no threads of its own ([`Parallel`] brings them). The
//! instruction set is chosen at run time ([`Isa`]); every kernel exists for all of them, down to plain Rust.

mod attention;
mod bytes;
mod error;
mod gemm;
mod isa;
mod linear;
mod lstm;
mod math;
mod norm;
mod pack;
mod pairs;
mod parallel;
mod ragged;
mod scratch;
mod simd;
mod skew;
mod softmax;
mod spans;

pub use attention::{Attention, Positions};
pub use error::ShapeError;
pub use gemm::Products;
pub use isa::Isa;
pub use linear::{
    Activation, CHANNELS, DEPTH, LinearInputs, QuantLinear, pack_weights, packed_len,
};
pub use lstm::BiLstm;
pub use norm::AddLayerNorm;
pub use parallel::{Parallel, Serial, Threads};
pub use scratch::release_scratch;
pub use spans::{NO_SPAN, SpanScores};
