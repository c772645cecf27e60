//! What an exception means in plain words, and the way out where it is known: the table of causes. Families of causes have files of
//! their own.

use super::advice::{Advice, RaisingConfig, advice};
use super::closing_brace::{closing_brace, unseen_end};
use super::default_entry::{numeric_default, plain_timeout};
use super::device_name::device;
use super::files::Files;
use super::fixed_kernels::in_place_of;
use super::missing_path::{empty_path, missing_file};
use super::mount_refusal;
use super::no_configuration;
use super::no_entry::{elsewhere, no_entry_help};
use super::no_kernel::no_kernel;
use super::not_utf_8;
use super::read_limit::cut_help;
use super::remedy::Remedy;
use super::set_command::set_arity;
use super::wording::shown;
use crate::boot::{Attempt, Purpose};
use crate::config::{Cause, Dialect, READ_LIMIT, Raised, Stage, Writer};
use crate::release::Release;

/// What an exception of the pygrub of a release means. `found` may be read further than the attempt did; `files` is the filesystem, where
/// it is at hand.
pub(crate) fn of_raised(
    attempt: Option<&Attempt>,
    found: Option<RaisingConfig<'_>>,
    files: Option<&Files>,
    raised: &Raised,
    release: Release,
) -> Advice {
    let nixos = found.is_some_and(|found| found.writer == Writer::NixOs);
    if let Some(found) = found.filter(|found| found.directory) {
        return advice(
            format!("`{}` is a directory, and pygrub treats its raw blocks as the configuration", found.path),
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
            "a path begins with `(` and has no `)`, so pygrub cannot find where the device ends, and rejects the whole file",
            "no `)` follows",
            "write the path without a device: pygrub never uses it",
        ),
        Cause::SetArity => set_arity(found, raised),
        Cause::ClosingBrace => closing_brace(found, raised),
        Cause::NestedEntry => {
            let end = unseen_end(found, raised.span.map(|span| span.start));
            advice(
                "a menu entry begins before pygrub has seen the end of the one before, and pygrub rejects the whole file",
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
            format!("this release expects the default to be a number: {}", raised.message),
            "no number",
            numeric_default(found, raised, release),
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
            not_utf_8::help(found, raised),
        ),
        Cause::AppendUnsupported => advice(
            "pygrub of this release cannot store what `append` says and rejects the whole file",
            "`append` raises",
            "write a grub.cfg or menu.lst in its place, or use Xen 4.1.3 or later",
        ),
        Cause::QuotedKernel => advice(
            "the kernel is in quotes and begins or ends with a space there, and pygrub rejects the whole file",
            "a space inside the quotes",
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
            "omit `--entry`, or use Xen 4.17.3 or later",
        ),
        Cause::Timeout => advice(
            "the timeout is not an integer, and pygrub reads it when it shows the menu",
            "no integer",
            Remedy::WithoutMenu {
                first: Some(plain_timeout(
                    found.map(|found| found.dialect),
                    found.map_or(Writer::Other, |found| found.writer),
                )),
                effect: "which never looks at the timeout",
            },
        ),
        Cause::Drawing if raised.exception == "ValueError" => advice(
            "the title has a NUL, which pygrub cannot draw",
            "this title",
            Remedy::or_without_menu("remove the NUL"),
        ),
        Cause::Drawing => advice(
            "curses cannot draw this: it runs off the menu window",
            "this title",
            Remedy::or_without_menu("shorten the title"),
        ),
        Cause::Terminal if raised.message.starts_with("nocbreak") => advice(
            "pygrub cannot show its menu: neither standard output nor standard error is a terminal",
            "",
            Remedy::without_menu(),
        ),
        Cause::Terminal => advice(
            "pygrub cannot show its menu: curses does not know the terminal, or it is gone",
            "",
            Remedy::or_without_menu("set TERM=vt100"),
        ),
        Cause::Interrupted => advice("somebody pressed Ctrl-C in the menu", "", ""),
        Cause::NoConfiguration => no_configuration::of(attempt, files, release),
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
                    "`{}` cannot be read in full: {}",
                    step.path,
                    step.missing.as_deref().unwrap_or("its data is damaged")
                ),
                None => "a file cannot be read in full".to_owned(),
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
            Remedy::Toolstack("correct or remove the rule on the host".to_owned()),
        ),
        Cause::TooLarge => advice(
            format!("XCP-ng's pygrub copies no file above the host's limit: {}", raised.message),
            "",
            Remedy::Toolstack(
                "make it smaller, or raise /mh/limits/pv-kernel-max-size or pv-ramdisk-max-size in the host's xenstore (1 GiB without)"
                    .to_owned(),
            ),
        ),
        Cause::FileName => advice(
            "the path has a NUL, which Python hands to no filesystem",
            "has a NUL",
            "write the path without it: is the file damaged?",
        ),
    }
}
