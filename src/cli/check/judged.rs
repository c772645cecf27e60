//! One target as the command line asks about it.

use super::args::CheckArgs;
use crate::boot::{Run, Verdict};
use crate::check::{self, JudgeOptions, Judged, Until};
use crate::cli::Error;
use crate::cli::effective_settings::EffectiveSettings;
use crate::cli::target_name::TargetName;
use crate::flavour::Build;
use crate::kernel::{GuestType, Looks};
use crate::lint::RootDisk;
use crate::simulation::OpenTarget;
use crate::storage::mount::MountedOnce;
use crate::target::{DiskAccess, Kind, TargetError};

/// The path of the configuration that decides the run, where standard input may stand for a file.
pub(in crate::cli) fn configuration_shown(judged: &Judged, name: &TargetName, shown: &TargetName) -> Option<String> {
    if name != shown && judged.kind == Kind::Config { Some(shown.to_string()) } else { judged.configuration() }
}

/// A failure to read a target.
fn failed(error: TargetError) -> Error {
    Error::Target(error.to_string())
}

/// What is asked of a target that is open.
#[derive(Clone, Copy)]
pub(in crate::cli) struct Asks<'a> {
    /// The type of the guest. `None` for what a domain says, else PV.
    pub guest: Option<GuestType>,
    pub until: Until,
    /// Whether kernel and initrd are read in full.
    pub hash: bool,
    /// The kernels that were looked into.
    pub looks: &'a Looks,
}

impl<'a> Asks<'a> {
    pub(in crate::cli) fn of_check(args: &CheckArgs, looks: &'a Looks) -> Self {
        Self { guest: args.guest.map(GuestType::from), until: args.until.into(), hash: args.hash, looks }
    }

    fn options(self, asked: &'a EffectiveSettings) -> JudgeOptions<'a> {
        let Self { guest, until, hash, looks } = self;
        let suppressions = asked.suppressions;
        JudgeOptions { until, guest, hash, suppressions, ..JudgeOptions::new(&asked.levels, looks) }
    }
}

/// Opens a target for the pygrub that is asked.
pub(in crate::cli) fn open(
    args: &CheckArgs,
    name: &TargetName,
    asked: &EffectiveSettings,
    access: &DiskAccess,
) -> Result<OpenTarget, Error> {
    let options = &asked.options;
    let target = args.pygrub.open_standing_for(name, &args.stdin, options.clone(), access)?;
    let kind = target.kind();
    if kind == Kind::Config && (options.kernel.is_some() || options.offset.is_some()) {
        return Err(Error::Usage(format!("`{name}` is a configuration alone: --kernel and --offset need a disk")));
    }
    Ok(target)
}

/// The run alone, with what Xen's builder says of its kernel: no look at what is wrong.
pub(in crate::cli) fn run_alone(
    opened: &OpenTarget,
    volumes: Option<&MountedOnce<'_>>,
    asked: &EffectiveSettings,
    asks: Asks<'_>,
) -> Result<Run, Error> {
    let (run, _) = check::perform(opened, volumes, &asks.options(asked)).map_err(failed)?;
    Ok(run)
}

/// Everything about a target that is open, with its volumes. `outcomes` are the verdicts by all pygrubs, where several are asked.
pub(in crate::cli) fn judge(
    opened: &OpenTarget,
    volumes: Option<&MountedOnce<'_>>,
    asked: &EffectiveSettings,
    root_disk: Option<&RootDisk>,
    outcomes: &[(Build, Verdict)],
    asks: Asks<'_>,
) -> Result<Judged, Error> {
    let how = JudgeOptions { root_disk, outcomes, ..asks.options(asked) };
    check::judge_on(opened, volumes, &how).map_err(failed)
}
