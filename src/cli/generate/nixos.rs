//! `pregrub generate nixos`.

use std::io;

use clap::Args;

use super::choices::Guest;
use super::output::Output;
use crate::cli::Status;
use crate::generate::{Plan, nixos};

#[derive(Debug, Args)]
pub(super) struct Nixos {
    #[command(flatten)]
    guest: Guest,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Nixos) -> io::Result<Status> {
    args.output.write(text(args))
}

fn text(args: &Nixos) -> Result<String, String> {
    let plan = Plan::new(args.guest.choices()?);
    plan.and_then(|plan| nixos::module(&plan)).map_err(|refusal| refusal.to_string())
}
