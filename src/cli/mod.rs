//! The command line: one file a subcommand, and no logic that a caller of the library would miss.

mod args;
mod atomic_replace;
mod baselines;
mod bounded_read;
mod caller_args;
mod cat;
mod check;
mod color_choice;
mod compare;
mod completions;
mod effective_settings;
mod emitter;
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
mod image_args;
mod init;
mod initrd;
mod interrupt;
mod job_args;
mod kernel;
mod levels;
mod lint;
mod man;
mod merge;
mod output_args;
mod pool;
mod progress;
#[cfg(target_os = "linux")]
#[doc(hidden)]
pub mod pygrub;
mod pygrub_args;
mod recursive;
mod release_args;
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
mod unified_diff;

use std::io;
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, FromArgMatches};

use self::error::Error;
use crate::boot::Verdict;

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

/// What the operating system says, for a sentence: `No space left on device (os error 28)` without the number.
fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    }
}

/// Reads the command line, does what it says and returns the exit status.
pub fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(ended) = pygrub::if_called() {
        return ended;
    }
    let table = args::CommandLine::command().color(color_choice::for_clap());
    let parsed = table.try_get_matches().and_then(|matches| args::CommandLine::from_arg_matches(&matches));
    let command = match parsed {
        Ok(command) => command,
        // A file's name among the arguments may be a guest's.
        Err(error) if error.use_stderr() && runner_commands::are_obeyed() => {
            stdout::say(&error.render().to_string());
            return ExitCode::from(Status::Usage.code());
        }
        Err(error) => {
            let _ = error.print();
            if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
                && Path::new(word).exists()
            {
                stdout::complain(&format!("`{word}` is a file: pregrub check {word}"));
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Status::Usage.code()));
        }
    };
    if command.command.is_for_github() {
        runner_commands::expect();
    }
    #[cfg(target_os = "linux")]
    if let args::Command::Pygrub { args } = &command.command {
        return pygrub::supervise("pregrub pygrub", args).into();
    }
    let status = command.command.run().unwrap_or_else(|error| error.report());
    ExitCode::from(status.code())
}
