//! What an exception means in plain words, and the way out where it is known.

use super::hidden_command::hidden_kernel;
use super::missing_path::{MissingPath, shown};
use super::unmatched_brace::{Opener, openers};
use crate::boot::{Attempt, Found, InPlaceOf, Mounted};
use crate::config::{Cause, Config, Dialect, Effect, READ_LIMIT, Raised, Stage, Writer};
use crate::python::PyStr;
use crate::storage::partitions::{Failure, Origin, PartitionTable, Place, unseen};

/// An explanation. Sentences have no full stop at their end.
pub(crate) struct Advice {
    /// What is wrong.
    pub reason: String,
    /// What stands under the caret, beside the source line.
    pub label: &'static str,
    /// What to change.
    pub help: Option<String>,
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

pub(super) fn advice(reason: impl Into<String>, label: &'static str, help: impl Into<String>) -> Advice {
    let help = help.into();
    Advice { reason: reason.into(), label, help: (!help.is_empty()).then_some(help) }
}

/// What an exception means. `found` may be read further than the attempt did.
pub(crate) fn of_raised(attempt: Option<&Attempt>, found: Option<Seen<'_>>, raised: &Raised) -> Advice {
    let nixos = found.is_some_and(|found| found.writer == Writer::NixOs);
    if let Some(found) = found.filter(|found| found.directory) {
        return advice(
            format!("`{}` is a directory, and pygrub takes its raw blocks for the configuration", found.path),
            "",
            "remove it, or put the configuration in its place",
        );
    }
    let cut = found.is_some_and(|found| found.config.truncated && found.text.len() >= READ_LIMIT);
    if cut && matches!(raised.cause, Cause::NoEntry | Cause::NotUtf8) {
        let short = "make the file smaller than 1 MiB; with NixOS: boot.loader.grub.configurationLimit = 3";
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
        Cause::NestedEntry => advice(
            "a menu entry begins before pygrub has seen the end of the one before, and pygrub gives up on the whole file",
            "begins inside another entry",
            "write the `}` of the entry before on a line of its own",
        ),
        Cause::OpenEntry => advice(
            if found.is_some_and(|found| found.config.truncated) {
                "pygrub reads no more than 1 MiB of the file, and that ends inside a menu entry"
            } else {
                "the file ends before pygrub has seen the end of this menu entry"
            },
            "this entry is still open at the end",
            if nixos && found.is_some_and(|found| found.config.truncated) {
                "keep fewer generations: boot.loader.grub.configurationLimit = 3"
            } else {
                "write the `}` of the entry on a line of its own: is the file complete?"
            },
        ),
        Cause::DefaultNotANumber if raised.stage == Stage::Select => advice(
            "the default is a number of more than 64 bits, which this release cannot handle under Python 2",
            "too large",
            "write `set default=0`",
        ),
        Cause::DefaultNotANumber => advice(
            format!("this release wants the default to be a number: {}", raised.message),
            "no number",
            "write `set default=0`",
        ),
        Cause::NegativeDefault => {
            advice("the default is less than zero, which pygrub refuses", "less than zero", "write `set default=0`")
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
                Some(found) => format!("pygrub sees no menu entry in `{}`", found.path),
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
        Cause::NoConfiguration => advice(
            format!("{} has none of the configurations that pygrub looks for", filesystem(attempt)),
            "",
            "pygrub looks for /boot/grub/grub.cfg, /grub/grub.cfg and eleven more (pregrub trace lists them); \
             is this the disk with /boot, and is it the domain's first disk?",
        ),
        Cause::NoFilesystem => match attempt.map(|attempt| &attempt.mounted) {
            Some(Mounted::No { .. }) if attempt.is_some_and(is_extended) => advice(
                "this is an extended partition, and pygrub does not look at the logical ones in it",
                "",
                "make the boot partition a primary one, or name its offset in bytes: bootloader_args = [\"--offset=N\"]",
            ),
            Some(Mounted::No { why, instead, .. }) => advice(why.clone(), "", instead.unwrap_or_default()),
            _ => advice("pygrub cannot read what is on the disk", "", ""),
        },
        Cause::PartitionTable => advice(
            format!("pygrub reads the partition table and fails before it tries anything: {}", raised.message),
            "",
            "is the image complete? A disk without partitions needs no table: format the whole disk as ext4",
        ),
        Cause::MissingFile => missing_file(attempt, found),
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
                advice("the selected entry names an empty kernel path", "", "write the kernel's path behind `linux`")
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

fn filesystem(attempt: Option<&Attempt>) -> String {
    match attempt.map(|attempt| &attempt.mounted) {
        Some(Mounted::Yes(name)) if name == "directory" => "this directory".to_owned(),
        Some(Mounted::Yes(name)) => format!("the {name} filesystem"),
        _ => "the filesystem".to_owned(),
    }
}

/// Whether an MBR slot of this type holds logical partitions.
pub(crate) fn is_extended(attempt: &Attempt) -> bool {
    let origin = attempt.candidate.as_ref().map(|candidate| candidate.origin);
    matches!(origin, Some(Origin::MbrSlot { partition_type, .. }) if unseen::is_extended(partition_type))
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
        return advice(reason, label, "remove this line: pygrub never uses the root device of an entry");
    }
    if nixos && text.starts_with(b"($drive") {
        return advice(
            reason,
            label,
            "in the guest's NixOS configuration set boot.loader.grub.fsIdentifier = \"provided\" and let \
             fileSystems.\"/boot\".device be a plain device node such as \"/dev/xvda\", then run nixos-rebuild boot",
        );
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
    of_closing_brace(opener)
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
    let (name, value) = match memchr::memchr(b'=', text) {
        Some(equals) => (text[..equals].trim_ascii_end(), text[equals + 1..].trim_ascii_start()),
        None => (text, &b""[..]),
    };
    if name == b"kernelopts" {
        return advice(
            reason,
            "a second `=`",
            "set GRUB_ENABLE_BLSCFG=false in /etc/default/grub and run grub2-mkconfig: this line belongs to entries that \
             pygrub does not read either",
        );
    }
    if memchr::memchr(b';', text).is_some() && !matches!(value.first(), Some(b'"' | b'\'')) {
        return advice(reason, "two commands on one line", "write each command on a line of its own");
    }
    if matches!(text.get(name.len()), Some(b' ' | b'\t')) && memchr::memchr(b'=', text).is_some() {
        return advice(reason, "a blank before `=`", "write it without blanks around `=`");
    }
    if memchr::memchr(b'=', value).is_some() {
        return advice(
            reason,
            "a second `=`",
            "leave the word `set` out (GRUB does the same without it, and pygrub ignores the line), or remove the line",
        );
    }
    advice(reason, label, "write `set name=value`, or remove the line")
}

/// What a closing brace means that is refused, where it is known what opened it.
pub(crate) fn of_closing_brace(opener: Option<Opener>) -> Advice {
    let reason = "a closing brace comes where pygrub sees no open menu entry, and it gives up on the whole file";
    let label = "closes nothing that pygrub has seen";
    match opener {
        Some(Opener { span, kind }) => advice(format!("{reason}: {}", kind.clause(span.line)), label, kind.help()),
        None => {
            advice(reason, label, "remove it, or write the line that begins its menu entry: `menuentry \"title\" {`")
        }
    }
}

fn no_entry_help(found: Option<Seen<'_>>) -> &'static str {
    let has = |needle: &[u8]| found.is_some_and(|found| memchr::memmem::find(found.text, needle).is_some());
    if has(b"blscfg") {
        "the entries are in files of their own (BLS), which pygrub does not read: set GRUB_ENABLE_BLSCFG=false in \
         /etc/default/grub and run grub2-mkconfig"
    } else if has(b"configfile ") || has(b"source ") {
        "the entries are in another file, and pygrub follows neither `configfile` nor `source`: copy that file here"
    } else if found.is_some_and(|found| found.dialect == Dialect::Legacy) {
        "write at least one entry: `title` and its title, `kernel /path arguments`, `initrd /path`, a line each"
    } else if found.is_some_and(|found| found.dialect == Dialect::Extlinux) {
        "write at least one entry: `label` and its name, `kernel /path`, `append initrd=/path arguments`, a line each"
    } else {
        "write at least one entry: `menuentry \"title\" {`, `linux /path arguments`, `initrd /path`, `}`, a line each"
    }
}

fn no_kernel(found: Option<Seen<'_>>, raised: &Raised, nixos: bool) -> Advice {
    let entry = found.and_then(|found| found.config.entries.iter().find(|entry| Some(entry.header) == raised.span));
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
    let help = if hidden.is_some() {
        "write `linux`, `initrd` and every other command on a line of its own: pygrub sees the first one of a line"
    } else if extlinux && has(&["linux"]) {
        "pygrub does not know the keywords LINUX and INITRD: write `KERNEL /path` and, below it, `APPEND initrd=/path arguments`"
    } else if has(&["linuxefi"]) {
        "pygrub does not know linuxefi and initrdefi: write `linux` and `initrd`, which GRUB for EFI knows as well"
    } else if has(&["multiboot", "multiboot2", "xen_hypervisor"]) && nixos {
        "this system boots a hypervisor, which a guest does not need: set virtualisation.xen.enable = false in the guest's \
         NixOS configuration, and run nixos-rebuild boot"
    } else if has(&["multiboot", "multiboot2", "module", "module2", "xen_hypervisor"]) {
        "this entry boots a hypervisor, which a guest does not need: let the default be an entry with `linux`"
    } else if nixos && entry.is_some() {
        "let an entry of NixOS be the default: set boot.loader.grub.extraEntriesBeforeNixOS = false or another \
         boot.loader.grub.default in the guest's NixOS configuration, and run nixos-rebuild boot"
    } else if legacy {
        "let the default be an entry with `kernel /path arguments`"
    } else if has(&["chainloader", "configfile", "reboot", "halt", "fwsetup", "exit"]) {
        "this entry boots something else: let the default be an entry with `linux`"
    } else if extlinux {
        "let the default be an entry with `KERNEL /path`"
    } else {
        "let the default be an entry with `linux /path arguments`"
    };
    advice(reason, label, help)
}

fn missing_file(attempt: Option<&Attempt>, found: Option<Seen<'_>>) -> Advice {
    let Some(attempt) = attempt else { return advice("a file is missing", "", "") };
    let Some(step) = attempt.steps.last() else { return advice("a file is missing", "", "") };
    let filesystem = match &attempt.mounted {
        Mounted::Yes(name) => Some(name.as_str()),
        _ => None,
    };
    let missing = MissingPath {
        path: &step.path,
        purpose: step.purpose,
        entry: None,
        why: Some(step.missing.as_deref().unwrap_or("it does not open")),
        filesystem,
        from: found.map(|found| (found.dialect, found.writer)),
    };
    missing.advice()
}
