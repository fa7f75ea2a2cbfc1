//! Borrowed arrays that know their name and shape, so that every check can say both.

use std::fmt;

use crate::error::Error;

/// A borrowed array in row-major order.
#[derive(Clone, Copy, Debug)]
pub struct Array<'a, T> {
    /// The argument's name, for messages.
    pub name: &'static str,
    /// The values, last axis fastest.
    pub values: &'a [T],
    /// Lengths of the axes.
    pub shape: &'a [usize],
}

impl<'a, T> Array<'a, T> {
    /// The lengths of exactly `N` axes, which a message calls by `axes`.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of axes, [`Error::Length`] if the values do not fill
    /// the shape, [`Error::OutOfRange`] for an axis that 32-bit indices cannot address.
    pub fn dims<const N: usize>(&self, axes: [&str; N]) -> Result<[usize; N], Error> {
        let Ok(dims) = <[usize; N]>::try_from(self.shape) else {
            return Err(self.shape_error(tuple(&axes)));
        };
        for (index, &length) in dims.iter().enumerate() {
            if i32::try_from(length).is_err() {
                return Err(Error::OutOfRange {
                    name: self.name,
                    index,
                    expected: format!("an axis of at most {}", i32::MAX),
                    actual: i64::try_from(length).unwrap_or(i64::MAX),
                });
            }
        }
        self.check_length()?;
        Ok(dims)
    }

    /// The values of an array that must have just this shape.
    ///
    /// # Errors
    /// [`Error::Shape`] for another shape, [`Error::Length`] if the values do not fill it.
    pub fn expect(&self, shape: &[usize]) -> Result<&'a [T], Error> {
        if self.shape != shape {
            return Err(self.shape_error(tuple(shape)));
        }
        self.check_length()?;
        Ok(self.values)
    }

    fn check_length(&self) -> Result<(), Error> {
        // Saturation cannot hide an error: no slice has usize::MAX values.
        let expected = self
            .shape
            .iter()
            .fold(1, |n: usize, &d| n.saturating_mul(d));
        if expected == self.values.len() {
            return Ok(());
        }
        Err(Error::Length {
            name: self.name,
            expected,
            actual: self.values.len(),
        })
    }

    fn shape_error(&self, expected: String) -> Error {
        Error::Shape {
            name: self.name,
            expected,
            actual: Dims(self.shape.to_vec()),
        }
    }
}

/// A shape, written as Python writes a tuple.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dims(pub Vec<usize>);

impl fmt::Display for Dims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&tuple(&self.0))
    }
}

fn tuple<T: ToString>(items: &[T]) -> String {
    match items {
        [one] => format!("({},)", one.to_string()),
        _ => {
            let items: Vec<String> = items.iter().map(ToString::to_string).collect();
            format!("({})", items.join(", "))
        }
    }
}
