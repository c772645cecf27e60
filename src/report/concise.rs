//! One line a verdict and one a finding, for people and for programs that know lines of compilers.

use std::io::{self, Write};

use super::one_line::one_line;
use crate::boot::Run;
use crate::explain::Explanation;
use crate::lint::Finding;
use crate::report::target_report::{Outcome, TargetReport};

/// Writes `grub.cfg:5:9: error[PG001] message (device-variable)` for each finding, behind the verdict where it is asked for.
///
/// # Errors
///
/// As `out` says.
pub fn write(examined: &TargetReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(run) = examined.judged() {
        writeln!(out, "{}", verdict(examined.target, run, examined.explanation()))?;
    } else if let Outcome::Unreadable(error) = examined.outcome {
        writeln!(out, "unknown: {}: {}", one_line(examined.target), one_line(error))?;
    }
    for finding in examined.findings() {
        writeln!(out, "{}", line(examined, finding))?;
    }
    Ok(())
}

/// `fails: disk.img (Xen 4.22): reason`.
pub(super) fn verdict(target: &str, run: &Run, explanation: Option<&Explanation>) -> String {
    let reason = explanation.map(|explanation| format!(": {}", one_line(&explanation.reason))).unwrap_or_default();
    format!("{}: {} (Xen {}){reason}", run.verdict.words(), one_line(target), run.options.release)
}

/// The line of a finding.
pub(super) fn line(examined: &TargetReport<'_>, finding: &Finding) -> String {
    let place = one_line(&examined.place_of(finding).to_string());
    let (severity, rule) = (finding.severity.name(), finding.rule);
    format!("{place}: {severity}[{}] {} ({})", rule.code, one_line(&finding.message), rule.name)
}
