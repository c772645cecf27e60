//! Why a path that a configuration names does not open, in plain words: for the verdict and for the rules of the linter.

use super::advice::{Advice, RaisingConfig, advice};
use super::closest_path::{Closest, Kinship, Relatives, closest};
use super::device_name::provided;
use super::files::Files;
use super::kernels_there::KernelThere;
use super::missing_initrd::{MadeBy, is_other_version};
use super::no_entry::IMAGE;
use super::path_issue::{PathIssue, Plain, words};
use super::remedy::{MKCONFIG, Remedy, change_at_source};
use super::wording::{shown, word};
use crate::boot::{Attempt, Mounted, Purpose};
use crate::config::{Dialect, Writer};
use crate::python::PyStr;

/// A path that does not open, or will not as far as a configuration alone shows.
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
            let link = if self.behind_link().is_some() { "a link on the way leads nowhere: " } else { "" };
            return advice(format!("{} does not open: {link}{why}", self.subject()), "named here", self.plain_help());
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
    pub(crate) fn advice_on(&self, files: Option<&Files>, configuration: Option<RaisingConfig<'_>>) -> Advice {
        let relatives = configuration.map(Relatives::of);
        self.advice_among(files, configuration.zip(relatives.as_ref())).0
    }

    /// The same, and the file that is probably meant. The relatives are those of the configuration.
    pub(crate) fn advice_among<'b>(
        &self,
        files: Option<&Files>,
        configuration: Option<(RaisingConfig<'b>, &Relatives<'b>)>,
    ) -> (Advice, Option<Closest<'b>>) {
        let mut said = self.advice();
        let (Some(files), Some((configuration, relatives)), false) = (files, configuration, self.path.is_empty())
        else {
            return (said, None);
        };
        if self.issue().is_some() {
            if self.issue() == Some(PathIssue::Argument) && configuration.writer != Writer::NixOs {
                let there = KernelThere::newest(files).map(|there| there.kernel);
                said.help = Some(self.argument_help(there.as_deref()));
                return (said, None);
            }
            let plain = Plain::of(self.path.as_bytes(), self.purpose, configuration.dialect);
            if let Some(plain) = plain.filter(|plain| !files.exists(&plain.path)) {
                let path = shown(&PyStr::from(plain.path));
                said.help = Some(format!("{}; but `{path}` is not there either", said.help.unwrap_or_default()));
            }
            return (said, None);
        }
        let writer = configuration.writer;
        // Where it is a link, what the link leads to is missing.
        let sought = self.behind_link().map(|name| PyStr::from(format!("/boot/{name}").as_str()));
        let path = sought.as_ref().unwrap_or(self.path);
        let found = closest(files, relatives, self.purpose, path);
        said.help = Some(match &found {
            Some(found) if sought.is_some() && !matches!(found.kinship, Kinship::OtherVersion) => {
                format!("`{}` is there: correct the link in the guest", found.path)
            }
            Some(found) => {
                let alone = || found.help(self.purpose, path, writer);
                self.without_kernel(files, (configuration, relatives), found).unwrap_or_else(alone)
            }
            None => self
                .on_another_device(configuration)
                .unwrap_or_else(|| self.nothing_like_it(writer, path, self.kernel_is_missing(files, configuration))),
        });
        (said, found.filter(|_| sought.is_none()))
    }

    /// What to say where the configuration names a device in front of the path, which pygrub leaves out.
    fn on_another_device(&self, configuration: RaisingConfig<'_>) -> Option<String> {
        let files = configuration.config.entries.iter().flat_map(|entry| match self.purpose {
            Purpose::Ramdisk => entry.initrd.as_ref(),
            _ => entry.kernel.as_ref(),
        });
        let file = files.into_iter().find(|file| file.path == *self.path)?;
        let written = configuration.text.get(file.span.range())?;
        let device = written.strip_suffix(self.path.as_bytes()).filter(|device| device.starts_with(b"("))?;
        let otherwise = if configuration.is_of_image {
            IMAGE.to_owned()
        } else {
            format!("put the {} on the filesystem that holds the configuration", word(self.purpose))
        };
        let device = shown(&PyStr::from(device.to_vec()));
        Some(format!("pygrub leaves `{device}` out and looks where it found the configuration: {otherwise}"))
    }

    /// What the link on the way leads to: the name that is missing is none of the path's.
    fn behind_link(&self) -> Option<&str> {
        let name = self.why?.strip_prefix("there is no `")?.split('`').next()?;
        let of_path = self.path.as_bytes().split(|byte| *byte == b'/').any(|part| part == name.as_bytes());
        (!of_path && !name.is_empty() && self.issue().is_none()).then_some(name)
    }

    /// Whether the kernel of the entry with this initrd is not there either.
    fn kernel_is_missing(&self, files: &Files, configuration: RaisingConfig<'_>) -> bool {
        self.kernel_of(configuration).is_some_and(|kernel| !files.exists(kernel.as_bytes()))
    }

    fn kernel_of<'b>(&self, configuration: RaisingConfig<'b>) -> Option<&'b PyStr> {
        let mut entries = configuration.config.entries.iter().filter(|_| self.purpose == Purpose::Ramdisk);
        let entry = entries.find(|entry| entry.initrd.as_ref().is_some_and(|initrd| initrd.path == *self.path))?;
        Some(&entry.kernel.as_ref()?.path)
    }

    /// What to say of an initrd that is there where the kernel is missing too: both are renamed.
    fn without_kernel<'b>(
        &self,
        files: &Files,
        (configuration, relatives): (RaisingConfig<'b>, &Relatives<'b>),
        found: &Closest<'_>,
    ) -> Option<String> {
        let is_another = matches!(found.kinship, Kinship::OtherVersion | Kinship::Neighbour);
        if !is_another || configuration.writer != Writer::Other || !self.kernel_is_missing(files, configuration) {
            return None;
        }
        let kernel = closest(files, relatives, Purpose::Kernel, self.kernel_of(configuration)?)?;
        let (initrd, kernel) = (&found.path, &kernel.path);
        Some(if is_other_version(initrd, kernel) {
            format!(
                "`{initrd}` is there, and the kernel of this entry is missing as well: name two files of one version"
            )
        } else {
            format!("`{initrd}` is there, and belongs to `{kernel}`: is this pair meant?")
        })
    }

    /// With `/boot` in front or without, and beside it, there is nothing like the file.
    fn nothing_like_it(&self, writer: Writer, path: &PyStr, kernel_is_missing: bool) -> String {
        let what = word(self.purpose);
        let again = match (writer, self.purpose) {
            (Writer::NixOs, _) => Remedy::copies_again().to_string(),
            (_, Purpose::Ramdisk) if !kernel_is_missing => {
                format!("make it in the guest ({})", MadeBy(&path.to_string_lossy()))
            }
            (Writer::Mkconfig, _) => format!("install the kernel's package again, and {MKCONFIG} in the guest"),
            (Writer::Other, _) => "copy it there, or name one that is there".to_owned(),
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
                let set = "this system has no kernel, as a container has none: set boot.isContainer = false and boot.kernel.enable = true";
                Remedy::nixos(set).to_string()
            }
            (PathIssue::Argument, _) => self.argument_help(None),
            (PathIssue::Tab, _) => {
                format!("write a space between the kernel and its arguments{}", change_at_source(writer))
            }
        }
    }

    /// Where the kernel's path is missing, and an argument of it stands there. `there` is a kernel on the disk.
    fn argument_help(&self, there: Option<&str>) -> String {
        let (kernel, argument) = (there.unwrap_or("/boot/vmlinuz"), shown(self.path));
        let (dialect, writer) = self.from.unwrap_or((Dialect::Grub2, Writer::Other));
        match dialect {
            Dialect::Extlinux => format!("write `KERNEL {kernel}`, and `{argument}` into the APPEND below it"),
            Dialect::Legacy => {
                format!("write the kernel's path in front of its arguments, as `kernel {kernel} {argument}`")
            }
            Dialect::Grub2 => format!(
                "write the kernel's path in front of its arguments, as `linux {kernel} {argument}`{}",
                change_at_source(writer)
            ),
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
        Remedy::nixos(provided(has(b"/nix/store/"))).to_string()
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

pub(super) fn missing_file(
    attempt: Option<&Attempt>,
    found: Option<RaisingConfig<'_>>,
    files: Option<&Files>,
) -> Advice {
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
