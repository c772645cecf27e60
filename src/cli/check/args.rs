//! The arguments of `pregrub check`.

use clap::{Args, ValueEnum};

use crate::check::Until;
use crate::cli::baselines::BaselineArgs;
use crate::cli::exit_status::ExitArgs;
use crate::cli::guest_arg::GuestArg;
use crate::cli::job_args::JobArgs;
use crate::cli::levels::LevelArgs;
use crate::cli::output_args::ReportOutputArgs;
use crate::cli::pygrub_args::PygrubArgs;
use crate::cli::recursive::RecursiveArgs;
use crate::cli::stdin_filename::StdinArgs;
use crate::cli::target_list::TargetListArgs;
use crate::cli::target_name::TargetName;

const AFTER_CHECK: &str = "\
Exit status: 0 Xen would boot it (or the bare configuration selects an entry, or pygrub is not asked for this domain) and no \
finding reaches the threshold; 1 it would not, or a finding does; 2 usage error, a broken pregrub.toml, or an internal error; 3 a \
target could not be read, or a verdict is unknown; 4 with --exit-not-applicable, pygrub is not asked. With several targets the worst \
counts: 2, then 3, then 1, then 4.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_CHECK)]
pub(in crate::cli) struct CheckArgs {
    /// What to check: an image, a block device, a directory, a configuration (of the boot, or of a domain), or `-`
    #[arg(required_unless_present = "targets_from", value_name = "TARGET")]
    pub targets: Vec<TargetName>,
    #[command(flatten)]
    pub list: TargetListArgs,
    #[command(flatten)]
    pub pygrub: PygrubArgs,
    #[command(flatten)]
    pub output: ReportOutputArgs,
    #[command(flatten)]
    pub stdin: StdinArgs,
    #[command(flatten)]
    pub jobs: JobArgs,
    /// Read kernel and initrd in full and print their SHA-256
    #[arg(long)]
    pub hash: bool,
    /// The type of the guest that the kernel is loaded for [default: what the domain's configuration says, else pv]
    #[arg(long = "type", value_enum)]
    pub guest: Option<GuestArg>,
    /// Where to stop: after pygrub, or after Xen's domain builder, which has to load the kernel
    #[arg(long, value_enum, default_value_t = UntilArg::Builder)]
    pub until: UntilArg,
    /// The guest's root disk, an image or a directory: to look there for what `init=` names
    #[arg(long, value_name = "TARGET")]
    pub root_disk: Option<TargetName>,
    /// Print more: pygrub's warnings, and every finding at its place, even if several say the same
    #[arg(short, long)]
    pub verbose: bool,
    /// Report only targets that fail: those that boot are counted in the last line
    #[arg(long)]
    pub failures_only: bool,
    #[command(flatten)]
    pub levels: LevelArgs,
    #[command(flatten)]
    pub exit: ExitArgs,
    #[command(flatten)]
    pub baseline: BaselineArgs,
    #[command(flatten)]
    pub recursive: RecursiveArgs,
}

/// How far a guest's way is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum UntilArg {
    /// pygrub hands over kernel and initrd, whatever they are
    Pygrub,
    /// Xen's domain builder loads the kernel
    Builder,
}

impl From<UntilArg> for Until {
    fn from(until: UntilArg) -> Self {
        match until {
            UntilArg::Pygrub => Self::Pygrub,
            UntilArg::Builder => Self::Builder,
        }
    }
}
