//! Workflow commands of GitHub Actions, which become annotations at the lines of a pull request.
//!
//! GitHub shows ten errors, ten warnings and ten notices a step; all of them stand in the step's log. Form and escapes are those
//! of GitHub's documentation of workflow commands and of its toolkit.

use std::io::{self, Write};

use super::concise;
use super::location::Location;
use super::one_line::one_line;
use crate::boot::Verdict;
use crate::lint::Severity;
use crate::report::target_report::{Outcome, TargetReport};

/// Writes one command for the verdict, where it is asked for, and one a finding.
///
/// # Errors
///
/// As `out` says.
pub fn write(examined: &TargetReport<'_>, out: &mut dyn Write) -> io::Result<()> {
    let whole = Location::whole(examined.target);
    if let Outcome::Unreadable(error) = examined.outcome {
        return command("error", &whole, "cannot be read", error, out);
    }
    if let Some(run) = examined.judged() {
        let name = match run.verdict {
            Verdict::Boots | Verdict::Selects | Verdict::NotApplicable => "notice",
            Verdict::Fails => "error",
            Verdict::Unknown => "warning",
        };
        command(
            name,
            &whole,
            run.verdict.words(),
            &concise::verdict(examined.target, run, examined.explanation()),
            out,
        )?;
    }
    for finding in examined.findings() {
        let name = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let place = examined.place_of(finding);
        let title = format!("{} {}", finding.rule.code, finding.rule.name);
        let mut message = place.in_guest().map(|guest| format!("{}: ", one_line(&guest))).unwrap_or_default();
        message.push_str(&one_line(&finding.message));
        if let Some(help) = &finding.help {
            message.push_str("\nhelp: ");
            message.push_str(&one_line(help));
        }
        command(name, &place, &title, &message, out)?;
    }
    Ok(())
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

/// What stands behind the second `::`.
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
