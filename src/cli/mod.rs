//! The command line: one file a subcommand, and no logic that a caller of the library would miss.

mod args;
mod atomic_replace;
mod baselines;
mod bounded_read;
mod caller_args;
mod caller_file;
mod cat;
mod check;
mod checkouts;
mod color_choice;
mod compare;
mod completions;
mod effective_settings;
mod emitter;
#[cfg(target_os = "linux")]
mod ending_signals;
mod entries;
mod error;
mod escaping_writer;
mod exit_status;
mod explain;
mod fix;
mod fixable;
mod fleet;
mod generate;
mod grub;
mod guest_arg;
mod host;
mod host_devices;
mod image_args;
mod init;
mod initrd;
mod interrupt;
mod job_args;
mod kernel;
mod levels;
mod lint;
mod man;
#[cfg(target_os = "linux")]
mod menu;
mod merge;
mod number;
mod output_args;
mod pool;
mod progress;
#[cfg(target_os = "linux")]
#[doc(hidden)]
pub mod pygrub;
mod pygrub_args;
mod recursive;
mod release_args;
mod report;
mod rules;
mod runner_commands;
mod schema;
mod settings;
mod several;
mod skipped;
mod stdin_filename;
mod stdout;
mod target_args;
mod target_list;
mod target_name;
mod trace;
mod trust_args;
mod unified_diff;
mod usage_error;

use std::path::Path;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use self::error::Error;
use crate::boot::Verdict;
use crate::escape::shown_path;
use crate::system_error::{cannot_read, why};

/// How the program ends. The numbers are a contract (README, "Exit status").
///
/// The worst of several is the greatest: they stand in that order here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// Xen would boot it, or the configuration selects an entry: 0.
    Fine,
    /// Nobody asks pygrub, and that is asked about: 4.
    NotApplicable,
    /// It would not: 1.
    Fails,
    /// The target could not be read, or the verdict is unknown: 3.
    Unknown,
    /// The program was called wrongly, or could not do its work: 2.
    Usage,
    /// A signal ended it early: 128 and the number of the signal.
    Stopped(u8),
}

impl Status {
    /// What several make together: the worst counts, 2 before 3, 3 before 1, 1 before 4. All is well where there is none.
    fn worst(all: impl IntoIterator<Item = Self>) -> Self {
        all.into_iter().max().unwrap_or(Self::Fine)
    }

    /// The number that the program ends with.
    fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::NotApplicable => 4,
            Self::Fails => 1,
            Self::Usage => 2,
            Self::Unknown => 3,
            Self::Stopped(signal) => 128_u8.saturating_add(signal),
        }
    }
}

impl From<Verdict> for Status {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Boots | Verdict::Selects => Self::Fine,
            Verdict::Fails => Self::Fails,
            Verdict::Unknown => Self::Unknown,
            Verdict::NotApplicable => Self::NotApplicable,
        }
    }
}

/// A path as the user would write it: relative to the working directory if it lies below that.
fn path_from_here(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let below = here.as_deref().and_then(|here| path.strip_prefix(here).ok()).filter(|below| *below != Path::new(""));
    shown_path(below.unwrap_or(path))
}

/// Reads the command line, does what it says and returns the exit status.
pub fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(ended) = pygrub::if_called() {
        return ended;
    }
    let mut table = args::CommandLine::command().color(color_choice::for_clap());
    let parsed = table.try_get_matches_from_mut(std::env::args_os());
    let parsed = parsed.and_then(|matches| args::CommandLine::from_arg_matches(&matches));
    let command = match parsed {
        Ok(command) => command,
        // The help, and the version.
        Err(error) if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let status = u8::try_from(error.exit_code()).unwrap_or(Status::Usage.code());
            return ExitCode::from(error.print().map_or_else(|error| Error::from(error).report().code(), |()| status));
        }
        Err(error) => {
            stdout::complain(&usage_error::sentence(&error, &table));
            return ExitCode::from(Status::Usage.code());
        }
    };
    // Taking the table of options apart would only cost time.
    std::mem::forget(table);
    if command.command.is_for_github() {
        runner_commands::expect();
    }
    #[cfg(target_os = "linux")]
    if let args::CliCommand::Pygrub { args } = &command.command {
        return pygrub::supervise("pregrub pygrub", args).into();
    }
    let status = command.command.run().unwrap_or_else(|error| error.report());
    std::mem::forget(command);
    ExitCode::from(status.code())
}
