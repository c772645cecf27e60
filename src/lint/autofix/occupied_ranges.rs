//! Which bytes of a text are edited already.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use crate::lint::autofix::snapshot::Replacement;

/// The ranges of edits that are apart from each other: the start of each, and its end.
#[derive(Debug, Default)]
pub(super) struct OccupiedRanges(BTreeMap<u32, u32>);

impl OccupiedRanges {
    /// Takes the edits of a fix where all of them lie in a text of this length, apart from each other and from what is taken. Otherwise
    /// nothing changes.
    pub(super) fn take(&mut self, edits: &[Replacement], length: usize) -> bool {
        for (done, edit) in edits.iter().enumerate() {
            let inside = edit.start <= edit.end && edit.range().end <= length;
            if !inside || self.touches(edit.start, edit.end) {
                for edit in &edits[..done] {
                    self.0.remove(&edit.start);
                }
                return false;
            }
            self.0.insert(edit.start, edit.end);
        }
        !edits.is_empty()
    }

    /// Whether something is taken of these bytes, or inserted at one of their ends.
    fn touches(&self, start: u32, end: u32) -> bool {
        let before = self.0.range(..=start).next_back();
        let behind = self.0.range((Excluded(start), Unbounded)).next();
        before.is_some_and(|(&from, &to)| from == start || to > start || to == start && (from == to || start == end))
            || behind.is_some_and(|(&from, &to)| from < end || from == end && (from == to || start == end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: u32, end: u32) -> Replacement {
        Replacement { start, end, text: "".into() }
    }

    #[test]
    fn edits_that_overlap() {
        let apart = |a: (u32, u32), b: (u32, u32)| {
            let take =
                |a: (u32, u32), b: (u32, u32)| OccupiedRanges::default().take(&[edit(a.0, a.1), edit(b.0, b.1)], 9);
            assert_eq!(take(a, b), take(b, a));
            take(a, b)
        };
        assert!(!apart((0, 3), (2, 4)) && !apart((0, 9), (3, 4)));
        assert!(!apart((3, 3), (3, 3)) && !apart((3, 3), (1, 5)) && !apart((3, 3), (3, 5)) && !apart((3, 3), (1, 3)));
        assert!(apart((0, 3), (3, 5)) && apart((3, 3), (4, 5)));
    }

    #[test]
    fn a_fix_outside_of_the_text_is_not_taken() {
        let take = |edits: &[Replacement]| OccupiedRanges::default().take(edits, 4);
        assert!(take(&[edit(0, 2), edit(2, 4)]));
        assert!(!take(&[edit(0, 5)]) && !take(&[edit(3, 2)]) && !take(&[]));
    }

    #[test]
    fn what_is_refused_leaves_nothing_behind() {
        let mut taken = OccupiedRanges::default();
        assert!(taken.take(&[edit(5, 7)], 9));
        assert!(!taken.take(&[edit(0, 2), edit(6, 8)], 9));
        assert!(taken.take(&[edit(0, 2)], 9));
    }
}
