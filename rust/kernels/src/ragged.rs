//! Rows of a batch whose words stand one after another.

use crate::ShapeError;

/// Where each row's words begin, and the end of the last's.
///
/// # Errors
/// [`ShapeError`] if a count is negative, or they add up to more than there can be.
pub(crate) fn first_words(counts: &[i64]) -> Result<Vec<usize>, ShapeError> {
    let mut firsts = Vec::with_capacity(counts.len() + 1);
    let mut total = 0usize;
    firsts.push(total);
    for &got in counts {
        let count = usize::try_from(got).map_err(|_| ShapeError::WordCount { got })?;
        total = total.checked_add(count).ok_or(ShapeError::Overflow {
            what: "words of all rows",
        })?;
        firsts.push(total);
    }
    Ok(firsts)
}
