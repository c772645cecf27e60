//! What a reader picks, in a form that pygrub's and GRUB's can be compared in.

use super::arguments;
use crate::boot::Verdict;
use crate::explain::CauseId;

/// What a reader picks, or why nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The verdict. Of GRUB: `boots` if it loads a kernel.
    pub verdict: Verdict,
    /// What is handed over or loaded; of a reader that fails, what it would be if the last step did not fail. `None` if nothing is.
    pub picked: Option<Picked>,
    /// Why nothing boots, in one sentence without a full stop.
    pub reason: Option<String>,
    /// The line of the configuration that the reason is about, counted from 1.
    pub line: Option<u32>,
    /// The way out, as an imperative without a full stop.
    pub help: Option<String>,
    /// The identity of the cause, of pygrub's.
    pub cause: Option<CauseId>,
}

/// What is booted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// The configuration as the reader names it: `/grub/grub.cfg`, `(hd0)/grub/grub.cfg`.
    pub config: Option<String>,
    /// The title of the entry.
    pub title: Option<String>,
    /// The line of the kernel, counted from 1.
    pub line: Option<u32>,
    /// The kernel.
    pub kernel: BootedFile,
    /// The initrds, in order.
    pub initrds: Vec<BootedFile>,
    /// The kernel's arguments, without what a loader adds in front of them.
    pub args: String,
    /// Files that are named, are not there, and do not keep the reader from booting.
    pub missing: Vec<String>,
}

/// A file on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootedFile {
    /// As the reader names it.
    pub path: String,
    /// Where on the disk its filesystem begins, in bytes; `None` for a configuration alone.
    pub offset: Option<u64>,
}

impl BootedFile {
    /// Whether both are the same file, however their paths are written.
    pub fn is_same(&self, other: &Self) -> bool {
        self.offset == other.offset && self.names().eq(other.names())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let path = match self.path.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            Some((_, path)) => path,
            None => &self.path,
        };
        path.split('/').filter(|name| !name.is_empty())
    }
}

impl Picked {
    /// Whether both are the same kernel with the same initrds.
    pub fn has_same_files(&self, other: &Self) -> bool {
        self.kernel.is_same(&other.kernel)
            && self.initrds.len() == other.initrds.len()
            && self.initrds.iter().zip(&other.initrds).all(|(one, other)| one.is_same(other))
    }

    /// Whether the kernel sees the same arguments.
    pub fn has_same_args(&self, other: &Self) -> bool {
        arguments::words(&self.args) == arguments::words(&other.args)
    }
}

impl Pick {
    /// Whether something boots, or is selected where there is no disk to look at.
    pub fn boots(&self) -> bool {
        matches!(self.verdict, Verdict::Boots | Verdict::Selects)
    }

    /// Whether it boots with all files that are named.
    pub fn is_complete(&self) -> bool {
        self.boots() && self.picked.as_ref().is_some_and(|picked| picked.missing.is_empty())
    }

    /// Whether it is known what happens.
    pub fn is_known(&self) -> bool {
        self.verdict != Verdict::Unknown
    }

    /// Whether both boot, with the same kernel, initrds and arguments. Titles and entries do not count.
    pub fn boots_same(&self, other: &Self) -> bool {
        match (&self.picked, &other.picked) {
            (Some(one), Some(other_picked)) => {
                self.boots()
                    && other.boots()
                    && one.has_same_files(other_picked)
                    && one.has_same_args(other_picked)
                    && one.missing == other_picked.missing
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_apart_by_where_they_lie() {
        let file = |path: &str, offset| BootedFile { path: path.to_owned(), offset };
        assert!(file("(hd0)//kernels/k", Some(0)).is_same(&file("/kernels/k", Some(0))));
        assert!(!file("/kernels/k", Some(0)).is_same(&file("/kernels/k", Some(1 << 20))));
        assert!(!file("/k", None).is_same(&file("/K", None)));
    }
}
