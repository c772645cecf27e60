//! `pregrub trace`.

use clap::Args;

use super::output_args::{ObjectFormat, OutputArgs};
use super::pygrub_args::PygrubArgs;
use super::target_name::TargetName;
use super::{Error, Status};
use crate::cli::stdout::Out;
use crate::report::trace;
use crate::simulation::Simulated;

const AFTER_LOOK: &str = "\
Exit status: 0 Xen would boot it (or the bare configuration selects an entry, or pygrub is not asked for this domain); 1 it would not; 2 usage error, a broken \
pregrub.toml, or an internal error; 3 the target could not be read, or the verdict is unknown.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_LOOK)]
pub(super) struct TraceArgs {
    /// What to trace: an image, a block device, a directory, a configuration (of the boot, or of a domain), or `-`
    #[arg(value_name = "TARGET")]
    pub target: TargetName,
    #[command(flatten)]
    pub pygrub: PygrubArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

pub(super) fn run(args: &TraceArgs) -> Result<Status, Error> {
    let settings = args.pygrub.settings.of(&args.target).map_err(Error::Usage)?;
    let options = args.pygrub.options(&settings).map_err(Error::Usage)?;
    let name = &args.target;
    let target = args.pygrub.open(name, options)?;
    let kind = target.kind();
    let Simulated { run, explanation } = target.run().map_err(|error| Error::Target(error.to_string()))?;
    let explanation = explanation.as_ref();
    let mut out = Out::new(args.output.color);
    match args.output.format {
        ObjectFormat::Json => out.json(&trace::Trace::of(&run, explanation, name.as_str(), kind))?,
        ObjectFormat::Text => trace::write_text(&run, explanation, name.as_str(), kind, &mut out.text())?,
    }
    out.finish()?;
    Ok(match Status::from(run.verdict) {
        Status::NotApplicable => Status::Fine,
        status => status,
    })
}
