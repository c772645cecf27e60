//! `pregrub generate recipe`.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::choices::{Guest, Host};
use crate::cli::Status;
use crate::cli::args::Color;
use crate::cli::stdout::{Out, complain};
use crate::generate::Plan;
use crate::generate::output::write_files;
use crate::generate::recipe::{self, RecipeFile};

#[derive(Debug, Args)]
pub(super) struct Recipe {
    /// Where the files go; it is made where it is missing
    #[arg(value_name = "DIRECTORY")]
    directory: PathBuf,
    #[command(flatten)]
    guest: Guest,
    #[command(flatten)]
    host: Host,
    /// Replace files that are there
    #[arg(long)]
    force: bool,
}

pub(super) fn run(args: &Recipe) -> io::Result<Status> {
    let written = files(args).and_then(|files| {
        let named = files.iter().map(|file| (file.name, file.text.as_str()));
        write_files(&args.directory, named, args.force).map_err(|error| error.to_string())?;
        Ok(files)
    });
    match written {
        Ok(files) => {
            let mut out = Out::new(Color::Never);
            for file in files {
                writeln!(out.text(), "{}", args.directory.join(file.name).display())?;
            }
            out.finish()?;
            Ok(Status::Fine)
        }
        Err(why) => {
            complain(&why);
            Ok(Status::Usage)
        }
    }
}

fn files(args: &Recipe) -> Result<Vec<RecipeFile>, String> {
    let plan = Plan::with_new_filesystems(args.host.complete(args.guest.choices()?));
    let directory = args.directory.display().to_string();
    plan.and_then(|plan| recipe::files(&plan, &directory)).map_err(|refusal| refusal.to_string())
}
