//! The parts of ONNX Runtime's C API that this library calls, written by hand.
//!
//! `OrtApi` is a struct of function pointers that only ever grows at its end (onnxruntime_c_api.h: "the order of functions can
//! never change"), so an entry is known by its index. The indices were read off ort-sys 2.0.0-rc.10's bindings, which
//! bindgen made of the header of 1.22, and agree with the header's own assertions (`ReleaseCustomOpDomain` is entry 101).
//! ort-sys itself was left out: 300 entries, a build script that links or downloads, and a struct per release, to call 20
//! functions.

use std::ffi::{c_char, c_int, c_void};

/// The API version asked for: 1.18 has all that is used here, and later runtimes serve earlier versions.
pub(crate) const API_VERSION: u32 = 18;

macro_rules! opaque {
    ($($name:ident),*) => { $(#[repr(C)] pub struct $name { _private: [u8; 0] })* };
}
opaque!(
    Status,
    Value,
    TypeAndShape,
    KernelInfo,
    KernelContext,
    SessionOptions,
    CustomOpDomain,
    ShapeInferContext
);

pub type StatusPtr = *mut Status;

/// `OrtErrorCode`
pub(crate) const FAIL: c_int = 1;
/// `OrtErrorCode`
pub(crate) const INVALID_ARGUMENT: c_int = 2;

/// `ONNXTensorElementDataType`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub(crate) struct ElementType(pub(crate) c_int);

impl ElementType {
    pub(crate) const FLOAT: Self = Self(1);
    pub(crate) const INT8: Self = Self(3);
    pub(crate) const INT32: Self = Self(6);
    pub(crate) const INT64: Self = Self(7);
}

/// `OrtCustomOpInputOutputCharacteristic`
pub(crate) const REQUIRED: c_int = 0;
/// `OrtCustomOpInputOutputCharacteristic`
pub(crate) const OPTIONAL: c_int = 1;

/// `OrtApiBase`
#[repr(C)]
pub struct ApiBase {
    pub(crate) get_api: unsafe extern "system" fn(version: u32) -> *const Api,
    pub(crate) get_version_string: unsafe extern "system" fn() -> *const c_char,
}

/// Entries of `OrtApi` up to the last one used; the table is longer.
const ENTRIES: usize = 275;

/// `OrtApi`
#[repr(C)]
pub struct Api {
    entries: [*const c_void; ENTRIES],
}

macro_rules! entries {
    ($($(#[$doc:meta])* $index:literal $name:ident($($arg:ident: $type:ty),*) $(-> $result:ty)?;)*) => {
        impl Api {
            $(
                $(#[$doc])*
                ///
                /// # Safety
                /// That of the C function: `self` is a runtime's table, pointers are valid and of its making.
                pub(crate) unsafe fn $name(&self, $($arg: $type),*) $(-> $result)? {
                    type Entry = unsafe extern "system" fn($($type),*) $(-> $result)?;
                    const { assert!($index < ENTRIES) };
                    // SAFETY: entry $index has this signature in every version of the API since API_VERSION.
                    unsafe { std::mem::transmute::<*const c_void, Entry>(self.entries[$index])($($arg),*) }
                }
            )*
        }
    };
}

entries! {
    /// `CreateStatus`
    0 create_status(code: c_int, message: *const c_char) -> StatusPtr;
    /// `CreateCustomOpDomain`
    26 create_custom_op_domain(name: *const c_char, out: *mut *mut CustomOpDomain) -> StatusPtr;
    /// `CustomOpDomain_Add`
    27 custom_op_domain_add(domain: *mut CustomOpDomain, op: *const CustomOp) -> StatusPtr;
    /// `AddCustomOpDomain`
    28 add_custom_op_domain(options: *mut SessionOptions, domain: *mut CustomOpDomain) -> StatusPtr;
    /// `GetTensorMutableData`
    51 get_tensor_mutable_data(value: *mut Value, out: *mut *mut c_void) -> StatusPtr;
    /// `GetTensorElementType`
    60 get_tensor_element_type(info: *const TypeAndShape, out: *mut ElementType) -> StatusPtr;
    /// `GetDimensionsCount`
    61 get_dimensions_count(info: *const TypeAndShape, out: *mut usize) -> StatusPtr;
    /// `GetDimensions`
    62 get_dimensions(info: *const TypeAndShape, values: *mut i64, count: usize) -> StatusPtr;
    /// `GetTensorTypeAndShape`
    65 get_tensor_type_and_shape(value: *const Value, out: *mut *mut TypeAndShape) -> StatusPtr;
    /// `KernelInfoGetAttribute_float`
    85 kernel_info_get_attribute_float(info: *const KernelInfo, name: *const c_char, out: *mut f32) -> StatusPtr;
    /// `KernelInfoGetAttribute_int64`
    86 kernel_info_get_attribute_int64(info: *const KernelInfo, name: *const c_char, out: *mut i64) -> StatusPtr;
    /// `KernelInfoGetAttribute_string`
    87 kernel_info_get_attribute_string(
        info: *const KernelInfo, name: *const c_char, out: *mut c_char, size: *mut usize
    ) -> StatusPtr;
    /// `KernelContext_GetInputCount`
    88 kernel_context_get_input_count(context: *const KernelContext, out: *mut usize) -> StatusPtr;
    /// `KernelContext_GetInput`
    90 kernel_context_get_input(context: *const KernelContext, index: usize, out: *mut *const Value) -> StatusPtr;
    /// `KernelContext_GetOutput`
    91 kernel_context_get_output(
        context: *mut KernelContext, index: usize, dims: *const i64, count: usize, out: *mut *mut Value
    ) -> StatusPtr;
    /// `ReleaseStatus`
    93 release_status(status: StatusPtr);
    /// `ReleaseTensorTypeAndShapeInfo`
    99 release_type_and_shape(info: *mut TypeAndShape);
    /// `ReleaseCustomOpDomain`
    101 release_custom_op_domain(domain: *mut CustomOpDomain);
    /// `KernelInfoGetConstantInput_tensor`
    249 kernel_info_get_constant_input(
        info: *const KernelInfo, index: usize, is_constant: *mut c_int, out: *mut *const Value
    ) -> StatusPtr;
    /// `KernelContext_ParallelFor`
    274 kernel_context_parallel_for(
        context: *const KernelContext, task: unsafe extern "system" fn(*mut c_void, usize), total: usize,
        batches: usize, user: *mut c_void
    ) -> StatusPtr;
}

// A version, padded, and 25 functions.
const _: () = assert!(size_of::<CustomOp>() == 26 * size_of::<usize>());

/// `OrtCustomOp`, as of version 18 of the API; compared field by field with the header.
#[repr(C)]
pub(crate) struct CustomOp {
    pub(crate) version: u32,
    pub(crate) create_kernel: Option<
        unsafe extern "system" fn(*const Self, *const Api, *const KernelInfo) -> *mut c_void,
    >,
    pub(crate) get_name: Option<unsafe extern "system" fn(*const Self) -> *const c_char>,
    pub(crate) get_execution_provider_type:
        Option<unsafe extern "system" fn(*const Self) -> *const c_char>,
    pub(crate) get_input_type: Option<unsafe extern "system" fn(*const Self, usize) -> ElementType>,
    pub(crate) get_input_type_count: Option<unsafe extern "system" fn(*const Self) -> usize>,
    pub(crate) get_output_type:
        Option<unsafe extern "system" fn(*const Self, usize) -> ElementType>,
    pub(crate) get_output_type_count: Option<unsafe extern "system" fn(*const Self) -> usize>,
    pub(crate) kernel_compute: Option<unsafe extern "system" fn(*mut c_void, *mut KernelContext)>,
    pub(crate) kernel_destroy: Option<unsafe extern "system" fn(*mut c_void)>,
    pub(crate) get_input_characteristic:
        Option<unsafe extern "system" fn(*const Self, usize) -> c_int>,
    pub(crate) get_output_characteristic:
        Option<unsafe extern "system" fn(*const Self, usize) -> c_int>,
    pub(crate) get_input_memory_type:
        Option<unsafe extern "system" fn(*const Self, usize) -> c_int>,
    pub(crate) get_variadic_input_min_arity:
        Option<unsafe extern "system" fn(*const Self) -> c_int>,
    pub(crate) get_variadic_input_homogeneity:
        Option<unsafe extern "system" fn(*const Self) -> c_int>,
    pub(crate) get_variadic_output_min_arity:
        Option<unsafe extern "system" fn(*const Self) -> c_int>,
    pub(crate) get_variadic_output_homogeneity:
        Option<unsafe extern "system" fn(*const Self) -> c_int>,
    // Since 16.
    pub(crate) create_kernel_v2: Option<
        unsafe extern "system" fn(
            *const Self,
            *const Api,
            *const KernelInfo,
            *mut *mut c_void,
        ) -> StatusPtr,
    >,
    pub(crate) kernel_compute_v2:
        Option<unsafe extern "system" fn(*mut c_void, *mut KernelContext) -> StatusPtr>,
    // Since 17.
    pub(crate) infer_output_shape:
        Option<unsafe extern "system" fn(*const Self, *mut ShapeInferContext) -> StatusPtr>,
    pub(crate) get_start_version: Option<unsafe extern "system" fn(*const Self) -> c_int>,
    pub(crate) get_end_version: Option<unsafe extern "system" fn(*const Self) -> c_int>,
    // Since 18.
    pub(crate) get_may_inplace:
        Option<unsafe extern "system" fn(*mut *mut c_int, *mut *mut c_int) -> usize>,
    pub(crate) release_may_inplace: Option<unsafe extern "system" fn(*mut c_int, *mut c_int)>,
    pub(crate) get_alias_map:
        Option<unsafe extern "system" fn(*mut *mut c_int, *mut *mut c_int) -> usize>,
    pub(crate) release_alias_map: Option<unsafe extern "system" fn(*mut c_int, *mut c_int)>,
}
