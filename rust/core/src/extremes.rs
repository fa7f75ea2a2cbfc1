//! A segment tree that answers for the greatest value of any range of slots.

use std::ops::Range;

/// The greatest value of each slot's history, and of any range of slots in logarithmic time.
///
/// Ask for the least value by giving negated ones.
pub(crate) struct Greatest {
    /// A complete binary tree: node `i` has children `2i` and `2i + 1`, leaves are the last half.
    nodes: Vec<i32>,
}

impl Greatest {
    /// Slots `0..slots`, all empty.
    pub(crate) fn new(slots: usize) -> Self {
        Self {
            nodes: vec![i32::MIN; 2 * slots],
        }
    }

    /// Raise a slot to `value`, unless it is higher.
    pub(crate) fn raise(&mut self, slot: usize, value: i32) {
        let mut node = slot + self.nodes.len() / 2;
        // A parent is at least as high as its child: once one is high enough, so are all above.
        while node > 0 && self.nodes[node] < value {
            self.nodes[node] = value;
            node /= 2;
        }
    }

    /// The greatest value within the slots; `i32::MIN` if all are empty.
    pub(crate) fn within(&self, slots: Range<usize>) -> i32 {
        let leaves = self.nodes.len() / 2;
        let (mut left, mut right) = (slots.start + leaves, slots.end + leaves);
        let mut greatest = i32::MIN;
        while left < right {
            if left % 2 == 1 {
                greatest = greatest.max(self.nodes[left]);
                left += 1;
            }
            if right % 2 == 1 {
                right -= 1;
                greatest = greatest.max(self.nodes[right]);
            }
            left /= 2;
            right /= 2;
        }
        greatest
    }
}
