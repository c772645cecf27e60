//! `--stdin-filename`: which file standard input stands for.

use clap::Args;

use super::target_args::DialectArg;
use super::target_name::TargetName;
use crate::config::Dialect;

#[derive(Debug, Args)]
pub(super) struct StdinArgs {
    /// The name of the file whose text comes from standard input (`-`), for editors: it decides the dialect and the settings that
    /// are in force, and reports name it
    #[arg(long, value_name = "FILE")]
    stdin_filename: Option<TargetName>,
}

impl StdinArgs {
    /// What a target is called in reports, and where its settings are looked for.
    pub(super) fn shown<'a>(&'a self, target: &'a TargetName) -> &'a TargetName {
        self.stdin_filename.as_ref().filter(|_| target.is_stdin()).unwrap_or(target)
    }

    /// The dialect of a target: what the command line says, else by the name that standard input stands for.
    pub(super) fn dialect(&self, target: &TargetName, given: Option<DialectArg>) -> Option<Dialect> {
        let by_name = || {
            let name = self.stdin_filename.as_ref().filter(|_| target.is_stdin())?;
            Dialect::from_file_name(name.path().file_name()?.to_str()?)
        };
        given.map(Into::into).or_else(by_name)
    }
}
