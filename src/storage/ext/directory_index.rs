//! The names of directories that were gone through to their end once, so that no later lookup has to.

use std::cell::RefCell;
use std::collections::VecDeque;

/// How many directories are kept.
const DIRECTORIES: usize = 16;
/// How many names a directory may have to be kept: those of a boot filesystem have fewer.
const NAMES: usize = 4096;

/// The directories of one filesystem.
#[derive(Debug, Default)]
pub(crate) struct DirectoryIndexes(RefCell<VecDeque<(u32, Known)>>);

/// What is known of a directory.
#[derive(Debug)]
enum Known {
    /// Its names.
    Names(Names),
    /// It is too large, or no names at all can stand for it.
    NotKept,
}

/// The names in a directory, in the order of a lookup.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Sorted; of equal names only the first that was met.
    sorted: Vec<(Box<[u8]>, u32)>,
    not_kept: bool,
}

impl Names {
    /// Takes in the next name. Returns whether that was enough.
    pub(crate) fn add(&mut self, ino: u32, name: &[u8]) -> bool {
        // What follows a NUL counts or not, depending on the name that is looked for.
        self.not_kept |= self.sorted.len() == NAMES || name.contains(&0);
        if !self.not_kept {
            self.sorted.push((name.into(), ino));
        }
        self.not_kept
    }
}

impl DirectoryIndexes {
    /// What a lookup of `name` in the directory `dir` finds: an inode number, or that there is no such name. `None` if the
    /// directory must be gone through.
    pub(crate) fn find(&self, dir: u32, name: &[u8]) -> Option<Option<u32>> {
        let directories = self.0.borrow();
        let (_, known) = directories.iter().find(|(number, _)| *number == dir)?;
        let Known::Names(names) = known else { return None };
        if name.contains(&0) {
            return None;
        }
        let found = names.sorted.binary_search_by(|(stored, _)| (**stored).cmp(name));
        Some(found.ok().and_then(|index| Some(names.sorted.get(index)?.1)))
    }

    /// Whether the names of `dir` are not known yet, and worth keeping.
    pub(crate) fn lacks(&self, dir: u32) -> bool {
        !self.0.borrow().iter().any(|(number, _)| *number == dir)
    }

    /// Keeps what was met in `dir` from its first entry to its last, where nothing was damaged.
    pub(crate) fn keep(&self, dir: u32, names: Option<Names>) {
        let known = match names {
            Some(mut names) if !names.not_kept => {
                names.sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
                names.sorted.dedup_by(|(later, _), (first, _)| later == first);
                Known::Names(names)
            }
            _ => Known::NotKept,
        };
        let mut directories = self.0.borrow_mut();
        directories.truncate(DIRECTORIES - 1);
        directories.push_front((dir, known));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[(u32, &[u8])]) -> Names {
        let mut names = Names::default();
        for (ino, name) in list {
            names.add(*ino, name);
        }
        names
    }

    #[test]
    fn the_first_of_equal_names_counts() {
        let indexes = DirectoryIndexes::default();
        assert_eq!(indexes.find(2, b"a"), None);
        assert!(indexes.lacks(2));
        indexes.keep(2, Some(names(&[(13, b"b"), (12, b"a"), (14, b"a")])));
        assert_eq!(indexes.find(2, b"a"), Some(Some(12)));
        assert_eq!(indexes.find(2, b"c"), Some(None));
        assert_eq!(indexes.find(3, b"a"), None);
        assert!(!indexes.lacks(2));
    }

    #[test]
    fn names_with_a_nul_are_looked_for_on_the_disk() {
        let indexes = DirectoryIndexes::default();
        indexes.keep(2, Some(names(&[(12, b"a")])));
        assert_eq!(indexes.find(2, b"a\0"), None);
        indexes.keep(3, Some(names(&[(12, b"a\0b")])));
        assert_eq!(indexes.find(3, b"a"), None);
        assert!(!indexes.lacks(3));
    }

    #[test]
    fn memory_is_bounded() {
        let indexes = DirectoryIndexes::default();
        let mut large = Names::default();
        assert!((0..=NAMES).any(|number| large.add(12, number.to_string().as_bytes())));
        indexes.keep(2, Some(large));
        assert_eq!(indexes.find(2, b"1"), None);
        for dir in 3..100 {
            indexes.keep(dir, None);
        }
        assert!(indexes.lacks(2) && !indexes.lacks(99));
    }
}
