//! ONNX Runtime's objects as Rust values: statuses are results, tensors are slices with shapes.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_int, c_void};
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use gliner_fast_kernels::{Parallel, ShapeError};

use crate::ffi::{self, Api, ElementType, StatusPtr};

/// Why an operator couldn't be created or run.
#[derive(Debug)]
pub(crate) enum Error {
    /// The runtime's own complaint, passed on as it is.
    Runtime(StatusPtr),
    /// The model's or the caller's mistake.
    Invalid(String),
    /// This library's own fault.
    Internal(&'static str),
}

impl From<ShapeError> for Error {
    fn from(error: ShapeError) -> Self {
        Self::Invalid(error.to_string())
    }
}

impl Error {
    /// # Safety
    /// `api` is the table of the runtime that made the status, if any.
    pub(crate) unsafe fn into_status(self, api: &Api, op: &str) -> StatusPtr {
        let (code, message) = match self {
            Self::Runtime(status) => return status,
            Self::Invalid(message) => (
                ffi::INVALID_ARGUMENT,
                format!("gliner_fast.{op}: {message}"),
            ),
            Self::Internal(message) => (
                ffi::FAIL,
                format!("gliner_fast.{op}: {message} (a bug in gliner-fast)"),
            ),
        };
        let message = CString::new(message.replace('\0', " ")).unwrap_or_default();
        // SAFETY: the message is copied.
        unsafe { api.create_status(code, message.as_ptr()) }
    }
}

fn check(status: StatusPtr) -> Result<(), Error> {
    if status.is_null() {
        Ok(())
    } else {
        Err(Error::Runtime(status))
    }
}

/// What an operator is created from: its attributes and constant inputs.
pub(crate) struct Info<'a> {
    pub(crate) api: &'a Api,
    pub(crate) raw: *const ffi::KernelInfo,
}

impl<'a> Info<'a> {
    /// An attribute that the model must set.
    pub(crate) fn int(&self, name: &CStr) -> Result<i64, Error> {
        let mut value = 0;
        // SAFETY: raw is the runtime's.
        check(unsafe {
            self.api
                .kernel_info_get_attribute_int64(self.raw, name.as_ptr(), &raw mut value)
        })?;
        Ok(value)
    }

    /// An attribute, or `default` where the model doesn't set it.
    pub(crate) fn float_or(&self, name: &CStr, default: f32) -> f32 {
        let mut value = default;
        // SAFETY: raw is the runtime's.
        let status = unsafe {
            self.api
                .kernel_info_get_attribute_float(self.raw, name.as_ptr(), &raw mut value)
        };
        if self.is_ok(status) { value } else { default }
    }

    /// An attribute, or `default` where the model doesn't set it.
    pub(crate) fn string_or(&self, name: &CStr, default: &str) -> String {
        let mut size = 0;
        // SAFETY: raw is the runtime's; a null buffer asks for the size, which counts the final NUL.
        let status = unsafe {
            self.api.kernel_info_get_attribute_string(
                self.raw,
                name.as_ptr(),
                ptr::null_mut(),
                &raw mut size,
            )
        };
        if !self.is_ok(status) {
            return default.to_owned();
        }
        let mut buffer = vec![0u8; size];
        // SAFETY: the buffer has the size that was asked for.
        let status = unsafe {
            self.api.kernel_info_get_attribute_string(
                self.raw,
                name.as_ptr(),
                buffer.as_mut_ptr().cast(),
                &raw mut size,
            )
        };
        let text = CStr::from_bytes_until_nul(&buffer)
            .unwrap_or_default()
            .to_string_lossy();
        if self.is_ok(status) {
            text.into_owned()
        } else {
            default.to_owned()
        }
    }

    /// An input that is a constant initializer of the model, or none. Its data lives as long as the session.
    pub(crate) fn constant(&self, index: usize) -> Result<Option<Tensor<'a>>, Error> {
        let (mut constant, mut value) = (0 as c_int, ptr::null());
        // SAFETY: raw is the runtime's.
        check(unsafe {
            self.api.kernel_info_get_constant_input(
                self.raw,
                index,
                &raw mut constant,
                &raw mut value,
            )
        })?;
        if constant == 0 || value.is_null() {
            return Ok(None);
        }
        // SAFETY: the runtime's value.
        unsafe { Tensor::new(self.api, value) }.map(Some)
    }

    fn is_ok(&self, status: StatusPtr) -> bool {
        if !status.is_null() {
            // SAFETY: the status is the runtime's and dropped here.
            unsafe { self.api.release_status(status) };
        }
        status.is_null()
    }
}

/// What an operator runs on.
pub(crate) struct Context<'a> {
    pub(crate) api: &'a Api,
    pub(crate) raw: *mut ffi::KernelContext,
}

impl<'a> Context<'a> {
    /// An input, or none where the node leaves it out.
    pub(crate) fn optional(&self, index: usize) -> Result<Option<Tensor<'a>>, Error> {
        let mut count = 0;
        // SAFETY: raw is the runtime's.
        check(unsafe {
            self.api
                .kernel_context_get_input_count(self.raw, &raw mut count)
        })?;
        if index >= count {
            return Ok(None);
        }
        let mut value = ptr::null();
        // SAFETY: raw is the runtime's and the index is in range.
        check(unsafe {
            self.api
                .kernel_context_get_input(self.raw, index, &raw mut value)
        })?;
        if value.is_null() {
            return Ok(None);
        }
        // SAFETY: the runtime's value, alive while the operator runs.
        unsafe { Tensor::new(self.api, value) }.map(Some)
    }

    /// An input that the node must have.
    pub(crate) fn input(&self, index: usize, name: &str) -> Result<Tensor<'a>, Error> {
        self.optional(index)?
            .ok_or_else(|| Error::Invalid(format!("{name}: input {index} is missing")))
    }

    /// Makes the output and returns its memory, zeros or arbitrary values.
    ///
    /// # Safety
    /// Called once per index, so that no second mutable slice exists.
    pub(crate) unsafe fn output(
        &self,
        index: usize,
        shape: &[i64],
    ) -> Result<&'a mut [f32], Error> {
        let mut value = ptr::null_mut();
        let mut data = ptr::null_mut();
        // SAFETY: raw is the runtime's; the operator declares this output as f32.
        unsafe {
            check(self.api.kernel_context_get_output(
                self.raw,
                index,
                shape.as_ptr(),
                shape.len(),
                &raw mut value,
            ))?;
            check(self.api.get_tensor_mutable_data(value, &raw mut data))?;
            let count = shape.iter().product::<i64>() as usize;
            Ok(if count == 0 {
                &mut []
            } else {
                std::slice::from_raw_parts_mut(data.cast(), count)
            })
        }
    }
}

/// Tasks on the session's own intra-op pool: no threads of our own that would compete with the runtime's, and its settings
/// (count, affinity, spinning) hold.
impl Parallel for Context<'_> {
    fn for_each(&self, count: usize, task: &(dyn Fn(usize) + Sync)) {
        struct Work<'t> {
            task: &'t (dyn Fn(usize) + Sync),
            panicked: AtomicBool,
        }
        unsafe extern "system" fn step(work: *mut c_void, i: usize) {
            // SAFETY: the pointer handed to the runtime below, which returns only when all steps have.
            let work = unsafe { &*work.cast::<Work>() };
            // A panic must not unwind into C++.
            if catch_unwind(AssertUnwindSafe(|| (work.task)(i))).is_err() {
                work.panicked.store(true, Ordering::Relaxed);
            }
        }
        let mut work = Work {
            task,
            panicked: AtomicBool::new(false),
        };
        // SAFETY: raw is the runtime's; step and work fit each other.
        let status = unsafe {
            self.api
                .kernel_context_parallel_for(self.raw, step, count, 0, (&raw mut work).cast())
        };
        // Caught again at the operator's boundary, and reported to the runtime there.
        assert!(status.is_null(), "KernelContext_ParallelFor failed");
        assert!(!work.panicked.into_inner(), "a task panicked");
    }
}

/// Rust types of tensor elements.
pub(crate) trait Element: Copy {
    const TYPE: ElementType;
}
impl Element for f32 {
    const TYPE: ElementType = ElementType::FLOAT;
}
impl Element for i8 {
    const TYPE: ElementType = ElementType::INT8;
}
impl Element for i32 {
    const TYPE: ElementType = ElementType::INT32;
}
impl Element for i64 {
    const TYPE: ElementType = ElementType::INT64;
}

/// A tensor of the runtime.
pub(crate) struct Tensor<'a> {
    data: *const c_void,
    element: ElementType,
    pub(crate) shape: Vec<i64>,
    // Slices live as long as the runtime's value.
    lifetime: PhantomData<Cell<&'a ()>>,
}

impl<'a> Tensor<'a> {
    /// # Safety
    /// `value` is a tensor of the runtime, on the CPU, and lives for `'a`.
    unsafe fn new(api: &'a Api, value: *const ffi::Value) -> Result<Self, Error> {
        let mut info = ptr::null_mut();
        let mut element = ElementType(0);
        let mut data = ptr::null_mut();
        let mut count = 0;
        // SAFETY: the caller's; info is released on every path.
        unsafe {
            check(api.get_tensor_type_and_shape(value, &raw mut info))?;
            let mut shape = Vec::new();
            let result = check(api.get_tensor_element_type(info, &raw mut element))
                .and_then(|()| check(api.get_dimensions_count(info, &raw mut count)))
                .and_then(|()| {
                    shape.resize(count, 0);
                    check(api.get_dimensions(info, shape.as_mut_ptr(), count))
                });
            api.release_type_and_shape(info);
            result?;
            // Mutable in name only: C has one accessor for both.
            check(api.get_tensor_mutable_data(value.cast_mut(), &raw mut data))?;
            Ok(Self {
                data,
                element,
                shape,
                lifetime: PhantomData,
            })
        }
    }

    /// Elements, from the shape.
    pub(crate) fn count(&self) -> usize {
        self.shape.iter().product::<i64>() as usize
    }

    /// The elements, in row-major order.
    pub(crate) fn slice<T: Element>(&self, name: &str) -> Result<&'a [T], Error> {
        if self.element != T::TYPE {
            let (expected, got) = (T::TYPE.0, self.element.0);
            return Err(Error::Invalid(format!(
                "{name}: expected element type {expected}, got {got}"
            )));
        }
        Ok(match self.count() {
            0 => &[],
            // SAFETY: the runtime's tensor of this type, count and lifetime.
            count => unsafe { std::slice::from_raw_parts(self.data.cast(), count) },
        })
    }

    /// The shape, if it has this many axes.
    pub(crate) fn axes<const N: usize>(&self, name: &str) -> Result<[usize; N], Error> {
        let shape = <[i64; N]>::try_from(self.shape.as_slice()).map_err(|_| {
            Error::Invalid(format!(
                "{name}: expected {N} axes, got shape {:?}",
                self.shape
            ))
        })?;
        Ok(shape.map(|n| n as usize))
    }
}
