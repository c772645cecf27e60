//! Which entry pygrub selects, and what it would ask the filesystem for.

use serde::Serialize;

use super::fixed_kernels::{InPlaceOf, in_place_of, no_kernel};
use super::options::Options;
use super::title_rules::{RuleError, RuleFiles, TitleRules};
use crate::config::{Cause, Config, Entry, Raised, Setting, Stage};
use crate::flavour::Build;
use crate::python::py_str;
use crate::python::{Int, PyStr, Python, int};
use crate::release::{Change, Release};

/// What the caller of pygrub asks for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Overrides<'a> {
    /// `--entry`: a number or a title.
    pub entry: Option<&'a [u8]>,
    /// `--args`: added to the arguments of the entry.
    pub args: &'a [u8],
    /// The rules of the host that reject entries by their titles, where the flavour has such.
    pub rules: Option<&'a RuleFiles>,
}

impl<'a> Overrides<'a> {
    /// Those of the options.
    pub fn of(options: &'a Options) -> Self {
        Self {
            entry: options.entry.as_ref().map(PyStr::as_bytes),
            args: options.args.as_bytes(),
            rules: Some(&options.title_rules),
        }
    }
}

/// What is booted: paths as pygrub hands them to the filesystem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Boot {
    /// The kernel.
    pub kernel: PyStr,
    /// The initrd, if any. (An empty path counts as none when it comes to copying.)
    pub ramdisk: Option<PyStr>,
    /// The arguments, `--args` included. Nothing only in the releases that lose `--args` where the entry has no arguments.
    pub args: Option<PyStr>,
}

/// The outcome of the selection.
#[derive(Clone, Debug)]
pub struct Selection {
    /// The number that pygrub works out, before it is compared with the entries; missing where that raised.
    pub wanted: Option<Int>,
    /// The entry that is booted; missing where there is none.
    pub index: Option<usize>,
    /// What it boots.
    pub boot: Option<Boot>,
    /// What pygrub logs as a warning: a default after the last entry.
    pub warning: Option<&'static str>,
    /// The exception that ended the selection.
    pub raised: Option<Raised>,
    /// The default entry that a rule on titles rejected, so that another one was taken.
    pub rejected: Option<usize>,
    /// Why pygrub looks for kernels by their paths on the disk instead of selecting (SUSE).
    pub in_place_of: Option<InPlaceOf>,
    /// Why pregrub cannot tell what is selected.
    pub unknown: Option<String>,
}

impl Selection {
    fn raised(wanted: Option<Int>, warning: Option<&'static str>, raised: Raised) -> Self {
        Self { wanted, warning, raised: Some(raised), ..Self::nothing() }
    }

    fn nothing() -> Self {
        Self {
            wanted: None,
            index: None,
            boot: None,
            warning: None,
            raised: None,
            rejected: None,
            in_place_of: None,
            unknown: None,
        }
    }

    fn unknown(wanted: Int, why: String) -> Self {
        Self { wanted: Some(wanted), unknown: Some(why), ..Self::nothing() }
    }
}

/// The warning for a default after the last entry.
const NOT_FOUND: &str = "Default image not found";

/// Selects as a run without menu (`-q`) does. A release stands for upstream's pygrub.
pub fn select(config: &Config, overrides: Overrides<'_>, build: impl Into<Build>) -> Selection {
    let build = build.into();
    match in_place_of(config, build) {
        Ok(None) => {}
        Ok(in_place_of) => return Selection { in_place_of, ..Selection::nothing() },
        Err(raised) => return Selection::raised(None, None, raised),
    }
    let (wanted, warning) = match default_index(config, build.release) {
        Ok(found) => found,
        Err(raised) => return Selection::raised(None, None, raised),
    };
    if build.flavour.title_rules().is_none() {
        return choose(config, wanted, None, warning, overrides, build.release);
    }
    let judged = match judge(config, &wanted, overrides.rules, build) {
        Ok(judged) => judged,
        Err(RuleError::Raised(raised)) => return Selection::raised(Some(wanted), warning, raised),
        Err(RuleError::Unknown(why)) => return Selection::unknown(wanted, why),
    };
    let rejected = (wanted.to_i64() != Some(judged as i64)).then(|| place(&wanted));
    let index = Int::Small(i64::try_from(judged).unwrap_or(i64::MAX));
    Selection { rejected, ..choose(config, index, None, warning, overrides, build.release) }
}

/// The default entry, or the one that is taken where a rule on titles rejects it. Its title is looked at in any case, for a message
/// to syslog: this raises for a default that is not an entry, though `--entry` might replace it.
fn judge(config: &Config, wanted: &Int, rules: Option<&RuleFiles>, build: Build) -> Result<usize, RuleError> {
    let wanted = place(wanted);
    let index = match rules.filter(|rules| !rules.is_empty()) {
        Some(rules) => TitleRules::read(rules, build)?.judge(config, wanted)?,
        None => wanted,
    };
    let raised =
        |exception, message: &str, cause| RuleError::Raised(Raised::new(Stage::Select, exception, message, cause));
    let Some(entry) = config.entries.get(index) else {
        return Err(raised("IndexError", "list index out of range", Cause::NoEntry));
    };
    // The message is handed to C.
    if build.python() == Python::Two && entry.title.as_bytes().contains(&0) {
        return Err(raised("TypeError", "[priority,] message string", Cause::Title));
    }
    Ok(index)
}

/// A number as the place of an entry, as far as it can be one.
fn place(index: &Int) -> usize {
    index.to_i64().map_or(usize::MAX, |index| usize::try_from(index).unwrap_or(usize::MAX))
}

/// The number that `default` stands for, and whether pygrub warns that it is after the last entry.
pub(super) fn default_index(config: &Config, release: Release) -> Result<(Int, Option<&'static str>), Raised> {
    let wanted = match &config.default {
        // Under Python 2 a large number is not an `int` but a `long`, which a release made for Python 3 takes for text.
        Setting::Number(number)
            if number.to_i64().is_none() && release.has(Change::Python3) && release.python() == Python::Two =>
        {
            let message = "'long' object has no attribute 'isdigit'";
            let raised = Raised::new(Stage::Select, "AttributeError", message, Cause::DefaultNotANumber);
            return Err(raised.at_known(config.default_span));
        }
        Setting::Number(number) => number.clone(),
        // Only releases under Python 2 store text.
        Setting::Text(title) => match digits(title) {
            Some(number) => number,
            None => title_index(config, title.as_bytes()),
        },
    };
    // One more than the last entry passes the test; it falls back to entry 0 later.
    if release.has(Change::DefaultByTitle) && wanted.cmp_len(config.entries.len()).is_gt() {
        return Ok((Int::Small(0), Some(NOT_FOUND)));
    }
    Ok((wanted, None))
}

/// `text.isdigit()` and then `int(text)`, under Python 2.
fn digits(text: &PyStr) -> Option<Int> {
    let number = text.to_str()?;
    let all = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    if all { int::parse(number, Python::Two).ok() } else { None }
}

/// The first entry with that title; 0 where there is none. Of `a>b>c` the last part counts, by a rule of pygrub's own.
fn title_index(config: &Config, title: &[u8]) -> Int {
    let leaf = leaf(title);
    let found = config.entries.iter().position(|entry| entry.title.as_bytes() == leaf);
    Int::Small(found.and_then(|index| i64::try_from(index).ok()).unwrap_or(0))
}

/// What follows the last `>` that counts: one with a character other than white space on both sides and at least one more
/// character after.
///
/// pygrub looks for the first such `>` again and again, each time in what follows the one before.
fn leaf(title: &[u8]) -> &[u8] {
    let is_space = |byte: u8| py_str::is_space(char::from(byte)) && byte.is_ascii() && !matches!(byte, 0x1c..=0x1f);
    let mut rest = title;
    loop {
        let next = memchr::memchr_iter(b'>', rest)
            .find(|&at| at > 0 && !is_space(rest[at - 1]) && rest.len() > at + 2 && !is_space(rest[at + 1]));
        match next {
            Some(at) => rest = &rest[at + 1..],
            None => return rest,
        }
    }
}

/// Applies `--entry`, falls back to entry 0 and takes the files of the entry.
///
/// An entry that was edited in the menu is taken in place of the one selected there, but not of the one that `--entry` names.
pub(super) fn choose(
    config: &Config,
    wanted: Int,
    edited: Option<&Entry>,
    warning: Option<&'static str>,
    overrides: Overrides<'_>,
    release: Release,
) -> Selection {
    let (mut wanted, mut edited) = (wanted, edited);
    if let Some(entry) = overrides.entry {
        match entry_index(config, entry, release) {
            Ok(Some(index)) => {
                wanted = index;
                edited = None;
            }
            Ok(None) => {}
            Err(raised) => return Selection::raised(Some(wanted), warning, raised),
        }
    }
    let in_range =
        |index: &Int| index.to_i64().and_then(|i| usize::try_from(i).ok()).filter(|&i| i < config.entries.len());
    // A list index that is out of range falls back to the first entry.
    let index = in_range(&wanted).or(if config.entries.is_empty() { None } else { Some(0) });
    if let Some(entry) = edited {
        return match boot(entry, overrides.args, release) {
            Ok(boot) => Selection { wanted: Some(wanted), index, boot: Some(boot), warning, ..Selection::nothing() },
            Err(raised) => Selection { index, ..Selection::raised(Some(wanted), warning, raised) },
        };
    }
    let Some(index) = index else {
        let raised = Raised::new(Stage::Select, "IndexError", "list index out of range", Cause::NoEntry);
        return Selection::raised(Some(wanted), warning, raised);
    };
    match boot(&config.entries[index], overrides.args, release) {
        Ok(boot) => {
            Selection { wanted: Some(wanted), index: Some(index), boot: Some(boot), warning, ..Selection::nothing() }
        }
        Err(raised) => Selection { index: Some(index), ..Selection::raised(Some(wanted), warning, raised) },
    }
}

/// What `--entry` stands for: a number in range, or the first entry with exactly that title.
fn entry_index(config: &Config, entry: &[u8], release: Release) -> Result<Option<Int>, Raised> {
    let python = release.python();
    if python == Python::Three && !release.has(Change::EntryByNumberUnderPython3) {
        let message = "module 'string' has no attribute 'atoi'";
        return Err(Raised::new(Stage::Select, "AttributeError", message, Cause::EntryOption));
    }
    let number = match python {
        Python::Three => std::str::from_utf8(entry).ok().and_then(|entry| int::parse(entry, python).ok()),
        Python::Two => int::parse(&crate::python::bytes::wrap(entry), python).ok(),
    };
    let index = match number {
        Some(number) => number,
        None => match config.entries.iter().position(|candidate| candidate.title.as_bytes() == entry) {
            Some(index) => Int::Small(i64::try_from(index).unwrap_or(i64::MAX)),
            None => return Ok(None),
        },
    };
    let lowest = if release.has(Change::EntryZero) { 0 } else { 1 };
    let allowed = index.to_i64().is_some_and(|i| i >= lowest) && index.cmp_len(config.entries.len()).is_lt();
    Ok(allowed.then_some(index))
}

/// What the entry boots with the given `--args`.
fn boot(entry: &Entry, extra: &[u8], release: Release) -> Result<Boot, Raised> {
    let Some(kernel) = &entry.kernel else {
        return Err(no_kernel(release.into()).at(entry.header));
    };
    let own = entry.args.as_ref().map(PyStr::as_bytes).filter(|args| !args.is_empty());
    let args = if release.has(Change::ArgsAppended) {
        let mut args = own.unwrap_or_default().to_vec();
        if !extra.is_empty() {
            args.push(b' ');
            args.extend_from_slice(extra);
        }
        Some(args.into())
    } else {
        own.map(|own| [own, b" ", extra].concat().into())
    };
    Ok(Boot { kernel: kernel.path.clone(), ramdisk: entry.initrd.as_ref().map(|initrd| initrd.path.clone()), args })
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: conformance data, g2-def-*.
    #[test]
    fn leaves() {
        for (title, want) in [
            ("S>B", "S>B"),
            ("S>B x", "B x"),
            ("S>5", "S>5"),
            ("S > leaf", "S > leaf"),
            ("S> leaf", "S> leaf"),
            ("S>x>leaf", "leaf"),
            ("leaf>", "leaf>"),
            ("a>>leaf", ">leaf"),
        ] {
            assert_eq!(leaf(title.as_bytes()), want.as_bytes(), "{title}");
        }
    }
}
