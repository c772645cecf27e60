//! `pregrub entries`.

use clap::Args;

use super::output_args::{ObjectFormat, OutputArgs};
use super::pygrub_args::PygrubArgs;
use super::target_name::TargetName;
use super::{Error, Status};
use crate::boot::{Options, Overrides};
use crate::cli::stdout::{Out, complain};
use crate::flavour::Build;
use crate::report::entries::Entries as Report;
use crate::simulation::Outcome;

const AFTER_ENTRIES: &str = "\
Exit status: 0 there is a menu; 1 pygrub raises before it has one, or there is none; 2 usage error, a broken pregrub.toml, or \
an internal error; 3 the target could not be read.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_ENTRIES)]
pub(super) struct EntriesArgs {
    /// Whose menu to show: a configuration, an image, a block device, a directory, or `-`
    #[arg(value_name = "TARGET")]
    pub target: TargetName,
    #[command(flatten)]
    pub pygrub: PygrubArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub(super) fn run(args: &EntriesArgs) -> Result<Status, Error> {
    // The menu is selected from as without a menu on the screen.
    let settings = args.pygrub.settings.of(&args.target).map_err(Error::Usage)?;
    let options = Options { interactive: Some(false), ..args.pygrub.options(&settings).map_err(Error::Usage)? };
    let build = options.build();
    let mut out = Out::new(args.output.color);
    let opened = args.pygrub.open(&args.target, options);
    let simulated = opened.and_then(|target| target.run().map_err(|error| Error::Target(error.to_string())));
    let simulated = match simulated {
        Ok(simulated) => simulated,
        Err(error @ Error::Target(_)) => return Err(nothing(args, out, build, error)),
        Err(error) => return Err(error),
    };
    let run = &simulated.run;
    let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
    let mut why = None;
    let report = match (found, simulated.outcome()) {
        (Some(found), _) => Report::of_config(&found.config, Overrides::of(&run.options), build),
        (None, Outcome::Fails { failure, explanation, .. }) if failure.raised().is_some() => {
            why = Some(&explanation.reason);
            Report::of_nothing(failure.raised(), build)
        }
        (None, Outcome::Boots(_) | Outcome::Selects(_) | Outcome::Listed(_)) => {
            let why = format!("`{}`: the kernel is found without a configuration, so there is no menu", args.target);
            return Err(nothing(args, out, build, Error::Refused(why)));
        }
        (None, outcome) => {
            let why = format!("`{}`: {}", args.target, outcome.reason().unwrap_or("there is no menu"));
            return Err(nothing(args, out, build, Error::Target(why)));
        }
    };
    match args.output.format {
        ObjectFormat::Json => out.json(&report.json())?,
        ObjectFormat::Text => report.write_text(&mut out.text())?,
    }
    out.finish()?;
    if let Some(reason) = why {
        complain(&format!("`{}`: {reason}", args.target));
    }
    Ok(if report.raised().is_some() { Status::Fails } else { Status::Fine })
}

/// Writes the JSON object that says that there is no menu, where JSON is asked for, and returns why.
fn nothing(args: &EntriesArgs, mut out: Out, build: Build, why: Error) -> Error {
    let written = match args.output.format {
        ObjectFormat::Json => out.json(&Report::of_nothing(None, build).json()),
        ObjectFormat::Text => Ok(()),
    };
    match written.and_then(|()| out.finish()) {
        Ok(()) => why,
        Err(error) => error.into(),
    }
}
