//! One line a verdict and one a finding, for people and for programs that know lines of compilers.

use std::io::{self, Write};

use super::one_line::one_line;
use crate::lint::Finding;
use crate::report::target_report::{ReportOutcome, TargetReport};

/// Writes `grub.cfg:5:9: error[PG001] message (device-variable)` for each finding, after the verdict where it is asked for.
///
/// # Errors
///
/// As `out` says.
pub fn write(examined: &TargetReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    if let Some(verdict) = examined.verdict() {
        writeln!(out, "{verdict}")?;
    } else if let ReportOutcome::Unreadable { why, .. } = examined.outcome {
        writeln!(out, "unknown: {}: {}", one_line(examined.target), one_line(why))?;
    }
    for finding in examined.findings() {
        writeln!(out, "{}", line(examined, finding))?;
    }
    Ok(())
}

/// The line of a finding.
pub(super) fn line(examined: &TargetReport<'_>, finding: &Finding) -> String {
    let place = one_line(&examined.place_of(finding).to_string());
    let (severity, rule) = (finding.severity.name(), finding.rule);
    format!("{place}: {severity}[{}] {} ({})", rule.code, one_line(&finding.message), rule.name)
}
