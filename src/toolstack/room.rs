//! The space that the copies of kernel and initrd need in dom0.

use std::path::Path;

use crate::boot::{Failure, FailureKind, Run, Verdict, default_directory};
use crate::config::Stage;
use crate::host;
use crate::release::Change;

/// Below this many bytes the space is not worth a word.
const WORTH_A_WORD: u64 = 16 << 20;

/// The directory that holds the copies until the domain is built: libxl's own, or pygrub's default under xapi.
///
/// libxl uses `/var/run/xen`, often on a small tmpfs, before 4.18.0 and 4.17.3, and `/var/lib/xen` since.
pub(crate) fn directory(run: &Run) -> &'static str {
    if run.options.caller.is_xapi() {
        return default_directory(run.options.build());
    }
    if run.options.release.has(Change::CopiesInLib) { "/var/lib/xen" } else { "/var/run/xen" }
}

/// The bytes that the copies take, where that is known.
fn needed(run: &Run) -> Option<u64> {
    let chosen = run.handed_over()?;
    let ramdisk = match &chosen.ramdisk {
        Some(file) => file.size?,
        None => 0,
    };
    chosen.kernel.size?.checked_add(ramdisk)
}

/// A note on the space that is needed, for a run that hands over files of some size. A sentence without a full stop.
pub(crate) fn note(run: &Run) -> Option<String> {
    let needed = needed(run).filter(|needed| *needed >= WORTH_A_WORD)?;
    let (mib, directory) = (needed.div_ceil(1 << 20), directory(run));
    Some(format!("the copies of kernel and initrd need {mib} MiB of free space in {directory} of dom0"))
}

/// Makes a run fail whose copies do not fit into the directory of this host. Only a host with a pygrub of its own is asked.
pub(crate) fn apply(run: &mut Run) {
    let Some(needed) = needed(run) else { return };
    let directory = directory(run);
    if host::installed().is_err() {
        return;
    }
    let Some(free) = free(Path::new(directory)) else { return };
    if needed <= free {
        return;
    }
    let reason =
        format!("the copies of kernel and initrd need {needed} bytes, and `{directory}` of this host has {free}");
    let help = Some(format!("free space in `{directory}`"));
    let attempt = run.chosen.as_ref().map(|chosen| chosen.attempt);
    run.failure = Some(Failure { stage: Stage::Copy, attempt, kind: FailureKind::NotCopied { reason, help } });
    run.verdict = Verdict::Fails;
    run.process.exit = 1;
    run.process.stdout = crate::python::PyStr::default();
    run.process.stderr_last_line = "Error writing temporary copy".into();
}

/// The free bytes of the filesystem of a directory, or of the nearest parent that is there.
fn free(directory: &Path) -> Option<u64> {
    let there = directory.ancestors().find(|directory| directory.is_dir())?;
    let statistics = rustix::fs::statvfs(there).ok()?;
    statistics.f_bavail.checked_mul(statistics.f_frsize)
}
