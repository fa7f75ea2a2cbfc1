//! Stage 4: the spans of all windows of a document become one list.

use crate::span::{Char, CharSpan, canonical_order};

/// The spans of a document that stay, as indices in order of (start, end, label).
///
/// A span given twice with one label counts once, with its best score; the first index stands
/// for equals. With `drop_nested`, a span strictly inside another one, of whatever label, goes;
/// it has the same start or the same end at most, not both.
pub fn merge(spans: &[CharSpan], drop_nested: bool) -> Vec<usize> {
    let order = canonical_order(spans);
    if !drop_nested {
        return order;
    }
    // A container begins earlier, or at the same place and ends later. It does not matter
    // whether it stays itself: what contains it contains its contents.
    let mut outermost = Vec::with_capacity(order.len());
    let mut farthest_before = Char(i64::MIN);
    for same_start in order.chunk_by(|&a, &b| spans[a].start == spans[b].start) {
        let farthest_here = same_start
            .last()
            .map_or(farthest_before, |&last| spans[last].end);
        let contained = |index: &usize| {
            (..=farthest_before).contains(&spans[*index].end) || spans[*index].end < farthest_here
        };
        outermost.extend(same_start.iter().filter(|index| !contained(index)));
        farthest_before = farthest_before.max(farthest_here);
    }
    outermost
}
