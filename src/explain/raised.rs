//! What an exception means in plain words, and the way out where it is known.

use super::Explanation;
use super::entry_end::EntryEnd;
use super::files::Files;
use super::hidden_command::hidden_kernel;
use super::missing_path::{MissingPath, empty_path, shown};
use super::mount_refusal;
use super::no_configuration;
use super::other_loaders::NIXOS_GRUB;
use super::remedy::{MKCONFIG, Remedy};
use super::unmatched_brace::{Opener, openers};
use crate::boot::{Attempt, Found, InPlaceOf, Mounted, Purpose};
use crate::config::{Cause, Config, Dialect, Effect, READ_LIMIT, Raised, Span, Stage, Writer};
use crate::config::{is_from_update_extlinux, is_part_of_image};
use crate::python::PyStr;
use crate::storage::partitions::{Failure, PartitionTable, Place};

/// An explanation. Sentences have no full stop at their end.
pub(crate) struct Advice {
    /// What is wrong.
    pub reason: String,
    /// What stands under the caret, beside the source line.
    pub label: &'static str,
    /// What to change.
    pub help: Option<String>,
    /// The same as data.
    pub remedy: Option<Remedy>,
}

impl From<&Explanation> for Advice {
    fn from(explanation: &Explanation) -> Self {
        let Explanation { reason, label, help, remedy, .. } = explanation;
        Self { reason: reason.clone(), label, help: help.clone(), remedy: remedy.clone() }
    }
}

/// A configuration that an exception comes from.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub path: &'a PyStr,
    pub dialect: Dialect,
    pub text: &'a [u8],
    pub directory: bool,
    pub config: &'a Config,
    /// Who wrote it. The whole text may have to be looked through for that.
    pub writer: Writer,
}

impl<'a> Seen<'a> {
    /// The one that an attempt found.
    pub(crate) fn of(attempt: &'a Attempt) -> Option<Self> {
        let Found { path, dialect, text, directory, config } = attempt.found.as_ref()?;
        Some(Self { path, dialect: *dialect, text, directory: *directory, config, writer: Writer::of(text) })
    }
}

pub(super) fn advice(reason: impl Into<String>, label: &'static str, help: impl Into<Remedy>) -> Advice {
    let help = help.into();
    let is_known = help != Remedy::Other(String::new());
    Advice { reason: reason.into(), label, help: is_known.then(|| help.to_string()), remedy: is_known.then_some(help) }
}

/// What an exception means. `found` may be read further than the attempt did; `files` is the filesystem, where it is at hand.
pub(crate) fn of_raised(
    attempt: Option<&Attempt>,
    found: Option<Seen<'_>>,
    files: Option<&Files>,
    raised: &Raised,
) -> Advice {
    let nixos = found.is_some_and(|found| found.writer == Writer::NixOs);
    if let Some(found) = found.filter(|found| found.directory) {
        return advice(
            format!("`{}` is a directory, and pygrub takes its raw blocks for the configuration", found.path),
            "",
            "remove it, or put the configuration in its place",
        );
    }
    let cut = found.is_some_and(|found| found.config.truncated && found.text.len() >= READ_LIMIT);
    let writer = found.map_or(Writer::Other, |found| found.writer);
    if cut && matches!(raised.cause, Cause::NoEntry | Cause::NotUtf8) {
        let short = cut_help(writer);
        let at_end = raised.span.is_none_or(|span| span.range().end == READ_LIMIT);
        if raised.cause == Cause::NoEntry {
            return advice(
                "pygrub reads no more than 1 MiB of the file, and there is no menu entry in that",
                "",
                short,
            );
        } else if at_end {
            return advice(
                "pygrub reads no more than 1 MiB of the file, and that ends inside a character",
                "cut here",
                short,
            );
        }
    }
    match raised.cause {
        Cause::Device | Cause::DeviceCommas => device(found, raised, nixos),
        Cause::Parenthesis => advice(
            "a path begins with `(` and has no `)`, so pygrub cannot find where the device ends, and gives up on the whole file",
            "no `)` follows",
            "write the path without a device: pygrub never uses it",
        ),
        Cause::SetArity => set_arity(found, raised),
        Cause::ClosingBrace => closing_brace(found, raised),
        Cause::NestedEntry => {
            let end = unseen_end(found, raised.span.map(|span| span.start));
            advice(
                "a menu entry begins before pygrub has seen the end of the one before, and pygrub gives up on the whole file",
                "begins inside another entry",
                end.map_or_else(
                    || "write the `}` of the entry before on a line of its own".into(),
                    |end| Remedy::LineEdit { edit: end.help().to_owned(), writer },
                ),
            )
        }
        Cause::OpenEntry if found.is_some_and(|found| found.config.truncated) => advice(
            "pygrub reads no more than 1 MiB of the file, and that ends inside a menu entry",
            "this entry is still open at the end",
            cut_help(writer),
        ),
        Cause::OpenEntry => advice(
            "the file ends before pygrub has seen the end of this menu entry",
            "this entry is still open at the end",
            unseen_end(found, None).map_or_else(
                || "write the `}` of the entry on a line of its own: is the file complete?".into(),
                |end| Remedy::LineEdit { edit: end.help().to_owned(), writer },
            ),
        ),
        Cause::DefaultNotANumber if raised.stage == Stage::Select => advice(
            "the default is a number of more than 64 bits, which this release cannot handle under Python 2",
            "too large",
            "write `set default=0`",
        ),
        Cause::DefaultNotANumber => advice(
            format!("this release wants the default to be a number: {}", raised.message),
            "no number",
            numeric_default(found, raised),
        ),
        Cause::NegativeDefault => {
            let help = match (found.map(|found| found.dialect), writer) {
                (_, Writer::NixOs) => Remedy::nixos("set boot.loader.grub.default to a number from 0 on"),
                (Some(Dialect::Legacy), _) => "write `default 0`".into(),
                _ => "write `set default=0`".into(),
            };
            advice("the default is less than zero, which pygrub refuses", "less than zero", help)
        }
        Cause::NotUtf8 => advice(
            "the file is not UTF-8, and pygrub under Python 3 reads nothing else",
            "not UTF-8",
            "convert the file to UTF-8, comments and titles included",
        ),
        Cause::AppendUnsupported => advice(
            "pygrub of this release cannot store what `append` says and gives up on the whole file",
            "`append` raises",
            "write a grub.cfg or menu.lst in its place, or use Xen 4.1.3 or later",
        ),
        Cause::QuotedKernel => advice(
            "the kernel is in quotes and begins or ends with a blank there, and pygrub gives up on the whole file",
            "a blank inside the quotes",
            "write the path without quotes",
        ),
        Cause::NoEntry => advice(
            match found {
                Some(found) => {
                    let elsewhere = elsewhere(found).map_or_else(String::new, |command| {
                        format!(": `{command}` takes the entries from other files, which pygrub never opens")
                    });
                    format!("pygrub sees no menu entry in `{}`{elsewhere}", found.path)
                }
                None => "pygrub sees no menu entry".to_owned(),
            },
            "",
            no_entry_help(found),
        ),
        Cause::NoKernel => no_kernel(found, raised, nixos),
        Cause::EntryOption => advice(
            "`--entry` raises in this release, whatever its value is, so that nothing ever boots with it",
            "",
            "do without `--entry`, or use Xen 4.17.3 or later",
        ),
        Cause::Timeout => advice(
            "the timeout is no integer, and pygrub reads it when it shows the menu",
            "no integer",
            format!(
                "write `{}`, or call pygrub with `-q` (bootloader_args = [\"-q\"]), which never looks at the timeout",
                plain_timeout(found.map(|found| found.dialect))
            ),
        ),
        Cause::Drawing if raised.exception == "ValueError" => advice(
            "the title has a NUL, which pygrub cannot draw",
            "this title",
            "remove the NUL, or call pygrub with `-q` (bootloader_args = [\"-q\"]), which draws no menu",
        ),
        Cause::Drawing => advice(
            "curses cannot draw this: it runs off the menu window",
            "this title",
            "shorten the title, or call pygrub with `-q` (bootloader_args = [\"-q\"]), which draws no menu",
        ),
        Cause::Terminal if raised.message.starts_with("nocbreak") => advice(
            "pygrub cannot show its menu: neither standard output nor standard error is a terminal",
            "",
            "call pygrub with `-q` (bootloader_args = [\"-q\"]), which draws no menu",
        ),
        Cause::Terminal => advice(
            "pygrub cannot show its menu: curses does not know the terminal, or it is gone",
            "",
            "set TERM=vt100, or call pygrub with `-q` (bootloader_args = [\"-q\"]), which draws no menu",
        ),
        Cause::Interrupted => advice("somebody pressed Ctrl-C in the menu", "", ""),
        Cause::NoConfiguration => no_configuration::of(attempt, files),
        Cause::NoFilesystem => match attempt {
            Some(attempt) => mount_refusal::of_attempt(attempt),
            None => advice("pygrub cannot read what is on the disk", "", ""),
        },
        Cause::PartitionTable => advice(
            format!("pygrub reads the partition table and fails before it tries anything: {}", raised.message),
            "",
            "is the image complete? A disk without partitions needs no table: format the whole disk as ext4",
        ),
        Cause::MissingFile => missing_file(attempt, found, files),
        Cause::Read => advice(
            match attempt.and_then(|attempt| attempt.steps.last()) {
                Some(step) => format!(
                    "`{}` cannot be read whole: {}",
                    step.path,
                    step.missing.as_deref().unwrap_or("its data is damaged")
                ),
                None => "a file cannot be read whole".to_owned(),
            },
            "",
            "is the image complete? Check it with e2fsck -fn",
        ),
        Cause::NothingFound => match attempt {
            Some(attempt) if attempt.in_place_of.is_some() => in_place_of(attempt),
            Some(attempt) if matches!(attempt.selection, Some(ref s) if s.boot.is_some()) => {
                let title = found.and_then(|found| found.config.entries.get(attempt.selection.as_ref()?.index?));
                let title = title.map(|entry| shown(&entry.title)).unwrap_or_default();
                let (reason, help) = empty_path(Purpose::Kernel, &format!("the selected entry \"{title}\""), writer);
                advice(reason, "", help)
            }
            _ => advice("pygrub finds no partition to try", "", ""),
        },
        Cause::Output => advice(
            "the result has a character that pygrub cannot print in this output format",
            "",
            "take it out of the arguments, or use --output-format=sxp",
        ),
        Cause::Title => advice(
            "the title of the entry has a NUL, and XCP-ng's pygrub under Python 2 cannot log it",
            "this title",
            "remove the NUL: is the file damaged?",
        ),
        Cause::TitleRule => advice(
            format!("the host's rules on titles (/etc/pygrub/rules.d) end pygrub: {}", raised.message),
            "",
            "correct or remove the rule on the host",
        ),
        Cause::TooLarge => advice(
            format!("XCP-ng's pygrub copies no file above the host's limit: {}", raised.message),
            "",
            "make it smaller, or raise /mh/limits/pv-kernel-max-size or pv-ramdisk-max-size in the host's xenstore (1 GiB without)",
        ),
        Cause::FileName => advice(
            "the path has a NUL, which Python hands to no filesystem",
            "has a NUL",
            "write the path without it: is the file damaged?",
        ),
    }
}

/// A timeout as the dialect writes it.
pub(crate) fn plain_timeout(dialect: Option<Dialect>) -> &'static str {
    match dialect {
        Some(Dialect::Legacy | Dialect::Extlinux) => "timeout 5",
        Some(Dialect::Grub2) | None => "set timeout=5",
    }
}

/// What an exception means that pygrub raises over the partition table. Nothing where it is about something else.
pub(crate) fn of_table(table: &PartitionTable, raised: &Raised) -> Option<Advice> {
    if raised.cause != Cause::PartitionTable {
        return None;
    }
    let Some(Failure::Raised { place, .. }) = &table.failure else { return None };
    Some(match place {
        Place::SolarisLabel { slot } => advice(
            format!(
                "MBR slot {slot} has the type of Linux swap or Solaris, and pygrub fails as it looks for a Solaris label in it, \
                 before it tries any partition"
            ),
            "",
            "is the image complete? Remove that slot, or give it another type: pygrub takes 82 and bf for Solaris",
        ),
        Place::GptHeader | Place::GptEntry { .. } => {
            let what = match place {
                Place::GptEntry { number } => {
                    format!("the table has to hold entry {number}, and pygrub cannot read that")
                }
                _ => "pygrub cannot read its header".to_owned(),
            };
            advice(
                format!("the GPT is damaged or incomplete: {what}, and fails before it tries any partition"),
                "",
                "is the image complete? sgdisk -v checks the table",
            )
        }
        Place::EmptyList => return None,
    })
}

/// Where SUSE's kernels were looked for, and are not there.
fn in_place_of(attempt: &Attempt) -> Advice {
    let why = match attempt.in_place_of {
        Some(InPlaceOf::Hypervisor) => "the first entry boots Xen itself, by the name of its kernel",
        Some(InPlaceOf::NoEntry) => "pygrub sees no menu entry",
        _ => "there is no configuration",
    };
    advice(
        format!("{why}, and SUSE's pygrub then boots /boot/vmlinuz-xen with /boot/initrd-xen, which are not there"),
        "",
        match attempt.in_place_of {
            Some(InPlaceOf::Hypervisor) => "put an entry that boots Linux first",
            _ => "write a configuration with a menu entry, or put kernel and initrd in these places",
        },
    )
}

/// Whether NixOS wrote the file: then the option is named, not the line.
fn device(found: Option<Seen<'_>>, raised: &Raised, nixos: bool) -> Advice {
    let text = raised.span.and_then(|span| found?.text.get(span.range())).unwrap_or_default();
    let shown = String::from_utf8_lossy(text);
    let (wanted, label) = if raised.cause == Cause::DeviceCommas {
        ("at most one comma in it", "more than one comma")
    } else if shown.contains(',') {
        ("a number behind its first two characters and one behind the comma", "not two numbers that pygrub can read")
    } else {
        ("a number behind its first two characters", "no number behind the first two characters")
    };
    let reason = format!("pygrub takes `{shown}` for a device, wants {wanted}, and gives up on the whole file");
    let command = raised.span.and_then(|span| {
        let found = found?;
        let start = memchr::memrchr(b'\n', found.text.get(..span.range().start)?).map_or(0, |newline| newline + 1);
        let line = String::from_utf8_lossy(found.text.get(start..span.range().start)?).into_owned();
        Some(line.split_whitespace().next()?.to_owned())
    });
    if command.is_some_and(|command| matches!(command.as_str(), "set" | "root" | "rootnoverify")) {
        return advice(reason, label, of_root_line(found, raised));
    }
    if nixos && text.starts_with(b"($drive") {
        return advice(reason, label, Remedy::nixos(provided(found.map(|found| found.path))));
    }
    advice(
        reason,
        label,
        "write the path without a device, as pygrub never uses it: it reads the kernel from where it found the configuration",
    )
}

fn closing_brace(found: Option<Seen<'_>>, raised: &Raised) -> Advice {
    let opener = found.zip(raised.span).and_then(|(found, brace)| {
        // Of several, this is the first that pygrub refuses, or the rule looks for all of them at once.
        openers(found.config, found.text, &[brace]).pop().flatten()
    });
    of_closing_brace(opener, found.map_or(Writer::Other, |found| found.writer))
}

fn set_arity(found: Option<Seen<'_>>, raised: &Raised) -> Advice {
    let label = "not one name and one value";
    if !raised.message.starts_with("too many") {
        return advice(
            "pygrub wants a name and a value behind `set`, and gives up on the whole file where one is missing",
            label,
            "write `set name=value`, or remove the line",
        );
    }
    let text = raised.span.and_then(|span| found?.text.get(span.range())).unwrap_or_default();
    let reason = "pygrub wants one name, one `=` and one value behind `set`, even in quotes, and gives up on the whole file \
                  otherwise";
    let image = found.is_some_and(|found| is_part_of_image(found.text));
    let (name, value) = match memchr::memchr(b'=', text) {
        Some(equals) => (text[..equals].trim_ascii_end(), text[equals + 1..].trim_ascii_start()),
        None => (text, &b""[..]),
    };
    if name == b"kernelopts" && image {
        return advice(reason, "a second `=`", IMAGE);
    }
    if name == b"kernelopts" {
        return advice(
            reason,
            "a second `=`",
            "set GRUB_ENABLE_BLSCFG=false in /etc/default/grub and run grub2-mkconfig: this line belongs to entries that \
             pygrub does not read either",
        );
    }
    let writer = found.map_or(Writer::Other, |found| found.writer);
    let edit = |edit: &str| Remedy::LineEdit { edit: edit.to_owned(), writer };
    if memchr::memchr(b';', text).is_some() && !matches!(value.first(), Some(b'"' | b'\'')) {
        return advice(reason, "two commands on one line", edit("write each command on a line of its own"));
    }
    if matches!(text.get(name.len()), Some(b' ' | b'\t')) && memchr::memchr(b'=', text).is_some() {
        return advice(reason, "a blank before `=`", edit("write it without blanks around `=`"));
    }
    if memchr::memchr(b'=', value).is_some() {
        return advice(
            reason,
            "a second `=`",
            edit(
                "leave the word `set` out (GRUB does the same without it, and pygrub ignores the line), or remove the line",
            ),
        );
    }
    advice(reason, label, edit("write `set name=value`, or remove the line"))
}

/// The way out of NixOS's default, which names the boot disk by a variable. The configuration's path shows whether /boot is a
/// filesystem of its own, which the guest's configuration has an option for.
pub(crate) fn provided(configuration: Option<&PyStr>) -> String {
    let boot_on_root = configuration.is_some_and(|path| path.as_bytes().starts_with(b"/boot/"));
    let mount = if boot_on_root { "/" } else { "/boot" };
    format!(
        "set boot.loader.grub.fsIdentifier = \"provided\" and let fileSystems.\"{mount}\".device be a plain device node such as \
         \"/dev/xvda\""
    )
}

/// What to do about the root device of an entry, which pygrub never uses.
fn of_root_line(found: Option<Seen<'_>>, raised: &Raised) -> Remedy {
    // One line with everything: without it the kernel would be gone as well.
    let line = found.zip(raised.span).and_then(|(found, span)| line_at(found.text, span));
    let names_kernel = |line: &[u8]| {
        [&b"kernel"[..], b"linux", b"initrd"]
            .iter()
            .any(|command| line.split(|byte| matches!(byte, b' ' | b'\t' | b';')).skip(1).any(|word| word == *command))
    };
    if line.is_some_and(names_kernel) {
        return "write `kernel`, `initrd` and every other command on a line of its own, and leave the root device out: pygrub \
                never uses it"
            .into();
    }
    match found.map_or(Writer::Other, |found| found.writer) {
        Writer::NixOs => Remedy::nixos(
            "remove the line from boot.loader.grub.extraEntries or extraPerEntryConfig, or set boot.loader.grub.useOSProber = \
             false if that finds the entry,",
        ),
        Writer::Mkconfig => {
            Remedy::MkconfigVariable("if os-prober finds the entry, set GRUB_DISABLE_OS_PROBER=true".to_owned())
        }
        Writer::Other => "remove this line: pygrub never uses the root device of an entry".into(),
    }
}

fn line_at(text: &[u8], span: Span) -> Option<&[u8]> {
    let start = memchr::memrchr(b'\n', text.get(..span.range().start)?).map_or(0, |newline| newline + 1);
    let rest = text.get(start..)?;
    Some(&rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())])
}

/// The number of the entry that a default names by its title.
fn numeric_default(found: Option<Seen<'_>>, raised: &Raised) -> Remedy {
    let Some(found) = found else { return "write `set default=0`".into() };
    if found.writer == Writer::NixOs {
        return Remedy::nixos("set boot.loader.grub.default to a number");
    }
    let title = raised.span.and_then(|span| found.text.get(span.range())).unwrap_or_default();
    let index = found.config.entries.iter().position(|entry| entry.title.as_bytes() == title);
    format!("write `set default={}`", index.unwrap_or(0)).into()
}

/// The end of the last entry that begins before this byte, which pygrub does not see.
fn unseen_end(found: Option<Seen<'_>>, before: Option<u32>) -> Option<EntryEnd> {
    let found = found?;
    let entries = &found.config.entries;
    let count = entries.partition_point(|entry| before.is_none_or(|before| entry.header.start < before));
    EntryEnd::of(found.config, found.text, entries.get(count.checked_sub(1)?)?)
}

/// What to do about a file of more than 1 MiB.
pub(crate) fn cut_help(writer: Writer) -> Remedy {
    match writer {
        Writer::NixOs => Remedy::nixos("keep fewer generations: set boot.loader.grub.configurationLimit to 20"),
        Writer::Mkconfig => format!("remove kernels that are no longer needed, and {MKCONFIG}").into(),
        Writer::Other => "make the file smaller than 1 MiB".into(),
    }
}

/// What to do about entries in other files; `bls` where `blscfg` reads them.
pub(crate) fn entries_elsewhere_help(dialect: Dialect, writer: Writer, bls: bool) -> Remedy {
    match (dialect, writer) {
        (Dialect::Extlinux, _) => {
            "copy the entries of that file into this one: `LABEL`, `KERNEL`, `APPEND initrd=...`, a line each".into()
        }
        (_, Writer::NixOs) => Remedy::nixos(
            "take the command out of boot.loader.grub.extraConfig or extraEntries, write the entries there themselves",
        ),
        _ if bls => "set GRUB_ENABLE_BLSCFG=false in /etc/default/grub of the guest, and run grub2-mkconfig -o \
                     /boot/grub2/grub.cfg"
            .into(),
        (_, Writer::Mkconfig) => {
            format!("write the entries into /etc/grub.d/40_custom, which become part of the file, and {MKCONFIG}")
                .into()
        }
        _ => "copy the entries of that file into this one".into(),
    }
}

/// What to do about a menu that is part of an image, and that nothing in the guest writes.
pub(crate) const IMAGE: &str = "this grub.cfg is part of an image (ostree, bootc, CoreOS, RAUC), and no grub-mkconfig in the guest writes it: make it \
                     an HVM guest (type = \"hvm\", and no bootloader), or build the image with plain menu entries in its grub.cfg";

/// What to do about LINUX and INITRD of extlinux.
pub(crate) fn extlinux_keyword_help(writer: Writer, text: &[u8]) -> Remedy {
    match writer {
        Writer::NixOs => Remedy::nixos(format!(
            "boot.loader.generic-extlinux-compatible writes what pygrub does not know: set \
             boot.loader.generic-extlinux-compatible.enable = false, {NIXOS_GRUB}"
        )),
        _ if is_from_update_extlinux(text) => {
            "update-extlinux writes LINUX and INITRD anew at the next update: write a /boot/grub/grub.cfg beside \
                                   this file, which pygrub reads first, with the same kernel, initrd and arguments \
                                   (`menuentry \"Linux\" {`, `linux /path arguments`, `initrd /path`, `}`, a line each)"
                .into()
        }
        _ => "write `KERNEL /path` and, below it, `APPEND initrd=/path arguments`".into(),
    }
}

/// What a closing brace means that is refused, where it is known what opened it.
pub(crate) fn of_closing_brace(opener: Option<Opener>, writer: Writer) -> Advice {
    let edit = |edit: &str| Remedy::LineEdit { edit: edit.to_owned(), writer };
    let reason = "a closing brace comes where pygrub sees no open menu entry, and it gives up on the whole file";
    let label = "closes nothing that pygrub has seen";
    match opener {
        Some(Opener { span, kind }) => {
            advice(format!("{reason}: {}", kind.clause(span.line)), label, edit(kind.help()))
        }
        None => advice(
            reason,
            label,
            edit("remove it, or write the line that begins its menu entry: `menuentry \"title\" {`"),
        ),
    }
}

/// The command that takes entries from other files.
fn elsewhere(found: Seen<'_>) -> Option<&'static str> {
    let commands = [("blscfg", &b"blscfg"[..]), ("configfile", b"configfile "), ("source", b"source ")];
    commands.iter().find(|(_, text)| memchr::memmem::find(found.text, text).is_some()).map(|(command, _)| *command)
}

fn no_entry_help(found: Option<Seen<'_>>) -> Remedy {
    let help = if found.is_some_and(|found| elsewhere(found) == Some("blscfg") && is_part_of_image(found.text)) {
        return IMAGE.into();
    } else if let Some((found, command)) = found.and_then(|found| Some((found, elsewhere(found)?))) {
        return entries_elsewhere_help(found.dialect, found.writer, command == "blscfg");
    } else if found.is_some_and(|found| found.dialect == Dialect::Legacy) {
        "write at least one entry: `title` and its title, `kernel /path arguments`, `initrd /path`, a line each"
    } else if found.is_some_and(|found| found.dialect == Dialect::Extlinux) {
        "write at least one entry: `label` and its name, `kernel /path`, `append initrd=/path arguments`, a line each"
    } else {
        "write at least one entry: `menuentry \"title\" {`, `linux /path arguments`, `initrd /path`, `}`, a line each"
    };
    help.into()
}

fn no_kernel(found: Option<Seen<'_>>, raised: &Raised, nixos: bool) -> Advice {
    let entry = found.and_then(|found| found.config.entries.iter().find(|entry| Some(entry.header) == raised.span));
    if let Some(entry) = entry.filter(|entry| entry.one_line) {
        return advice(
            format!(
                "the entry \"{}\" begins and ends on one line, and SUSE's pygrub reads nothing of what stands between its braces: it \
                 has no kernel",
                shown(&entry.title)
            ),
            "complete at the end of this line",
            "write each command of the entry and its `}` on a line of its own",
        );
    }
    let unknown: Vec<String> = entry
        .into_iter()
        .flat_map(|entry| &entry.directives)
        .filter(|directive| matches!(directive.effect, Effect::Unknown | Effect::Ignored))
        .filter_map(|directive| found?.text.get(directive.line.range()))
        .filter_map(|line| String::from_utf8_lossy(line).split_whitespace().next().map(str::to_ascii_lowercase))
        .collect();
    let hidden = entry.zip(found).and_then(|(entry, found)| hidden_kernel(entry, found.dialect, found.text));
    let has = |words: &[&str]| unknown.iter().any(|command| words.contains(&command.as_str()));
    let title = entry.map(|entry| shown(&entry.title)).unwrap_or_default();
    let extlinux = found.is_some_and(|found| found.dialect == Dialect::Extlinux);
    let legacy = found.is_some_and(|found| found.dialect == Dialect::Legacy);
    let reason = format!("the selected entry \"{title}\" has no kernel that pygrub sees");
    let label = "this entry is selected";
    let writer = found.map_or(Writer::Other, |found| found.writer);
    let help: Remedy = if extlinux && has(&["linux", "initrd"]) {
        extlinux_keyword_help(writer, found.map_or(b"", |found| found.text))
    } else if has(&["multiboot", "multiboot2", "xen_hypervisor"]) && nixos && hidden.is_none() {
        Remedy::nixos(
            "this system boots a hypervisor, which a guest does not need: set virtualisation.xen.enable = false",
        )
    } else {
        no_kernel_help(hidden.is_some(), nixos && entry.is_some(), extlinux, legacy, &has)
    };
    advice(reason, label, help)
}

fn no_kernel_help(hidden: bool, nixos: bool, extlinux: bool, legacy: bool, has: &dyn Fn(&[&str]) -> bool) -> Remedy {
    let help = if hidden {
        "write `linux`, `initrd` and every other command on a line of its own: pygrub sees the first one of a line"
    } else if has(&["linuxefi"]) {
        "pygrub does not know linuxefi and initrdefi: write `linux` and `initrd`, which GRUB for EFI knows as well"
    } else if has(&["multiboot", "multiboot2", "module", "module2", "xen_hypervisor"]) {
        "this entry boots a hypervisor, which a guest does not need: let the default be an entry with `linux`"
    } else if nixos {
        return Remedy::nixos(
            "let an entry of NixOS be the default: set boot.loader.grub.extraEntriesBeforeNixOS = false or another \
             boot.loader.grub.default",
        );
    } else if legacy {
        "let the default be an entry with `kernel /path arguments`"
    } else if has(&["chainloader", "configfile", "reboot", "halt", "fwsetup", "exit"]) {
        "this entry boots something else: let the default be an entry with `linux`"
    } else if extlinux {
        "let the default be an entry with `KERNEL /path`"
    } else {
        "let the default be an entry with `linux /path arguments`"
    };
    help.into()
}

fn missing_file(attempt: Option<&Attempt>, found: Option<Seen<'_>>, files: Option<&Files>) -> Advice {
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
