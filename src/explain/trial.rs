//! Ways out are tried before they are given: the same run with the change made must boot.

use crate::boot::{self, Options, Run, Verdict};
use crate::storage::mount::Volumes;

/// Whether pygrub boots with `--offset`.
pub(super) fn boots_at(run: &Run, volumes: &dyn Volumes, offset: u64) -> bool {
    let options = Options { offset: Some(offset.into()), ..run.options.clone() };
    boot::run_on(volumes, None, options).is_ok_and(|run| run.verdict == Verdict::Boots)
}
