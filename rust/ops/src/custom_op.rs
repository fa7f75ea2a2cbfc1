//! An operator as a Rust trait, and the C table made of it.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Mutex;

use crate::ffi::{self, Api, CustomOp, ElementType, StatusPtr};
use crate::ort::{Context, Error, Info};

/// An operator: one instance per node and session.
pub(crate) trait Operator: Sized + Send + Sync + 'static {
    /// Its name in models, in the domain `gliner_fast`.
    const NAME: &'static CStr;
    /// Element type of every input, and whether nodes may leave it out.
    const INPUTS: &'static [(ElementType, bool)];

    /// Reads attributes and constant inputs.
    fn create(info: &Info) -> Result<Self, Error>;
    /// Computes the only output, f32. Runs on several threads at once if the session is called so.
    fn compute(&self, context: &Context) -> Result<(), Error>;
}

/// The operator's C table.
pub(crate) const fn table<O: Operator>() -> CustomOp {
    CustomOp {
        version: ffi::API_VERSION,
        create_kernel: None,
        get_name: Some(name::<O>),
        get_execution_provider_type: Some(provider),
        get_input_type: Some(input_type::<O>),
        get_input_type_count: Some(input_count::<O>),
        get_output_type: Some(output_type),
        get_output_type_count: Some(output_count),
        kernel_compute: None,
        kernel_destroy: Some(destroy::<O>),
        get_input_characteristic: Some(input_characteristic::<O>),
        get_output_characteristic: Some(output_characteristic),
        get_input_memory_type: Some(input_memory),
        get_variadic_input_min_arity: Some(variadic),
        get_variadic_input_homogeneity: Some(variadic),
        get_variadic_output_min_arity: Some(variadic),
        get_variadic_output_homogeneity: Some(variadic),
        create_kernel_v2: Some(create::<O>),
        kernel_compute_v2: Some(compute::<O>),
        infer_output_shape: None,
        get_start_version: None,
        get_end_version: None,
        get_may_inplace: None,
        release_may_inplace: None,
        get_alias_map: None,
        release_alias_map: None,
    }
}

/// Kernels alive in the process. The kernels' scratch memory outlives calls on purpose; when the last session goes, it
/// goes too, since the library may be unloaded then and statics are never dropped.
static ALIVE: Mutex<usize> = Mutex::new(0);

fn count_alive(change: impl FnOnce(&mut usize)) {
    let mut alive = ALIVE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    change(&mut alive);
    if *alive == 0 {
        gliner_fast_kernels::release_scratch();
    }
}

/// A node's operator and the runtime's functions.
struct Kernel<O> {
    api: &'static Api,
    operator: O,
}

/// Runs `f`; errors and panics become statuses.
fn guarded<O: Operator>(api: &Api, f: impl FnOnce() -> Result<(), Error>) -> StatusPtr {
    // A panic can leave nothing half-done that a later call sees: operators are immutable.
    match catch_unwind(AssertUnwindSafe(f)).unwrap_or(Err(Error::Internal("a panic"))) {
        Ok(()) => ptr::null_mut(),
        // SAFETY: api is the runtime's that made the status.
        Err(error) => unsafe { error.into_status(api, &O::NAME.to_string_lossy()) },
    }
}

unsafe extern "system" fn create<O: Operator>(
    _: *const CustomOp,
    api: *const Api,
    info: *const ffi::KernelInfo,
    kernel: *mut *mut c_void,
) -> StatusPtr {
    // SAFETY: the runtime's table lives as long as the runtime, which outlives its kernels.
    let api: &'static Api = unsafe { &*api };
    guarded::<O>(api, || {
        let operator = O::create(&Info { api, raw: info })?;
        count_alive(|alive| *alive += 1);
        // SAFETY: the runtime asks for the kernel here.
        unsafe { *kernel = Box::into_raw(Box::new(Kernel { api, operator })).cast() };
        Ok(())
    })
}

unsafe extern "system" fn compute<O: Operator>(
    kernel: *mut c_void,
    context: *mut ffi::KernelContext,
) -> StatusPtr {
    // SAFETY: made by create, not yet destroyed.
    let kernel = unsafe { &*kernel.cast::<Kernel<O>>() };
    guarded::<O>(kernel.api, || {
        kernel.operator.compute(&Context {
            api: kernel.api,
            raw: context,
        })
    })
}

unsafe extern "system" fn destroy<O: Operator>(kernel: *mut c_void) {
    if kernel.is_null() {
        return;
    }
    // SAFETY: made by create, destroyed once.
    drop(unsafe { Box::from_raw(kernel.cast::<Kernel<O>>()) });
    count_alive(|alive| *alive -= 1);
}

unsafe extern "system" fn name<O: Operator>(_: *const CustomOp) -> *const c_char {
    O::NAME.as_ptr()
}

unsafe extern "system" fn provider(_: *const CustomOp) -> *const c_char {
    c"CPUExecutionProvider".as_ptr()
}

unsafe extern "system" fn input_count<O: Operator>(_: *const CustomOp) -> usize {
    O::INPUTS.len()
}

unsafe extern "system" fn input_type<O: Operator>(_: *const CustomOp, index: usize) -> ElementType {
    O::INPUTS
        .get(index)
        .map_or(ElementType::FLOAT, |input| input.0)
}

unsafe extern "system" fn input_characteristic<O: Operator>(
    _: *const CustomOp,
    index: usize,
) -> c_int {
    match O::INPUTS.get(index) {
        Some((_, true)) => ffi::OPTIONAL,
        _ => ffi::REQUIRED,
    }
}

unsafe extern "system" fn output_count(_: *const CustomOp) -> usize {
    1
}

unsafe extern "system" fn output_type(_: *const CustomOp, _: usize) -> ElementType {
    ElementType::FLOAT
}

unsafe extern "system" fn output_characteristic(_: *const CustomOp, _: usize) -> c_int {
    ffi::REQUIRED
}

/// `OrtMemTypeDefault`
unsafe extern "system" fn input_memory(_: *const CustomOp, _: usize) -> c_int {
    0
}

/// No operator has variadic inputs or outputs; older runtimes ask anyway.
unsafe extern "system" fn variadic(_: *const CustomOp) -> c_int {
    1
}
