//! `pregrub generate nixos`.

use clap::Args;

use super::choices::GuestChoices;
use super::output::Output;
use crate::cli::{Error, Status};
use crate::generate::{Plan, nixos};

#[derive(Debug, Args)]
pub(super) struct Nixos {
    #[command(flatten)]
    guest: GuestChoices,
    #[command(flatten)]
    output: Output,
}

pub(super) fn run(args: &Nixos) -> Result<Status, Error> {
    args.output.write(&text(args).map_err(Error::Usage)?)
}

fn text(args: &Nixos) -> Result<String, String> {
    let plan = Plan::new(args.guest.choices()?);
    plan.and_then(|plan| nixos::module(&plan)).map_err(|refusal| refusal.to_string())
}
