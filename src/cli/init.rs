//! `pregrub init`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::caller_file::{file_or_device, refuse_links_of_commits};
use super::generate::choices::GuestChoices;
use super::interrupt::while_writing;
use super::number::number;
use super::output_args::Color;
use super::{Error, Status};
use crate::cli::stdout::{Out, complain};
use crate::escape::shown_path;
use crate::generate::Plan;
use crate::generate::init::{BootImage, LARGEST, SMALLEST};
use crate::initrd::{self, GuestKernel, InitrdDepth, Problem, Weight};
use crate::kernel::{self, KernelDepth, KernelFormat, Question, RefusalExplanation};
use crate::release::Release;
use crate::storage::source::{FileSource, Source};

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Init {
    /// The file to make
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    /// Its size in MiB
    #[arg(long, value_name = "MIB", default_value_t = 32, allow_negative_numbers = true, value_parser = number::<u32>(SMALLEST.into()..=LARGEST.into()))]
    size: u32,
    /// How many generations there are
    #[arg(long, value_name = "N", default_value_t = 3, allow_negative_numbers = true, value_parser = number::<u32>(1..=1000))]
    generations: u32,
    /// The file that every kernel is a copy of, refused if it is not a kernel [default: a tiny kernel that writes its arguments on the console and powers off]
    #[arg(long, value_name = "FILE")]
    kernel: Option<PathBuf>,
    /// The file that every initrd is a copy of, refused if it is not an initrd [default: an empty archive]
    #[arg(long, value_name = "FILE")]
    initrd: Option<PathBuf>,
    /// Replace the file that is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    guest: GuestChoices,
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
    let named: Vec<&PathBuf> = args.kernel.iter().chain(&args.initrd).collect();
    refuse_links_of_commits(&named)?;
    let choices = args.guest.choices()?;
    let (release, guest) = (choices.release, choices.guest_type);
    let plan = Plan::with_new_filesystems(choices).map_err(|refusal| refusal.to_string())?;
    if let Some(path) = &args.kernel {
        expect_kernel(path, Question { release, guest, ..Question::default() })?;
    }
    if let Some(path) = &args.initrd {
        expect_initrd(path, release)?;
    }
    let image = BootImage {
        plan,
        generations: args.generations,
        size: args.size,
        kernel: args.kernel.clone(),
        initrd: args.initrd.clone(),
    };
    let run = while_writing(|| image.make(&args.image, args.force)).map_err(|error| error.to_string())?;
    Ok(run.chosen.map(|chosen| chosen.kernel.path.to_string()).unwrap_or_default())
}

/// Refuses what is not a kernel. One that this Xen does not load may be what is to be tried out.
fn expect_kernel(path: &Path, question: Question) -> Result<(), String> {
    let shown = shown_path(path);
    let look = open(path).and_then(|file| kernel::look(&file, file.len(), &question, KernelDepth::Notes));
    let look = look.map_err(|error| super::cannot_read(&shown, &error))?;
    let Some(RefusalExplanation { reason, help }) = kernel::explain(&look, &question) else { return Ok(()) };
    if matches!(look.format, KernelFormat::Foreign(_)) {
        return Err(format!("`{shown}`, for --kernel, is not a kernel that Xen loads: {reason}; {help}"));
    }
    complain(&format!("warning: Xen does not load `{shown}` as {}: {reason}; {help}", question.guest.title()));
    Ok(())
}

/// Refuses what is not an initrd; of one that the kernel of the guest may not unpack it only warns.
fn expect_initrd(path: &Path, release: Release) -> Result<(), String> {
    let shown = shown_path(path);
    let look = open(path).and_then(|file| {
        initrd::judge(&file, file.len(), &GuestKernel::default(), release, InitrdDepth::Bytes(16 << 20))
    });
    let look = look.map_err(|error| super::cannot_read(&shown, &error))?;
    let Some(problem) = look.problems.first().filter(|problem| problem.weight() == Weight::Unusable) else {
        return Ok(());
    };
    let sentence = problem.sentence();
    if matches!(problem, Problem::NotAnArchive { .. } | Problem::Empty) {
        return Err(format!("`{shown}`, for --initrd, is not an initrd: {sentence}"));
    }
    complain(&format!("warning: `{shown}`: {sentence}"));
    Ok(())
}

fn open(path: &Path) -> io::Result<FileSource> {
    FileSource::new(file_or_device(path)?)
}
