//! The command line: one file a subcommand, and no logic that a caller of the library would miss.

mod args;
mod atomic_replace;
mod baselines;
mod bounded_read;
mod caller_args;
mod check;
mod effective_settings;
mod emitter;
mod entries;
mod error;
mod escaping_writer;
mod explain;
mod fix;
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
mod stdout;
mod target_args;
mod trace;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use self::error::Error;
use crate::boot::Verdict;

/// How the program ends. The numbers are a contract (README, "Exit status").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// Xen would boot it, or the configuration selects an entry.
    Fine = 0,
    /// It would not.
    Fails = 1,
    /// The target could not be read, or the verdict is unknown.
    Unknown = 3,
    /// The program was called wrongly, or could not write its result.
    Usage = 2,
}

impl From<Verdict> for Status {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Boots | Verdict::Selects => Self::Fine,
            Verdict::Fails => Self::Fails,
            Verdict::Unknown => Self::Unknown,
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
        Err(error) => error.exit(),
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
