//! Why a run does not boot, and what to change: the one place where facts become sentences about causes.
//!
//! [`explain`] turns a [`Run`] into an [`Explanation`]. The verdict line, the findings, the trace, the drop-in and JSON all take
//! it from there.

pub(crate) mod hidden_command;
pub(crate) mod missing_path;
pub(crate) mod path_issue;
pub(crate) mod raised;
pub(crate) mod unmatched_brace;

use crate::boot::{ChosenFile, Failure, FailureKind, Run};
use crate::config::{Cause, Raised, Stage};
use raised::{Advice, Seen};

/// Why a run does not boot, in words. Sentences have no full stop at their end.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The attempt that the user must change something at.
    pub attempt: Option<usize>,
    /// What is wrong, in one plain sentence.
    pub reason: String,
    /// What stands beside the place in the configuration; empty where there is no such place.
    pub label: &'static str,
    /// What pygrub raises for it.
    pub evidence: Option<Raised>,
    /// The way out, where it is known, in one sentence.
    pub help: Option<String>,
}

/// Explains a run. `None` if nothing failed.
///
/// ```
/// use pregrub::boot::{self, Options};
/// use pregrub::config::Dialect;
/// use pregrub::explain::explain;
///
/// let text = b"menuentry \"A\" {\n  linux ($drive1)/k\n}\n".to_vec();
/// let run = boot::run_config("grub.cfg", Dialect::Grub2, text, Options::default());
/// assert!(explain(&run).unwrap().reason.contains("($drive1"));
/// ```
pub fn explain(run: &Run) -> Option<Explanation> {
    let failure = run.failure.as_ref()?;
    let said = |reason: String, help: Option<String>| Advice { reason, label: "", help };
    let Advice { reason, label, help } = match &failure.kind {
        FailureKind::Raised(raised) => of_exception(run, failure, raised),
        FailureKind::Damaged => {
            let files = run.chosen.iter().flat_map(|chosen| [Some(&chosen.kernel), chosen.ramdisk.as_ref()]).flatten();
            let damage = files.into_iter().find_map(of_damage)?;
            said(damage.0, Some(damage.1.to_owned()))
        }
        FailureKind::TooLarge => {
            let files = run.chosen.iter().flat_map(|chosen| [Some(&chosen.kernel), chosen.ramdisk.as_ref()]).flatten();
            let (reason, help) = files.into_iter().find_map(|file| of_too_large(file, run.options.largest_copy))?;
            said(reason, Some(help.to_owned()))
        }
        FailureKind::Crashed { path, why } => {
            let reason = format!("`{path}`: {why}; pygrub crashes on it (segmentation fault)");
            said(reason, Some("put /boot on an ext4 filesystem".to_owned()))
        }
        FailureKind::Unknown(why) => said(why.clone(), of_unknown(failure.stage)),
        FailureKind::Refused { reason, help }
        | FailureKind::NotBuilt { reason, help }
        | FailureKind::NotCopied { reason, help }
        | FailureKind::Rejected { reason, help }
        | FailureKind::NotStarted { reason, help } => said(reason.clone(), help.clone()),
    };
    Some(Explanation { attempt: failure.attempt, reason, label, evidence: failure.raised().cloned(), help })
}

fn of_exception(run: &Run, failure: &Failure, raised: &Raised) -> Advice {
    let attempt = failure.attempt.and_then(|index| run.attempts.get(index));
    let mut advice = match run.table.as_ref().and_then(|table| raised::of_table(table, raised)) {
        Some(advice) => advice,
        None => raised::of_raised(attempt, attempt.and_then(Seen::of), raised),
    };
    let nothing_there = matches!(raised.cause, Cause::NoConfiguration | Cause::NoEntry | Cause::MissingFile);
    if let Some(incomplete) = attempt.and_then(|attempt| attempt.size?.incomplete()).filter(|_| nothing_there) {
        advice.reason = format!("{}; {incomplete}, and what is not found may lie behind its end", advice.reason);
        advice.help = Some("complete the image first".to_owned());
    }
    advice
}

/// What is wrong with a file that pygrub copies out and does not look at, and the way out.
pub(crate) fn of_damage(file: &ChosenFile) -> Option<(String, &'static str)> {
    let damage = file.damage.as_ref()?;
    let bytes = damage.bytes;
    let copied = match file.size {
        Some(size) if size != bytes => format!("{bytes} of its {size} bytes"),
        _ => format!("{bytes} bytes that are not the file"),
    };
    let reason = format!("`{}` is damaged ({}): pygrub copies {copied} and reports success", file.path, damage.reason);
    Some((reason, "is the image complete? Check the filesystem, or write the file again"))
}

/// What is wrong with a file of more than `most` bytes, which Xen does not load, however much of it pygrub copies; and the way
/// out.
fn of_too_large(file: &ChosenFile, most: u64) -> Option<(String, &'static str)> {
    let too_large = file.too_large.filter(|too_large| too_large.bytes() > most)?;
    let reason = format!(
        "`{}` {too_large}: pygrub copies it to the host until there is no more space, and Xen does not load as much",
        file.path
    );
    Some((reason, too_large.help()))
}

/// The way out where pregrub cannot tell.
fn of_unknown(stage: Stage) -> Option<String> {
    let help = match stage {
        Stage::Open => "ask the installed pygrub on a Xen host: pygrub -q -n DISK",
        Stage::Menu => "call pygrub with `-q` (bootloader_args = [\"-q\"]), which draws no menu",
        _ => return None,
    };
    Some(help.to_owned())
}
