//! Workflow commands of GitHub Actions, which become annotations at the lines of a pull request.
//!
//! GitHub shows ten errors, ten warnings and ten notices a step; all of them stand in the step's log. Form and escapes are those
//! of GitHub's documentation of workflow commands and of its toolkit.

use std::collections::HashMap;
use std::io::{self, Write};

use super::location::Location;
use super::one_line::one_line;
use crate::boot::Verdict;
use crate::config::Span;
use crate::lint::{Finding, Severity};
use crate::report::target_report::{ReportOutcome, TargetReport};

/// Writes one command for the verdict, where it is asked for and no finding is its cause, and one for each cause that was found.
///
/// # Errors
///
/// As `out` says.
pub fn write(examined: &TargetReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let whole = Location::whole(examined.target);
    if let ReportOutcome::Unreadable { why, .. } = examined.outcome {
        return command("error", &whole, "cannot be read", why, out);
    }
    if let (Some(run), Some(verdict)) = (examined.judged(), examined.verdict()) {
        let name = match run.verdict {
            Verdict::Boots | Verdict::Selects | Verdict::NotApplicable => Some("notice"),
            // The finding that is its cause is an annotation already, and GitHub shows ten.
            Verdict::Fails => examined.untold().map(|_| "error"),
            Verdict::Unknown => Some("warning"),
        };
        if let Some(name) = name {
            command(name, &whole, run.verdict.words(), &verdict, out)?;
        }
    }
    for (finding, others) in gathered(examined.findings()) {
        let name = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let place = examined.place_of(finding);
        let title = format!("{} {}", finding.rule.code, finding.rule.name);
        let mut message = place.in_guest().map(|guest| format!("{}: ", one_line(&guest))).unwrap_or_default();
        message.push_str(&one_line(&finding.message));
        if !others.is_empty() {
            const MOST: usize = 12;
            let lines: Vec<String> = others.iter().take(MOST).map(|span| span.line.to_string()).collect();
            message.push_str(&format!("\nalso in line {}", lines.join(", ")));
            if let Some(more) = others.len().checked_sub(MOST).filter(|more| *more > 0) {
                message.push_str(&format!(" and {more} more"));
            }
        }
        if let Some(help) = &finding.help {
            message.push_str("\nhelp: ");
            message.push_str(&one_line(help));
        }
        command(name, &place, &title, &message, out)?;
    }
    Ok(())
}

/// The findings, one for each cause: those with the same rule, severity and way out as an earlier one are only places of it.
fn gathered(findings: &[Finding]) -> Vec<(&Finding, Vec<Span>)> {
    let mut gathered: Vec<(&Finding, Vec<Span>)> = Vec::new();
    let mut known = HashMap::new();
    for finding in findings {
        let what = (finding.rule.code, finding.severity, finding.stops_boot, finding.source, finding.help.as_deref());
        match (known.get(&what), finding.span) {
            (Some(&first), Some(span)) => {
                let (_, places): &mut (&Finding, Vec<Span>) = &mut gathered[first];
                places.push(span);
            }
            (None, Some(_)) => {
                known.insert(what, gathered.len());
                gathered.push((finding, Vec::new()));
            }
            // Without a place there is nothing that could be listed.
            (_, None) => gathered.push((finding, Vec::new())),
        }
    }
    gathered
}

fn command(name: &str, place: &Location<'_>, title: &str, message: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "::{name} file={}", property(&place.file))?;
    if let Some(region) = place.lines() {
        write!(out, ",line={},endLine={}", region.line, region.end_line)?;
        // Columns belong to one line.
        if region.line == region.end_line {
            write!(out, ",col={},endColumn={}", region.column, region.end_column)?;
        }
    }
    writeln!(out, ",title={}::{}", property(title), data(message))
}

/// What stands after the second `::`.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        assert_eq!(property("a,b:c%\r\n"), "a%2Cb%3Ac%25%0D%0A");
        assert_eq!(data("a,b:c%\r\n"), "a,b:c%25%0D%0A");
    }
}
