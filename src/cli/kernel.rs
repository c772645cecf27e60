//! `pregrub kernel`.

use std::io::{self, Write};

use clap::Args;

use super::caller_file::{file_or_device, refuse_links_of_commits};
use super::guest_arg::GuestArg;
use super::output_args::{ObjectFormat, OutputArgs};
use super::release_args::ReleaseArgs;
use super::settings::SettingsArgs;
use super::target_name::TargetName;
use super::{Error, Status};
use crate::cli::stdout::{Out, complain};
use crate::flavour::Build;
use crate::kernel::{KernelDepth, LoadOutcome, Look, Looks, Question};
use crate::report::kernel::{self as report, Kernel as Report};
use crate::storage::source::FileSource;

const AFTER_KERNEL: &str = "\
Each kernel is unpacked in full. Exit status: 0 all load; 1 one does not, or its guest cannot start; 2 usage error, a broken \
pregrub.toml, or an internal error; 3 a file could not be read, or a verdict is unknown.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_KERNEL)]
pub(super) struct KernelArgs {
    /// The kernels: vmlinuz, bzImage, an ELF file
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<TargetName>,
    /// The type of the guest
    #[arg(long = "type", value_enum, default_value_t = GuestArg::Pv)]
    guest: GuestArg,
    #[command(flatten)]
    release: ReleaseArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

impl KernelArgs {
    /// Who is to load the kernels, by the settings of the working directory.
    pub(super) fn question(&self) -> Result<Question, String> {
        let settings = self.settings.of("-")?;
        let Build { release, flavour } = self.release.one(&settings)?;
        Ok(Question { release, flavour, guest: self.guest.into() })
    }
}

pub(super) fn run(args: &KernelArgs) -> Result<Status, Error> {
    let question = args.question().map_err(Error::Usage)?;
    refuse_links_of_commits(&args.files).map_err(Error::Usage)?;
    let mut out = Out::new(args.output.color);
    let looks = Looks::remembering(args.files.len() > 1);
    let mut worst = Status::Fine;
    for (number, file) in args.files.iter().enumerate() {
        let json = args.output.format == ObjectFormat::Json;
        if number > 0 && !json {
            writeln!(out.text())?;
        }
        match look(file, &question, &looks) {
            Ok(look) => {
                if json {
                    out.json(&Report::of_look(file.as_str(), &look, &question))?;
                } else {
                    report::write_text(file.as_str(), &look, &question, &mut out.text())?;
                }
                worst = worst.max(match look.outcome(question.guest).and_then(LoadOutcome::starts) {
                    Some(true) => Status::Fine,
                    Some(false) => Status::Fails,
                    None => Status::Unknown,
                });
            }
            Err(error) => {
                let error = super::cannot_read(file.as_str(), &error);
                if json {
                    out.json(&Report::of_unreadable(file.as_str(), &question, &error))?;
                }
                complain(&error);
                worst = worst.max(Status::Unknown);
            }
        }
    }
    out.finish()?;
    Ok(worst)
}

fn look(file: &TargetName, question: &Question, looks: &Looks) -> io::Result<Look> {
    let file = file_or_device(file.path())?;
    let source = FileSource::new(file)?;
    let size = crate::storage::source::Source::len(&source);
    looks.look(&source, size, question, KernelDepth::All)
}
