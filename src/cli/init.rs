//! `pregrub init`.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::generate::choices::Guest;
use super::output_args::Color;
use super::{Error, Status};
use crate::cli::stdout::Out;
use crate::generate::Plan;
use crate::generate::init::BootImage;

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Init {
    /// The file to make
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// Its size in MiB
    #[arg(long, value_name = "MIB", default_value_t = 32)]
    size: u32,
    /// How many generations there are
    #[arg(long, value_name = "N", default_value_t = 3)]
    generations: u32,
    /// The file that every kernel is a copy of [default: a tiny kernel that writes its arguments on the console and powers off]
    #[arg(long, value_name = "FILE")]
    kernel: Option<PathBuf>,
    /// The file that every initrd is a copy of [default: an empty archive]
    #[arg(long, value_name = "FILE")]
    initrd: Option<PathBuf>,
    /// Replace the file that is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    guest: Guest,
}

const AFTER_HELP: &str = "\
The image holds what `pregrub generate nixos` with the same options leads to. It is made without root and without mounting anything, \
by mke2fs (package e2fsprogs), or by mkfs.fat and mcopy (packages dosfstools and mtools) for vfat. pregrub's own simulation has \
booted it before it gets its name.

Exit status: 0 made; 2 refused, usage error, or it could not be made.";

pub(super) fn run(args: &Init) -> Result<Status, Error> {
    let kernel = make(args).map_err(Error::Usage)?;
    let mut out = Out::new(Color::Never);
    writeln!(out.text(), "made {}: pygrub boots {kernel}", args.image.display())?;
    out.finish()?;
    Ok(Status::Fine)
}

/// Makes it, and says which kernel it boots.
fn make(args: &Init) -> Result<String, String> {
    let plan = Plan::with_new_filesystems(args.guest.choices()?).map_err(|refusal| refusal.to_string())?;
    let image = BootImage {
        plan,
        generations: args.generations,
        size: args.size,
        kernel: args.kernel.clone(),
        initrd: args.initrd.clone(),
    };
    let run = image.make(&args.image, args.force).map_err(|error| error.to_string())?;
    Ok(run.chosen.map(|chosen| chosen.kernel.path.to_string()).unwrap_or_default())
}
