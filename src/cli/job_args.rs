//! `--jobs` and `--unordered`: how many targets are looked at at the same time.

use std::num::NonZeroUsize;
use std::thread;

use clap::Args;

use super::number::number;
use super::pool::Pool;

#[derive(Clone, Copy, Debug, Args)]
pub(super) struct JobArgs {
    /// Look at N targets at the same time [default: one for each processor, at most 16]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = number::<usize>(1..=u64::MAX), help_heading = "Many targets")]
    jobs: Option<usize>,
    /// Report on targets as they are done, not in their order
    #[arg(long, help_heading = "Many targets")]
    unordered: bool,
}

/// More threads wait for each other, or for the disk.
const MOST: usize = 16;

impl JobArgs {
    /// The threads for this many targets.
    pub(super) fn pool(self, targets: usize) -> Pool {
        let jobs = match self.jobs {
            Some(jobs) => jobs.min(256),
            None if targets <= 1 => 1,
            None => thread::available_parallelism().map_or(1, NonZeroUsize::get).min(MOST),
        };
        Pool { jobs, ordered: !self.unordered }
    }
}
