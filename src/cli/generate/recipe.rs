//! `pregrub generate recipe`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::choices::{GuestChoices, HostChoices};
use crate::cli::interrupt::while_writing;
use crate::cli::output_args::Color;
use crate::cli::stdout::Out;
use crate::cli::{Error, Status};
use crate::generate::Plan;
use crate::generate::output::write_files;
use crate::generate::recipe::{self, RecipeFile};

#[derive(Debug, Args)]
pub(super) struct Recipe {
    /// Where the files go; it is made where it is missing
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
    #[command(flatten)]
    guest: GuestChoices,
    #[command(flatten)]
    host: HostChoices,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Recipe) -> Result<Status, Error> {
    let files = files(args).map_err(Error::Usage)?;
    let named = files.iter().map(|file| (file.name, file.text.as_str()));
    while_writing(|| write_files(&args.directory, named, args.force))
        .map_err(|error| Error::Usage(error.to_string()))?;
    let mut out = Out::new(Color::Never);
    for file in files {
        writeln!(out.text(), "{}", args.directory.join(file.name).display())?;
    }
    out.finish()?;
    Ok(Status::Fine)
}

fn files(args: &Recipe) -> Result<Vec<RecipeFile>, String> {
    let plan = Plan::with_new_filesystems(args.host.complete(args.guest.choices()?));
    let directory = args.directory.display().to_string();
    plan.and_then(|plan| recipe::files(&plan, &directory)).map_err(|refusal| refusal.to_string())
}
