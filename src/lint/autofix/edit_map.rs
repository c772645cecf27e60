//! Where the places of a text are after an edit, and where they were before.

use std::ops::Range;

use crate::lint::autofix::snapshot::Replacement;

/// What was replaced by what: byte ranges of the text before and after. There may be very many.
#[derive(Clone, Debug)]
struct Replaced {
    old: Range<u32>,
    new: Range<u32>,
}

impl Replaced {
    fn before(&self) -> Range<usize> {
        self.old.start as usize..self.old.end as usize
    }

    fn after(&self) -> Range<usize> {
        self.new.start as usize..self.new.end as usize
    }
}

/// The way from one text to the next, over several edits one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct EditMap {
    /// Of each step what was replaced, in the order of the places.
    steps: Vec<Vec<Replaced>>,
}

impl EditMap {
    /// Makes edits that do not overlap, and remembers where everything went.
    pub(super) fn apply(&mut self, text: &[u8], mut edits: Vec<&Replacement>) -> Vec<u8> {
        edits.sort_by_key(|edit| edit.start);
        let mut changed = Vec::with_capacity(text.len());
        let mut step = Vec::with_capacity(edits.len());
        let mut done = 0;
        for edit in edits {
            let old = edit.range();
            changed.extend_from_slice(&text[done..old.start]);
            let start = changed.len();
            changed.extend_from_slice(edit.text.as_bytes());
            done = old.end;
            // The places of findings are as wide.
            let narrow = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
            step.push(Replaced { old: edit.start..edit.end, new: narrow(start)..narrow(changed.len()) });
        }
        changed.extend_from_slice(&text[done..]);
        self.steps.push(step);
        changed
    }

    /// Where a range of the first text is in the last one. What was replaced goes to all of what stands there now.
    pub(super) fn to_new(&self, range: Range<usize>) -> Range<usize> {
        self.steps.iter().fold(range, |range, step| {
            // The last one that begins at the start or before it, and the last one that begins before the end.
            let behind = step.partition_point(|one| one.before().start <= range.start);
            let start = match behind.checked_sub(1).map(|index| &step[index]) {
                Some(one) if one.before().end > range.start || one.before().start == range.start => one.after().start,
                Some(one) => one.after().end + (range.start - one.before().end),
                None => range.start,
            };
            let behind = step.partition_point(|one| one.before().start < range.end);
            let end = match behind.checked_sub(1).map(|index| &step[index]) {
                Some(one) if one.before().end >= range.end => one.after().end,
                Some(one) => one.after().end + (range.end - one.before().end),
                None => range.end,
            };
            start..end.max(start)
        })
    }

    /// Where a place of the last text was in the first one.
    pub(super) fn to_old(&self, place: usize) -> usize {
        self.steps.iter().rev().fold(place, |place, step| {
            let behind = step.partition_point(|one| one.after().start <= place);
            match behind.checked_sub(1).map(|index| &step[index]) {
                Some(one) if one.after().end > place => one.before().start,
                Some(one) => one.before().end + (place - one.after().end),
                None => place,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: u32, end: u32, text: &str) -> Replacement {
        Replacement { start, end, text: text.into() }
    }

    #[test]
    fn places_are_found_again() {
        let mut moves = EditMap::default();
        let edits = [edit(4, 5, "X"), edit(0, 1, ""), edit(2, 2, "--")];
        let text = moves.apply(b"abcdef", edits.iter().collect());
        assert_eq!(text, b"b--cdXf");
        let at = |range: Range<usize>| String::from_utf8(text[moves.to_new(range)].to_vec()).unwrap();
        assert_eq!(at(1..2), "b");
        assert_eq!(at(3..4), "d");
        assert_eq!(at(4..5), "X");
        assert_eq!(at(5..6), "f");
        assert_eq!(at(0..1), "");
        assert_eq!(at(1..6), "b--cdXf");
        assert_eq!(at(2..3), "--c", "with what was put in front of it");
        assert_eq!([0, 1, 3, 4, 5, 6].map(|place| moves.to_old(place)), [1, 2, 2, 3, 4, 5]);
    }

    #[test]
    fn several_steps_follow_each_other() {
        let mut moves = EditMap::default();
        let first = moves.apply(b"one two three", vec![&edit(0, 4, "")]);
        let second = moves.apply(&first, vec![&edit(4, 4, "and ")]);
        assert_eq!(second, b"two and three");
        assert_eq!(moves.to_new(8..13), 4..13);
        assert_eq!(moves.to_new(9..13), 9..13);
        assert_eq!((moves.to_old(8), moves.to_old(0)), (8, 4));
    }
}
