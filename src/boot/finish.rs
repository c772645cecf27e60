//! How a run ends.

use super::attempt::{Attempt, Mounted};
use super::outcome::{Failure, FailureKind, Run, Verdict};
use super::output::{self, Process};
use super::title_rules::RuleError;
use crate::config::{Cause, Raised, Stage};
use crate::python::PyStr;

/// The exit status, as a shell shows it, of a process that died of SIGSEGV.
const CRASHED: i32 = 128 + 11;

/// The exception that ends a run in which nothing was found.
pub(super) fn nothing_found() -> Raised {
    let message = "Unable to find partition containing kernel";
    Raised::new(Stage::Discover, "RuntimeError", message, Cause::NothingFound)
}

/// Ends the run where the rules on titles do, which are read before anything else. Returns whether they did.
pub(super) fn rules_end(run: &mut Run) -> bool {
    match run.options.title_rules.check(run.options.build()) {
        Ok(()) => return false,
        Err(RuleError::Raised(raised)) => finish_raised(run, None, raised),
        Err(RuleError::Unknown(why)) => finish_unknown(run, None, why),
    }
    true
}

/// Ends the run where pygrub's process dies of a signal.
pub(super) fn finish_crashed(run: &mut Run, index: usize, path: &PyStr, why: String) {
    run.process = Process { exit: CRASHED, stdout: PyStr::default(), stderr_last_line: PyStr::default() };
    run.verdict = Verdict::Fails;
    let kind = FailureKind::Crashed { path: path.clone(), why };
    run.failure = Some(Failure { stage: Stage::Copy, attempt: Some(index), kind });
}

/// Ends a run that lists: successful, whatever was found.
pub(super) fn finish_listing(run: &mut Run) {
    let stdout = run.listing().unwrap_or_default();
    let last = run.stderr().last().unwrap_or_default();
    run.process = Process { exit: 0, stdout, stderr_last_line: output::last_line(last.as_bytes()) };
    run.verdict = Verdict::Selects;
}

/// Ends the run with an exception that nothing catches.
pub(super) fn finish_raised(run: &mut Run, attempt: Option<usize>, raised: Raised) {
    let last = match raised.exception {
        "SystemExit" => raised.message.clone(),
        _ => raised.to_string(),
    };
    run.process = Process { exit: 1, stdout: PyStr::default(), stderr_last_line: output::last_line(last.as_bytes()) };
    run.verdict = Verdict::Fails;
    // What swallowed exception explains best why nothing was found.
    let swallowed = attempt.and_then(|index| run.attempts[index].raised.clone());
    let told = if raised.cause == Cause::NothingFound { swallowed.unwrap_or(raised) } else { raised };
    run.failure = Some(Failure { stage: told.stage, attempt, kind: FailureKind::Raised(told) });
}

pub(super) fn finish_unknown(run: &mut Run, attempt: Option<usize>, why: String) {
    run.verdict = Verdict::Unknown;
    let stage = match attempt.map(|index| &run.attempts[index]) {
        Some(Attempt { mounted: Mounted::Unknown { .. }, .. }) => Stage::Open,
        Some(Attempt { menu: Some(menu), .. }) if menu.unknown.is_some() => Stage::Menu,
        Some(Attempt { found: Some(_), .. }) => Stage::Copy,
        Some(_) => Stage::Discover,
        None => Stage::Partitions,
    };
    run.failure = Some(Failure { stage, attempt, kind: FailureKind::Unknown(why) });
}
