//! Why a path that a configuration names does not open, in plain words: for the verdict and for the rules of the linter.

use super::advice::{Advice, Seen, advice};
use super::closest_path::closest;
use super::device_name::provided;
use super::files::Files;
use super::path_issue::Plain;
use super::path_issue::{PathIssue, words};
use super::remedy::{MKCONFIG, Remedy, change_at_source};
use crate::boot::{Attempt, Mounted, Purpose};
use crate::config::{Dialect, Writer};
use crate::escape::beginning;
use crate::python::PyStr;

/// A path that does not open, or will not as far as a configuration alone tells.
#[derive(Clone, Copy)]
pub(crate) struct MissingPath<'a> {
    /// The path.
    pub path: &'a PyStr,
    /// What it is for: the kernel or the initrd.
    pub purpose: Purpose,
    /// The title of the entry that names it, and whether that is the selected one; nothing where that need not be said.
    pub entry: Option<(&'a PyStr, bool)>,
    /// Why it does not open, as a clause; nothing where the disk is not there.
    pub why: Option<&'a str>,
    /// The filesystem that it is looked for on, as Linux spells it, if that is known.
    pub filesystem: Option<&'a str>,
    /// The configuration's dialect and who wrote it; nothing where the path is an option of pygrub's.
    pub from: Option<(Dialect, Writer)>,
}

/// The word for what is copied.
pub(crate) fn word(purpose: Purpose) -> &'static str {
    if purpose == Purpose::Ramdisk { "initrd" } else { "kernel" }
}

/// Whether pygrub's driver for this filesystem ends a path at its first space: all do but the one for ext2, ext3 and ext4.
pub(crate) fn ends_at_a_blank(filesystem: &str) -> bool {
    matches!(filesystem, "vfat" | "iso9660" | "xfs" | "reiserfs" | "ufs" | "zfs")
}

impl MissingPath<'_> {
    /// What is odd about the path and keeps it from opening there.
    pub(crate) fn issue(&self) -> Option<PathIssue> {
        let dialect = self.from.map_or(Dialect::Grub2, |(dialect, _)| dialect);
        let path = self.path.as_bytes();
        if self.filesystem.is_some_and(ends_at_a_blank) {
            let first = words(path).next()?;
            return PathIssue::of(first, self.purpose, dialect).filter(|issue| *issue != PathIssue::DoubleSlash);
        }
        PathIssue::of(path, self.purpose, dialect)
    }

    /// What is wrong and what to do.
    pub(crate) fn advice(&self) -> Advice {
        let Some(issue) = self.issue() else {
            let why = self.why.unwrap_or("it is not there");
            return advice(format!("{} does not open: {why}", self.subject()), "named here", self.plain_help());
        };
        let reason = self.reason(issue);
        let label = match issue {
            PathIssue::Several => "one name, for pygrub",
            PathIssue::Continuation => "pygrub does not continue on the next line",
            PathIssue::Variable | PathIssue::Quoted => "taken literally",
            PathIssue::TrailingText | PathIssue::Tab => "all of it is the name",
            PathIssue::Option => "an option of GRUB's",
            PathIssue::Argument => "an argument, where the path belongs",
            PathIssue::DoubleSlash => "a double slash",
        };
        advice(reason, label, self.help(issue))
    }

    /// What is wrong and what to do on this filesystem: only what opens there is named.
    pub(crate) fn advice_on(&self, files: Option<&Files>, configuration: Option<Seen<'_>>) -> Advice {
        let mut said = self.advice();
        let (Some(files), Some(configuration), false) = (files, configuration, self.path.is_empty()) else {
            return said;
        };
        if self.issue().is_some() {
            let plain = Plain::of(self.path.as_bytes(), self.purpose, configuration.dialect);
            if let Some(plain) = plain.filter(|plain| !files.exists(&plain.path)) {
                let path = shown(&PyStr::from(plain.path));
                said.help = Some(format!("{}; but `{path}` is not there either", said.help.unwrap_or_default()));
            }
            return said;
        }
        said.help = Some(match closest(files, configuration, self.purpose, self.path) {
            Some(found) => found.help(self.purpose, configuration.writer),
            None => self.nothing_like_it(configuration.writer),
        });
        said
    }

    /// With `/boot` in front or without, and beside it, there is nothing like the file.
    fn nothing_like_it(&self, writer: Writer) -> String {
        let what = word(self.purpose);
        let again = match writer {
            Writer::NixOs => Remedy::copies_again().to_string(),
            Writer::Mkconfig => format!("install the kernel's package again, and {MKCONFIG} in the guest"),
            Writer::Other => "copy it there, or name one that is there".to_owned(),
        };
        format!(
            "there is nothing like this {what} on the filesystem that holds the configuration, with or without /boot: {again}"
        )
    }

    /// `the initrd `/i` of the selected entry "A"`.
    fn subject(&self) -> String {
        format!("the {} `{}`{}", word(self.purpose), shown(self.path), self.of_entry())
    }

    fn of_entry(&self) -> String {
        match self.entry {
            Some((title, true)) => format!(" of the selected entry \"{}\"", shown(title)),
            Some((title, false)) => format!(" of \"{}\"", shown(title)),
            None => String::new(),
        }
    }

    fn reason(&self, issue: PathIssue) -> String {
        if issue == PathIssue::Several {
            let missing = if self.why.is_some() { ", and there is no such file" } else { "" };
            let (path, entry) = (shown(self.path), self.of_entry());
            return format!("pygrub treats all of `{path}` as the name of one initrd{entry}{missing}");
        }
        if issue == PathIssue::Argument {
            let path = shown(self.path);
            let entry = match self.entry {
                Some((title, true)) => format!("the selected entry \"{}\"", shown(title)),
                Some((title, false)) => format!("\"{}\"", shown(title)),
                None => "the entry".to_owned(),
            };
            return format!("{entry} has no path of a kernel: pygrub treats the argument `{path}` as the path");
        }
        let opens = if self.why.is_some() { "does not open" } else { "will not open" };
        let clause = match issue {
            PathIssue::Several | PathIssue::Continuation | PathIssue::Argument => {
                "pygrub treats the backslash at the end as part of the name"
            }
            PathIssue::Variable => "pygrub knows no variables and treats `$` as part of the name",
            PathIssue::Quoted => "pygrub treats quotes and backslashes as part of the name",
            PathIssue::TrailingText => "pygrub treats all that follows on the line as part of the name",
            PathIssue::Option => "pygrub knows no options of `kernel`, and treats the first word as the path",
            PathIssue::Tab => "pygrub expects a space after it, and treats the tab as part of the name",
            PathIssue::DoubleSlash if self.why.is_none() => {
                "pygrub's library for ext2, ext3 and ext4 finds nothing after a double slash"
            }
            PathIssue::DoubleSlash => "libext2fs finds nothing after a double slash",
        };
        format!("{} {opens}: {clause}", self.subject())
    }

    fn help(&self, issue: PathIssue) -> String {
        let writer = self.from.map_or(Writer::Other, |(_, writer)| writer);
        let text = String::from_utf8_lossy(self.path.as_bytes());
        match (issue, writer) {
            (PathIssue::Several, _) if text.contains("ucode") || text.contains("microcode") => {
                let how: Remedy = match writer {
                    Writer::Mkconfig => Remedy::MkconfigVariable(
                        "remove the microcode package from the guest, or empty GRUB_EARLY_INITRD_LINUX_CUSTOM and \
                         GRUB_EARLY_INITRD_LINUX_STOCK"
                            .to_owned(),
                    ),
                    Writer::NixOs => Remedy::nixos(
                        "set hardware.cpu.intel.updateMicrocode and hardware.cpu.amd.updateMicrocode to false",
                    ),
                    Writer::Other => "name the real initrd alone".into(),
                };
                format!("pygrub takes one initrd, and a guest loads no microcode: {how}")
            }
            (PathIssue::Several, Writer::NixOs) => {
                let without = Remedy::nixos("do without boot.initrd.secrets");
                format!("pygrub takes one initrd: {without}, or concatenate the files into one")
            }
            (PathIssue::Several, Writer::Mkconfig) => {
                let empty = Remedy::MkconfigVariable("empty GRUB_EARLY_INITRD_LINUX_CUSTOM".to_owned());
                format!("pygrub takes one initrd: {empty}, or concatenate the files into one")
            }
            (PathIssue::Several, Writer::Other) => {
                "pygrub takes one initrd: concatenate the files into one (cat FIRST SECOND > BOTH) and name that"
                    .to_owned()
            }
            (PathIssue::DoubleSlash, Writer::NixOs) => self.double_slash_of_nixos(),
            (PathIssue::DoubleSlash, _) => {
                format!("write a single slash{}", change_at_source(writer))
            }
            (PathIssue::Continuation, _) => format!("write the command on one line{}", change_at_source(writer)),
            (PathIssue::Variable, _) => {
                format!("write the plain path in the place of the variable{}", change_at_source(writer))
            }
            (PathIssue::Quoted, _) => {
                format!("write the path without quotes and backslashes{}", change_at_source(writer))
            }
            (PathIssue::TrailingText, _) => {
                format!(
                    "write the path alone, without `;`, comment or other words after it{}",
                    change_at_source(writer)
                )
            }
            (PathIssue::Option, _) => {
                format!(
                    "write `kernel`, the path and the arguments, without options in front{}",
                    change_at_source(writer)
                )
            }
            (PathIssue::Argument, Writer::NixOs) => {
                Remedy::nixos("set boot.kernel.enable = true: this system has no kernel, as a container has none;")
                    .to_string()
            }
            (PathIssue::Argument, _) => format!(
                "write the kernel's path in front of its arguments, as `linux /boot/vmlinuz {}`{}",
                shown(self.path),
                change_at_source(writer)
            ),
            (PathIssue::Tab, _) => {
                format!("write a space between the kernel and its arguments{}", change_at_source(writer))
            }
        }
    }

    /// NixOS writes a double slash where /boot is a filesystem of its own; of entries that it does not write
    /// itself the path is what somebody gave.
    fn double_slash_of_nixos(&self) -> String {
        let path = self.path.as_bytes();
        let has = |text: &[u8]| memchr::memmem::find(path, text).is_some();
        if has(b"memtest") {
            return Remedy::nixos("set boot.loader.grub.memtest86.enable = false").to_string();
        }
        if !has(b"/kernels/") && !has(b"/nix/store/") {
            return Remedy::LineEdit { edit: "write a single slash".to_owned(), writer: Writer::NixOs }.to_string();
        }
        Remedy::nixos(provided(None)).to_string()
    }

    fn plain_help(&self) -> &'static str {
        let path = self.path.as_bytes();
        if self.from.is_none() {
            "the path is looked up from the root of the first filesystem that mounts; --offset names another one"
        } else if path.starts_with(b"/boot/") {
            "the path is looked up from the root of the filesystem that holds the configuration: where /boot is a filesystem of \
             its own, it must not begin with /boot"
        } else {
            "the path is looked up from the root of the filesystem that holds the configuration: is the file there, and is this \
             filesystem mounted on / of the guest (then the path needs /boot in front)?"
        }
    }
}

/// What is wrong with a command that names no file, and the way out. `entry` is the entry for a message.
pub(crate) fn empty_path(purpose: Purpose, entry: &str, writer: Writer) -> (String, String) {
    let what = word(purpose);
    let consequence = match purpose {
        Purpose::Ramdisk => "pygrub boots it without an initrd",
        _ => "pygrub finds no kernel",
    };
    let reason = format!("the {what} line of {entry} names no file: {consequence}");
    (reason, format!("write the {what}'s path after the command{}", change_at_source(writer)))
}

/// A name for a message: no longer than a message can bear, and with control characters escaped.
pub(crate) fn shown(text: &PyStr) -> String {
    beginning(&text.to_string_lossy(), 200)
}

pub(super) fn missing_file(attempt: Option<&Attempt>, found: Option<Seen<'_>>, files: Option<&Files>) -> Advice {
    let Some(attempt) = attempt else { return advice("a file is missing", "", "") };
    let Some(step) = attempt.steps.last() else { return advice("a file is missing", "", "") };
    let filesystem = match &attempt.mounted {
        Mounted::Yes(name) => Some(name.as_str()),
        _ => None,
    };
    let entry = attempt.selection.as_ref().and_then(|selection| found?.config.entries.get(selection.index?));
    let file = entry
        .and_then(|entry| if step.purpose == Purpose::Kernel { entry.kernel.as_ref() } else { entry.initrd.as_ref() });
    let missing = MissingPath {
        path: &step.path,
        purpose: step.purpose,
        // One that was edited in the menu names other files.
        entry: entry.filter(|_| file.is_some_and(|file| file.path == step.path)).map(|entry| (&entry.title, true)),
        why: Some(step.missing.as_deref().unwrap_or("it does not open")),
        filesystem,
        from: found.map(|found| (found.dialect, found.writer)),
    };
    missing.advice_on(files, found)
}
