//! pygrub's command line, as the pygrub of a release understands it, and where that ends it at once. The drop-in is called so, and
//! so does the toolstack call pygrub ([`xl`](crate::xl)).

mod getopt;
mod options;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use self::options::OptionWord;
use super::{Options, OutputFormat, Task, default_directory};
use crate::flavour::{Build, ExtraOption};
use crate::python::{Int, PyStr, Python, bytes, int};
use crate::release::{Change, Release};

/// A command line that pygrub goes on with.
#[derive(Clone, Debug)]
pub struct ParsedCommandLine {
    /// What the run depends on.
    pub options: Options,
    /// The image, or with `--isconfig` the configuration.
    pub image: PathBuf,
    /// `--output`; standard output where it is missing.
    pub output: Option<PathBuf>,
    /// How the result is printed.
    pub format: OutputFormat,
    /// Where the copies are put.
    pub directory: CopyDirectory,
    /// `--isconfig`: the image is a configuration.
    pub is_config: bool,
    /// `--runas`, unless it is 0, which pygrub takes for its absence.
    pub runas: Option<Int>,
}

impl ParsedCommandLine {
    /// Whether something is printed instead of a result: entries, or what a configuration alone selects.
    pub fn prints(&self) -> bool {
        self.is_config || self.options.task == Task::ListEntries
    }
}

/// Where the copies are put.
#[derive(Clone, Debug)]
pub enum CopyDirectory {
    /// The release's own, which is made if it is not there.
    Default(&'static str),
    /// `--output-directory`.
    Given(PathBuf),
}

impl CopyDirectory {
    /// Its path.
    pub fn path(&self) -> &Path {
        match self {
            Self::Default(path) => Path::new(path),
            Self::Given(path) => path,
        }
    }
}

/// A command line that ends pygrub at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlyExit {
    /// The exit status.
    pub exit: u8,
    /// A line on standard output.
    pub stdout: Option<Vec<u8>>,
    /// A line on standard error.
    pub stderr: Option<String>,
}

/// What pygrub makes of its arguments. `program` is the name that it was called by, `posixly_correct` whether the first word that
/// is not an option ends them (the environment variable `POSIXLY_CORRECT`), and `is_directory` is asked of `--output-directory`.
///
/// # Errors
///
/// pygrub ends at once.
pub fn parse(
    args: &[OsString],
    program: &str,
    build: Build,
    posixly_correct: bool,
    is_directory: &dyn Fn(&Path) -> bool,
) -> Result<ParsedCommandLine, EarlyExit> {
    let Build { release, flavour } = build;
    let usage =
        |exit, stdout: Option<Vec<u8>>| EarlyExit { exit, stdout, stderr: Some(options::usage(build, program)) };
    let (options, words) =
        getopt::parse(args, &options::known(build), posixly_correct).ok_or_else(|| usage(1, None))?;
    let image = words.first().ok_or_else(|| usage(1, None))?;
    let mut call = ParsedCommandLine {
        options: Options { release, flavour, interactive: Some(true), ..Options::default() },
        image: image.into(),
        output: None,
        format: OutputFormat::Sxp,
        directory: CopyDirectory::Default(default_directory(build)),
        is_config: false,
        runas: None,
    };
    for (word, value) in options {
        let text = || PyStr::from(value.as_bytes().to_vec());
        match word {
            OptionWord::Quiet => call.options.interactive = Some(false),
            OptionWord::Interactive => call.options.interactive = Some(true),
            OptionWord::ListEntries => call.options.task = Task::ListEntries,
            // Listing goes before.
            OptionWord::DryRun if call.options.task == Task::Copy => call.options.task = Task::DryRun,
            OptionWord::DryRun => {}
            OptionWord::Help => return Err(usage(0, None)),
            OptionWord::Output if value == "-" && build.has(Change::Runas) => {}
            OptionWord::Output => call.output = (value != "-").then(|| value.into()),
            OptionWord::Kernel => call.options.kernel = Some(text()),
            OptionWord::Ramdisk => call.options.ramdisk = Some(text()),
            OptionWord::Args => call.options.args = text(),
            OptionWord::Entry => {
                call.options.entry = Some(text());
                call.options.interactive = Some(false);
            }
            OptionWord::Extra(ExtraOption::DefaultArgs) => call.options.default_args = text(),
            OptionWord::Extra(ExtraOption::ExtraArgs) => call.options.extra_args = text(),
            OptionWord::Extra(ExtraOption::Vm) => {}
            OptionWord::IsConfig => call.is_config = true,
            OptionWord::Debug => call.options.debug = true,
            OptionWord::Offset => {
                let offset = integer(&value, release)
                    .ok_or_else(|| usage(1, Some(b"offset value must be an integer".to_vec())))?;
                call.options.offset = Some(widest(&offset));
            }
            OptionWord::Runas => {
                let uid = integer(&value, release)
                    .ok_or_else(|| usage(1, Some(b"runas value must be an integer user id".to_vec())))?;
                call.runas = (uid.to_i64() != Some(0)).then_some(uid);
            }
            OptionWord::OutputFormat => {
                call.format = OutputFormat::from_name(value.as_bytes()).ok_or_else(|| {
                    let word: &[u8] = if release.has(Change::Offset) { b"unknown" } else { b"unkonwn" };
                    usage(1, Some([word, b" output format ", value.as_bytes()].concat()))
                })?;
            }
            OptionWord::OutputDirectory => {
                let path = PathBuf::from(&value);
                if release.has(Change::RunDirectory) && !is_directory(&path) {
                    let line = [value.as_bytes(), b" is not an existing directory"].concat();
                    return Err(EarlyExit { exit: 1, stdout: Some(line), stderr: None });
                }
                call.directory = CopyDirectory::Given(path);
            }
        }
    }
    if call.options.interactive == Some(true) && call.runas.is_some() {
        let line = "In order to use --runas, you must also set --entry or -q".to_owned();
        return Err(EarlyExit { exit: 1, stdout: None, stderr: Some(line) });
    }
    Ok(call)
}

/// Whether an option (`--entry`, `-q`) takes a value. `None` if pygrub does not know it.
pub(crate) fn takes_value(option: &str, build: Build) -> Option<bool> {
    let known = options::known(build);
    match option.strip_prefix("--") {
        Some(long) => getopt::find_long(long.as_bytes(), &known).map(|option| option.long_value),
        None => {
            let letters = option.strip_prefix('-')?.as_bytes();
            let options = letters.iter().map(|letter| known.iter().find(|known| known.short == Some(*letter)));
            options.collect::<Option<Vec<_>>>()?.last().map(|option| option.short_value)
        }
    }
}

/// The options that pygrub's usage line shows.
pub(crate) fn option_names(build: Build) -> Vec<String> {
    options::usage(build, "")
        .split_whitespace()
        .skip(1)
        .filter(|word| word.starts_with('['))
        .map(str::to_owned)
        .collect()
}

/// `int(value)`.
fn integer(value: &OsStr, release: Release) -> Option<Int> {
    match release.python() {
        Python::Three => int::parse(value.to_str()?, Python::Three).ok(),
        Python::Two => int::parse(&bytes::wrap(value.as_bytes()), Python::Two).ok(),
    }
}

/// The number, or the largest or smallest that can be held: pygrub finds nothing at either.
fn widest(number: &Int) -> i128 {
    let digits = number.to_string();
    digits.parse().unwrap_or(if digits.starts_with('-') { i128::MIN } else { i128::MAX })
}

#[cfg(test)]
mod tests {
    use super::getopt::words;
    use super::*;

    fn call(line: &[&str]) -> Result<ParsedCommandLine, EarlyExit> {
        of("debian-4.17", line)
    }

    fn of(build: &str, line: &[&str]) -> Result<ParsedCommandLine, EarlyExit> {
        parse(&words(line), "pygrub", build.parse().unwrap(), false, &Path::is_dir)
    }

    fn ended(line: &[&str]) -> (u8, String, String) {
        let EarlyExit { exit, stdout, stderr } = call(line).unwrap_err();
        let usage = stderr.unwrap_or_default();
        let usage = if usage.starts_with("Usage: ") { "usage".to_owned() } else { usage };
        (exit, String::from_utf8(stdout.unwrap_or_default()).unwrap(), usage)
    }

    // Expected values: pygrub 4.17.
    #[test]
    fn what_ends_it_at_once() {
        let usage = || "usage".to_owned();
        for line in [&["--bogus", "i"][..], &["-z", "i"], &["--out=x", "i"], &["-q"], &[], &["-h"], &["--help"]] {
            assert_eq!(ended(line), (1, String::new(), usage()), "{line:?}");
        }
        for line in [&["-h", "x", "i"][..], &["--help", "i"]] {
            assert_eq!(ended(line), (0, String::new(), usage()), "{line:?}");
        }
        assert_eq!(ended(&["--offset=0x0", "i"]), (1, "offset value must be an integer".to_owned(), usage()));
        assert_eq!(ended(&["--runas=abc", "i"]), (1, "runas value must be an integer user id".to_owned(), usage()));
        assert_eq!(ended(&["--output-format=xml", "i"]), (1, "unknown output format xml".to_owned(), usage()));
        assert_eq!(
            ended(&["--output-directory=/nonexistdir", "i"]),
            (1, "/nonexistdir is not an existing directory".to_owned(), String::new())
        );
        assert_eq!(ended(&["--runas=1000", "i"]).2, "In order to use --runas, you must also set --entry or -q");
    }

    #[test]
    fn the_last_word_on_the_menu_counts() {
        let shown = |line: &[&str]| call(line).unwrap().options.shows_menu();
        assert!(shown(&["i"]) && shown(&["-q", "-i", "i"]) && shown(&["--entry=1", "-i", "i"]));
        assert!(!shown(&["-i", "-q", "i"]) && !shown(&["-i", "--entry=1", "i"]) && !shown(&["-l", "i"]));
    }

    // Expected values: XCP-ng's pygrub (corpus/conformance/flavours-runs.jsonl, xs-abbrev-*, xs-extra-args-*).
    #[test]
    fn options_of_xcp_ng() {
        let call = of("xcp-ng-8.3", &["--extra_args=a", "--default_args", "d", "--vm", "x", "--ex=b", "i"]).unwrap();
        let args = (call.options.extra_args.to_string(), call.options.default_args.to_string());
        assert_eq!(args, ("b".to_owned(), "d".to_owned()));
        assert!(of("xcp-ng-8.3", &["--e=1", "i"]).is_err() && of("xcp-ng-8.3", &["--de", "i"]).is_err());
        assert!(of("xcp-ng-8.3", &["--ent=1", "--deb", "i"]).is_ok() && of("4.17", &["--e=1", "i"]).is_ok());
        assert!(of("4.17", &["--extra_args=a", "i"]).is_err());
        assert_eq!(of("suse-4.21", &["i"]).unwrap().directory.path(), Path::new("/var/run/xen"));
    }

    #[test]
    fn values() {
        let call = call(&["i", "--offset= 5_1 ", "--runas=0", "--output=f", "--output=-", "-l", "-n"]).unwrap();
        assert_eq!(call.options.offset, Some(51));
        assert_eq!(call.runas, None);
        assert_eq!(call.output.as_deref(), Some(Path::new("f")));
        assert_eq!(call.options.task, Task::ListEntries);
    }
}
