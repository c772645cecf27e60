//! The step after pygrub: the domain builder and the kernel that it is handed.

use std::io;

use super::cache::Looks;
use super::domain_refusal::refusal;
use super::explanation::explain;
use super::guest_type::GuestType;
use super::outcome::{LoadOutcome, Look};
use super::question::{KernelDepth, Question};
use crate::boot::{Failure, FailureKind, Run, Verdict};
use crate::config::Stage;
use crate::storage::filesystem::OpenError;
use crate::storage::guest_file::GuestFile;
use crate::storage::mount::{Mounting, Volumes};

/// What the domain builder makes of the kernel of a run.
#[derive(Clone, Debug)]
pub struct Built {
    /// What was found in the kernel.
    pub look: Look,
    /// Who was to load it, and for what.
    pub question: Question,
}

/// Shows the kernel of a run that boots to the domain builder. If the builder refuses it, the run fails after all, at the stage
/// `builder`; what pygrub does stays as it is. `None` if there is no kernel to look into.
///
/// # Errors
///
/// The disk cannot be read.
pub fn build(
    run: &mut Run,
    volumes: &dyn Volumes,
    guest: GuestType,
    depth: KernelDepth,
    looks: &Looks,
) -> io::Result<Option<Built>> {
    let Some(chosen) = run.chosen.as_ref().filter(|_| run.verdict == Verdict::Boots) else { return Ok(None) };
    let Some(attempt) = run.attempts.get(chosen.attempt) else { return Ok(None) };
    let Ok(offset) = u64::try_from(attempt.offset) else { return Ok(None) };
    let Mounting::Mounted(filesystem) = volumes.mount(offset)? else { return Ok(None) };
    let file = match filesystem.open(chosen.kernel.path.as_bytes()) {
        Ok(file) => file,
        Err(OpenError::Io(error)) => return Err(error),
        Err(_) => return Ok(None),
    };
    let size = file.size();
    let question = Question { release: run.options.release, flavour: run.options.flavour, guest };
    let look = looks.look_at((offset, &chosen.kernel.path), &GuestFile(file), size, &question, depth)?;
    let attempt = Some(chosen.attempt);
    match look.outcome(guest) {
        Some(LoadOutcome::Loads(_)) | None => {
            if let Some((reason, help)) = refusal(chosen, guest) {
                let (reason, help) = (reason.to_owned(), Some(help.to_owned()));
                run.verdict = Verdict::Fails;
                run.failure =
                    Some(Failure { stage: Stage::Builder, attempt, kind: FailureKind::NotBuilt { reason, help } });
            }
        }
        Some(LoadOutcome::Refused { .. }) => {
            let (reason, help) =
                explain(&look, &question).map(|explained| (explained.reason, Some(explained.help))).unwrap_or_default();
            run.verdict = Verdict::Fails;
            run.failure = Some(Failure { stage: Stage::Builder, attempt, kind: FailureKind::Refused { reason, help } });
        }
        Some(LoadOutcome::Unknown(why)) => {
            let why = format!("pregrub cannot tell whether Xen loads the kernel: {why}");
            run.verdict = Verdict::Unknown;
            run.failure = Some(Failure { stage: Stage::Builder, attempt, kind: FailureKind::Unknown(why) });
        }
    }
    Ok(Some(Built { look, question }))
}
