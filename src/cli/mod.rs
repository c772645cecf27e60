//! The command line: one file a subcommand, and no logic that a caller of the library would miss.

mod args;
mod atomic_replace;
mod baselines;
mod bounded_read;
mod caller_args;
mod cat;
mod check;
mod effective_settings;
mod emitter;
mod entries;
mod error;
mod escaping_writer;
mod exit_status;
mod explain;
mod fix;
mod fixable;
mod generate;
mod grub;
mod guest_arg;
mod init;
mod initrd;
mod kernel;
mod levels;
mod lint;
mod output_args;
mod progress;
#[cfg(target_os = "linux")]
#[doc(hidden)]
pub mod pygrub;
mod pygrub_args;
mod recursive;
mod release_args;
mod rules;
mod runner_commands;
mod settings;
mod several;
mod skipped;
mod stdout;
mod target_args;
mod trace;

use std::cmp::Ordering;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use clap::error::{ContextKind, ContextValue};

use self::error::Error;
use crate::boot::Verdict;

/// How the program ends. The numbers are a contract (README, "Exit status").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Xen would boot it, or the configuration selects an entry.
    Fine = 0,
    /// Nobody asks pygrub.
    NotApplicable = 4,
    /// It would not.
    Fails = 1,
    /// The target could not be read, or the verdict is unknown.
    Unknown = 3,
    /// The program was called wrongly, or could not write its result.
    Usage = 2,
}

impl Status {
    /// Of several targets the highest one counts.
    fn rank(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::NotApplicable => 1,
            Self::Fails => 2,
            Self::Usage => 3,
            Self::Unknown => 4,
        }
    }
}

impl PartialOrd for Status {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Status {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
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
    let command = match args::CommandLine::try_parse() {
        Ok(command) => command,
        // A file's name among the arguments may be a guest's.
        Err(error) if error.use_stderr() && runner_commands::are_obeyed() => {
            let _ = stdout::stderr().write_all(error.render().to_string().as_bytes());
            return ExitCode::from(Status::Usage as u8);
        }
        Err(error) => {
            let _ = error.print();
            if let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand)
                && Path::new(word).exists()
            {
                stdout::complain(&format!("`{word}` is a file: pregrub check {word}"));
            }
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Status::Usage as u8));
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
    ExitCode::from(status as u8)
}
