//! What `check` and `lint` make of the exit status: options that take from it or add to it.

use clap::Args;

use super::Status;

// The exit status of a command that reports findings.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ExitZeroArgs {
    /// End with exit status 0 whatever the verdicts and findings are; what cannot be read still gives 3
    #[arg(long)]
    exit_zero: bool,
}

// The exit status of `check`.
#[derive(Clone, Copy, Debug, Args)]
pub(super) struct ExitArgs {
    #[command(flatten)]
    zero: ExitZeroArgs,
    /// End with exit status 4 where nothing is worse than that pygrub is not asked: an HVM guest, a kernel of the host, another bootloader
    #[arg(long, conflicts_with = "exit_zero")]
    exit_not_applicable: bool,
}

impl ExitZeroArgs {
    /// The status for the program of one that verdicts and findings give.
    pub(super) fn applied(self, status: Status) -> Status {
        if self.exit_zero { Status::Fine } else { status }
    }
}

impl ExitArgs {
    /// The status for the program of one that verdicts and findings give.
    pub(super) fn applied(self, status: Status) -> Status {
        match self.zero.applied(status) {
            Status::NotApplicable if !self.exit_not_applicable => Status::Fine,
            status => status,
        }
    }
}
