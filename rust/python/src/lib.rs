//! `gliner_fast._native`: the Python face of `gliner-fast-core`, and the only file with PyO3.
//!
//! Each function does the same three things: check and copy what it needs from the arrays while
//! it holds the GIL, compute without it, and hand new arrays back. Signatures, shapes and errors
//! are documented in `_native.pyi`.

use gliner_fast_core::span::Columns;
use gliner_fast_core::{Array, BatchOptions, Error, Policy, Scan, greedy, merge};
use numpy::{
    Element, PyArray1, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn,
    PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

/// ONNX Runtime finds its custom operators here: one library is both, so a wheel has one.
pub use gliner_fast_ops::RegisterCustomOps;

/// Post-processing of span models, compiled.
#[pymodule]
mod _native {
    #[pymodule_export]
    use super::{decode_spans, merge_windows, select_spans};

    #[pymodule_export]
    #[allow(non_upper_case_globals, reason = "the name that Python expects")]
    const __version__: &str = env!("CARGO_PKG_VERSION");
}

type SpanArrays<'py> = (
    Bound<'py, PyArray1<i32>>,
    Bound<'py, PyArray1<i32>>,
    Bound<'py, PyArray1<i32>>,
    Bound<'py, PyArray1<i32>>,
    Bound<'py, PyArray1<f32>>,
);

/// Turn a batch of logits into the spans of its rows.
#[pyfunction]
fn decode_spans<'py>(
    logits: &Bound<'py, PyAny>,
    word_counts: &Bound<'py, PyAny>,
    label_counts: &Bound<'py, PyAny>,
    thresholds: &Bound<'py, PyAny>,
    flat: &Bound<'py, PyAny>,
    multi_label: &Bound<'py, PyAny>,
) -> PyResult<SpanArrays<'py>> {
    let py = logits.py();
    // The scan keeps the GIL, because it is the copy that detaching needs: without the GIL,
    // other threads may write to the array, and a slice of it must not be read. numpy's copy of
    // all the logits is no shorter than this whole call where few logits survive: 0.03 ms against
    // 0.03 ms for 0.9 MB, 0.17 against 0.09 for 2.4 MB. Both are far below the 5 ms for which
    // any Python code may keep the GIL.
    let scan = {
        let logits = Input::<f32>::new("logits", logits)?;
        let word_counts = Input::<i32>::new("word_counts", word_counts)?;
        let label_counts = Input::<i32>::new("label_counts", label_counts)?;
        let thresholds = Input::<f32>::new("thresholds", thresholds)?;
        let flat = Input::flags("flat", flat)?;
        let multi_label = Input::flags("multi_label", multi_label)?;
        let options = BatchOptions {
            word_counts: word_counts.view()?,
            label_counts: label_counts.view()?,
            thresholds: thresholds.view()?,
            flat: flat.view()?,
            multi_label: multi_label.view()?,
        };
        Scan::new(logits.view()?, options).map_err(refusal)?
    };
    let spans = py.detach(|| scan.decode()).map_err(refusal)?;
    Ok((
        PyArray1::from_vec(py, spans.row),
        PyArray1::from_vec(py, spans.start_word),
        PyArray1::from_vec(py, spans.end_word),
        PyArray1::from_vec(py, spans.label),
        PyArray1::from_vec(py, spans.score),
    ))
}

/// Search the spans of one text greedily.
#[pyfunction]
fn select_spans<'py>(
    start_word: &Bound<'py, PyAny>,
    end_word: &Bound<'py, PyAny>,
    label: &Bound<'py, PyAny>,
    score: &Bound<'py, PyAny>,
    flat: bool,
    multi_label: bool,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let py = start_word.py();
    let spans = Columns {
        start: Input::<i32>::new("start_word", start_word)?.view()?,
        end: Input::<i32>::new("end_word", end_word)?.view()?,
        label: Input::<i32>::new("label", label)?.view()?,
        score: Input::<f32>::new("score", score)?.view()?,
    }
    .word_spans()
    .map_err(refusal)?;
    let kept = py.detach(|| greedy::select(&spans, Policy::new(flat, multi_label)));
    Ok(indices(py, kept))
}

/// Merge the spans of a document's windows.
#[pyfunction]
fn merge_windows<'py>(
    start_char: &Bound<'py, PyAny>,
    end_char: &Bound<'py, PyAny>,
    label: &Bound<'py, PyAny>,
    score: &Bound<'py, PyAny>,
    drop_nested: bool,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let py = start_char.py();
    let spans = Columns {
        start: Input::<i64>::new("start_char", start_char)?.view()?,
        end: Input::<i64>::new("end_char", end_char)?.view()?,
        label: Input::<i32>::new("label", label)?.view()?,
        score: Input::<f32>::new("score", score)?.view()?,
    }
    .char_spans()
    .map_err(refusal)?;
    let kept = py.detach(|| merge::merge(&spans, drop_nested));
    Ok(indices(py, kept))
}

/// A numpy array of the right dtype and layout, borrowed for reading.
struct Input<'py, T: Element> {
    name: &'static str,
    borrowed: PyReadonlyArrayDyn<'py, T>,
}

impl<'py, T: Element> Input<'py, T> {
    fn new(name: &'static str, value: &Bound<'py, PyAny>) -> PyResult<Self> {
        let array = numpy_array(name, value)?;
        let expected = numpy::dtype::<T>(value.py());
        if !array.dtype().is_equiv_to(&expected) {
            let actual = array.dtype();
            return Err(PyValueError::new_err(format!(
                "{name} dtype: expected {expected}, got {actual}"
            )));
        }
        if !array.is_c_contiguous() || !array.is_aligned() {
            return Err(PyValueError::new_err(format!(
                "{name} layout: expected an aligned, C-contiguous array, got strides {:?}; \
                 numpy.ascontiguousarray makes one",
                array.strides()
            )));
        }
        let typed = value.cast::<PyArrayDyn<T>>()?;
        let borrowed = typed
            .try_readonly()
            .map_err(|error| PyValueError::new_err(format!("{name}: {error}")))?;
        Ok(Self { name, borrowed })
    }

    fn view(&self) -> PyResult<Array<'_, T>> {
        Ok(Array {
            name: self.name,
            values: self.borrowed.as_slice()?,
            shape: self.borrowed.shape(),
        })
    }
}

impl<'py> Input<'py, u8> {
    /// A bool array, read as bytes: numpy lets a bool hold any byte, Rust only 0 and 1.
    fn flags(name: &'static str, value: &Bound<'py, PyAny>) -> PyResult<Self> {
        Input::<bool>::new(name, value)?;
        Self::new(
            name,
            &value.call_method1("view", (numpy::dtype::<u8>(value.py()),))?,
        )
    }
}

fn numpy_array<'a, 'py>(
    name: &str,
    value: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, PyUntypedArray>> {
    value.cast::<PyUntypedArray>().map_err(|_| {
        let actual = value.get_type();
        let actual = actual
            .name()
            .map_or_else(|_| "another type".into(), |n| n.to_string());
        PyTypeError::new_err(format!("{name}: expected a numpy.ndarray, got {actual}"))
    })
}

fn indices(py: Python<'_>, kept: Vec<usize>) -> Bound<'_, PyArray1<i64>> {
    PyArray1::from_iter(py, kept.into_iter().map(|index| index as i64))
}

fn refusal(error: Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
