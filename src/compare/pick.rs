//! What a reader picks, in a form that pygrub's and GRUB's can be compared in.

use super::arguments;
use crate::boot::{ChosenFile, Run, Verdict};
use crate::explain::{CauseId, Explanation};

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
    /// What to know before it is relied on: a sentence without a full stop.
    pub note: Option<String>,
    /// Of GRUB: whether `$root` leads to where the kernel is not, although it lies beside the configuration.
    pub misled: bool,
}

/// What is booted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picked {
    /// The file with the entry as the reader names it: `/grub/grub.cfg`, `(hd0)/grub/grub.cfg`.
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
    /// Files that are named and not loaded, which does not keep the reader from booting.
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

    /// Its path from the root of its filesystem, without a device and doubled slashes.
    pub(super) fn plain(&self) -> Vec<u8> {
        self.names().flat_map(|name| [b"/", name.as_bytes()].concat()).collect()
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

    /// Whether both are the same entry: the same line of the same file.
    pub fn is_same_entry(&self, other: &Self) -> bool {
        let path = |picked: &Self| {
            let name = picked.config.as_deref()?;
            Some(name.split_once(')').map_or(name, |(_, path)| path).to_owned())
        };
        // A configuration alone has the user's name for pygrub, and an imagined place for GRUB.
        let alone = self.kernel.offset.is_none() && other.kernel.offset.is_none();
        self.line.is_some() && self.line == other.line && (alone || path(self) == path(other))
    }

    /// Whether the kernel sees the same arguments.
    pub fn has_same_args(&self, other: &Self) -> bool {
        arguments::words(&self.args) == arguments::words(&other.args)
    }
}

impl Pick {
    /// What a pygrub picks, with why nothing boots.
    pub fn of_run(run: &Run, explanation: Option<&Explanation>) -> Self {
        let span = explanation.and_then(|explained| explained.evidence.as_ref()?.span);
        Self {
            verdict: run.verdict,
            picked: picked(run),
            reason: explanation.map(|explained| explained.reason.clone()),
            line: span.map(|span| span.line),
            help: explanation.and_then(|explained| explained.help.clone()),
            cause: explanation.map(|explained| explained.cause),
            note: None,
            misled: false,
        }
    }

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

fn picked(run: &Run) -> Option<Picked> {
    let chosen = run.handed_over()?;
    let attempt = run.attempts.get(chosen.attempt)?;
    let found = attempt.found.as_ref();
    let has_disk = chosen.kernel.size.is_some();
    let offset = u64::try_from(attempt.offset).ok().filter(|_| has_disk);
    let file = |file: &ChosenFile| BootedFile { path: file.path.to_string(), offset };
    Some(Picked {
        config: found.map(|found| found.path.to_string()),
        title: chosen.entry.and_then(|index| Some(found?.config.entries.get(index)?.title.to_string())),
        line: chosen.kernel.span.map(|span| span.line),
        kernel: file(&chosen.kernel),
        initrds: chosen.ramdisk.iter().map(file).collect(),
        args: chosen.args.as_ref().map(ToString::to_string).unwrap_or_default(),
        missing: Vec::new(),
    })
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
