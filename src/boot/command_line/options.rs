//! The options of pygrub in each release, and its usage line.

use super::getopt::KnownOption;
use crate::flavour::{Build, ExtraOption};
use crate::release::Change;

/// An option of pygrub's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OptionWord {
    Quiet,
    Interactive,
    ListEntries,
    DryRun,
    Help,
    Output,
    OutputFormat,
    OutputDirectory,
    Offset,
    Runas,
    Entry,
    Kernel,
    Ramdisk,
    Args,
    IsConfig,
    Debug,
    Extra(ExtraOption),
}

/// An option, the change that brought it, and how the usage line shows it (not at all, where that is empty).
type Row = (KnownOption<OptionWord>, Option<Change>, &'static str);

const fn flag(option: OptionWord, short: Option<u8>, long: &'static str) -> KnownOption<OptionWord> {
    KnownOption { option, short, long, short_value: false, long_value: false }
}

const fn valued(option: OptionWord, long: &'static str) -> KnownOption<OptionWord> {
    KnownOption { option, short: None, long, short_value: false, long_value: true }
}

/// All options, in the order of the usage line.
const ROWS: &[Row] = &[
    (flag(OptionWord::Quiet, Some(b'q'), "quiet"), None, "[-q|--quiet]"),
    (flag(OptionWord::Interactive, Some(b'i'), "interactive"), None, "[-i|--interactive]"),
    (flag(OptionWord::ListEntries, Some(b'l'), "list-entries"), Some(Change::ListEntries), "[-l|--list-entries]"),
    (flag(OptionWord::DryRun, Some(b'n'), "not-really"), Some(Change::OutputOptions), "[-n|--not-really]"),
    (valued(OptionWord::Output, "output"), None, "[--output=]"),
    (valued(OptionWord::Kernel, "kernel"), None, "[--kernel=]"),
    (valued(OptionWord::Ramdisk, "ramdisk"), None, "[--ramdisk=]"),
    (valued(OptionWord::Args, "args"), None, "[--args=]"),
    (valued(OptionWord::Entry, "entry"), None, "[--entry=]"),
    (valued(OptionWord::OutputDirectory, "output-directory"), Some(Change::OutputOptions), "[--output-directory=]"),
    (
        valued(OptionWord::OutputFormat, "output-format"),
        Some(Change::OutputOptions),
        "[--output-format=sxp|simple|simple0]",
    ),
    (valued(OptionWord::Runas, "runas"), Some(Change::Runas), "[--runas=]"),
    (valued(OptionWord::Offset, "offset"), Some(Change::Offset), "[--offset=]"),
    // The letter takes a value by a slip in pygrub's list of options.
    (
        KnownOption { option: OptionWord::Help, short: Some(b'h'), long: "help", short_value: true, long_value: false },
        None,
        "",
    ),
    (flag(OptionWord::IsConfig, None, "isconfig"), None, ""),
    (flag(OptionWord::Debug, None, "debug"), Some(Change::Debug), ""),
];

fn rows(build: Build) -> impl Iterator<Item = &'static Row> {
    ROWS.iter().filter(move |(_, since, _)| since.is_none_or(|change| build.has(change)))
}

/// The options that pygrub knows. Those of a flavour take part in abbreviations, and are not in the usage line.
pub(crate) fn known(build: Build) -> Vec<KnownOption<OptionWord>> {
    let extra = build.flavour.options().iter().map(|&option| {
        let long = match option {
            ExtraOption::DefaultArgs => "default_args",
            ExtraOption::ExtraArgs => "extra_args",
            ExtraOption::Vm => "vm",
        };
        valued(OptionWord::Extra(option), long)
    });
    rows(build).map(|(known, ..)| *known).chain(extra).collect()
}

/// The usage line, with the program's name as it was called.
pub(crate) fn usage(build: Build, program: &str) -> String {
    let mut line = format!("Usage: {program}");
    for (.., shown) in rows(build).filter(|(.., shown)| !shown.is_empty()) {
        line.push(' ');
        line.push_str(shown);
    }
    line.push_str(" <image>");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: the recorded runs (corpus/conformance/runs.jsonl).
    #[test]
    fn usage_by_release() {
        let of = |build: &str| usage(build.parse().unwrap(), "pygrub");
        assert_eq!(
            of("4.0"),
            "Usage: pygrub [-q|--quiet] [-i|--interactive] [--output=] [--kernel=] [--ramdisk=] [--args=] [--entry=] <image>"
        );
        assert_eq!(
            of("4.17"),
            "Usage: pygrub [-q|--quiet] [-i|--interactive] [-l|--list-entries] [-n|--not-really] [--output=] [--kernel=] \
             [--ramdisk=] [--args=] [--entry=] [--output-directory=] [--output-format=sxp|simple|simple0] [--runas=] \
             [--offset=] <image>"
        );
        assert!(!of("4.17.2").contains("runas") && of("4.17.2").contains("offset"));
        assert!(of("xcp-ng-8.2").contains("runas") && !of("xcp-ng-7.6").contains("runas"));
        assert!(of("4.3").contains("list-entries") && !of("4.2").contains("list-entries"));
    }
}
