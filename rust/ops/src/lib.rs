//! ONNX Runtime custom operators over [`gliner_fast_kernels`]: the only crate that knows ONNX Runtime's C API.
//!
//! Built as a shared library that exports [`RegisterCustomOps`] and nothing else; nothing is linked or downloaded, the runtime
//! hands its functions over. In Python: `SessionOptions.register_custom_ops_library(path)`. The operators' domain is
//! `gliner_fast`, version 1; their inputs are documented in their modules.

mod attention;
mod custom_op;
mod ffi;
mod linear;
mod lstm;
mod norm;
mod ort;
mod products;
mod spans;
mod take;

use std::ptr;

use crate::attention::DisentangledAttention;
use crate::custom_op::table;
use crate::ffi::{ApiBase, CustomOp, SessionOptions, StatusPtr};
use crate::linear::QuantLinearOp;
use crate::lstm::BiLstmOp;
use crate::norm::AddLayerNormOp;
use crate::spans::SpanScoresOp;
use crate::take::TakeRowsOp;

static OPERATORS: [CustomOp; 6] = [
    table::<DisentangledAttention>(),
    table::<QuantLinearOp>(),
    table::<AddLayerNormOp>(),
    table::<BiLstmOp>(),
    table::<SpanScoresOp>(),
    table::<TakeRowsOp>(),
];

/// Adds the operators to a session's options: the entry point that ONNX Runtime looks for.
///
/// # Safety
/// Called by ONNX Runtime, with its own pointers.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn RegisterCustomOps(
    options: *mut SessionOptions,
    base: *const ApiBase,
) -> StatusPtr {
    // SAFETY: the runtime's pointers; OPERATORS is static; a runtime too old for API_VERSION gives null.
    unsafe {
        let api = ((*base).get_api)(ffi::API_VERSION);
        let Some(api) = api.as_ref() else {
            // CreateStatus has been the first entry since version 1.
            let message = c"gliner_fast operators need ONNX Runtime 1.18 or later";
            let oldest = ((*base).get_api)(1).as_ref();
            return oldest.map_or(ptr::null_mut(), |api| {
                api.create_status(ffi::FAIL, message.as_ptr())
            });
        };
        // Never released: sessions refer to it until they end, which nothing here gets to know. It is a name and a list of
        // pointers.
        let mut domain = ptr::null_mut();
        let status = api.create_custom_op_domain(c"gliner_fast".as_ptr(), &raw mut domain);
        if !status.is_null() {
            return status;
        }
        for operator in &OPERATORS {
            let status = api.custom_op_domain_add(domain, operator);
            if !status.is_null() {
                api.release_custom_op_domain(domain);
                return status;
            }
        }
        api.add_custom_op_domain(options, domain)
    }
}
