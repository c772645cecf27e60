//! `pregrub generate xl`.

use clap::{Args, ValueEnum};

use super::choices::{GuestChoices, HostChoices};
use super::output::Output;
use crate::cli::{Error, Status};
use crate::generate::Plan;
use crate::generate::xl::{Phase, domain};

#[derive(Debug, Args)]
pub(super) struct Xl {
    /// install: an HVM guest that starts the installer's ISO image; run: the installed guest, started by pygrub
    #[arg(long, value_enum)]
    phase: PhaseArg,
    #[command(flatten)]
    guest: GuestChoices,
    #[command(flatten)]
    host: HostChoices,
    #[command(flatten)]
    output: Output,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum PhaseArg {
    Install,
    Run,
}

pub(super) fn run(args: &Xl) -> Result<Status, Error> {
    args.output.write(&text(args).map_err(Error::Usage)?)
}

fn text(args: &Xl) -> Result<String, String> {
    let phase = match args.phase {
        PhaseArg::Install => Phase::Install,
        PhaseArg::Run => Phase::Run,
    };
    // The filesystem's UUID does not stand in a domain configuration, so that it need not be known.
    let plan = Plan::with_new_filesystems(args.host.complete(args.guest.choices()?));
    plan.and_then(|plan| domain(&plan, phase)).map_err(|refusal| refusal.to_string())
}
