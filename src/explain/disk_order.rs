//! A domain whose first disk is not the one with /boot: pygrub looks at no other.

use super::advice::{Advice, advice};
use super::remedy::Remedy;
use crate::boot::{Mounted, Run, Verdict};
use crate::config::{Cause, Raised};
use crate::python::PyStr;

/// The other disks of a domain, of which pygrub sees the first.
pub trait OtherDisks {
    /// Each that is not a CD-ROM drive, with what a run on it would come to if it were the first.
    fn tried(&self, run: &Run) -> Vec<OtherDisk>;
}

/// A disk of a domain that is not its first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherDisk {
    /// Its path.
    pub path: PyStr,
    /// The line of the domain's configuration that names it.
    pub line: u32,
    /// What a run on it comes to. `None` if it cannot be opened here.
    pub verdict: Option<Verdict>,
}

/// The order of the disks is what is wrong where nothing is found on the first, and another one boots.
pub(super) fn of(run: &Run, raised: &Raised, others: &dyn OtherDisks) -> Option<Advice> {
    let nothing_found = matches!(
        raised.cause,
        Cause::NoFilesystem | Cause::NoConfiguration | Cause::PartitionTable | Cause::NothingFound
    );
    if !nothing_found || run.attempts.iter().any(|attempt| attempt.found.is_some()) {
        return None;
    }
    let others = others.tried(run);
    let boots = others.iter().find(|other| other.verdict == Some(Verdict::Boots));
    let what = match run.attempts.first().map(|attempt| &attempt.mounted) {
        Some(Mounted::No { identified: Some(identified), .. }) if run.attempts.len() == 1 => {
            format!("is {}", identified.format.title())
        }
        _ => "has nothing that pygrub boots".to_owned(),
    };
    let reason = format!("the first disk of the domain {what}, and pygrub looks at no other");
    match boots {
        Some(other) => Some(advice(reason, "", Remedy::DiskOrder { disk: Some((other.path.clone(), other.line)) })),
        // A disk that is not here may be the one.
        None if is_swap(run) && others.iter().any(|other| other.verdict.is_none()) => {
            Some(advice(reason, "", Remedy::DiskOrder { disk: None }))
        }
        None => None,
    }
}

fn is_swap(run: &Run) -> bool {
    use crate::storage::identify::Format;
    matches!(
        run.attempts.as_slice(),
        [attempt] if matches!(
            &attempt.mounted,
            Mounted::No { identified: Some(identified), .. }
                if matches!(identified.format, Format::Swap | Format::SwapSuspend)
        )
    )
}
