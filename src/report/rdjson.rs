//! rdjson, the format of reviewdog: diagnostics with suggestions, which it makes into comments on a change.
//!
//! Form and meaning are those of reviewdog's `DiagnosticResult`: columns are counted in bytes, the end is exclusive.

use std::io::{self, Write};

use serde::Serialize;

use super::issue::Issue;
use super::one_line::without_markup;
use super::region::Region;
use crate::lint::Severity;

#[derive(Serialize)]
struct DiagnosticResult<'a> {
    source: Tool,
    diagnostics: Vec<ReviewDiagnostic<'a>>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
}

#[derive(Serialize)]
struct ReviewDiagnostic<'a> {
    message: String,
    location: Place<'a>,
    severity: &'static str,
    code: Code<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion<'a>>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<Position>,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
}

#[derive(Serialize)]
struct Suggestion<'a> {
    range: Range,
    text: &'a str,
}

/// Writes the issues of all targets.
///
/// # Errors
///
/// As `out` says.
pub fn write(issues: &[Issue], out: &mut dyn Write) -> io::Result<()> {
    let diagnostics = issues.iter().map(diagnostic).collect();
    let document = DiagnosticResult { source: Tool { name: "pregrub" }, diagnostics };
    crate::json::write_pretty(&document, out)?;
    out.write_all(b"\n")
}

fn diagnostic(issue: &Issue) -> ReviewDiagnostic<'_> {
    // Without the text only the line is certain: columns would be characters.
    let line = issue.region.map(|region| Range { start: Position { line: region.line, column: None }, end: None });
    ReviewDiagnostic {
        // A comment is Markdown.
        message: without_markup(issue.sentence()),
        location: Place { path: &issue.file, range: issue.bytes.map(range).or(line) },
        severity: match issue.severity {
            Severity::Error => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Note => "INFO",
        },
        code: Code { value: &issue.code },
        suggestions: issue.edits.iter().map(|(region, text)| Suggestion { range: range(*region), text }).collect(),
    }
}

fn range(region: Region) -> Range {
    Range {
        start: Position { line: region.line, column: Some(region.column) },
        end: Some(Position { line: region.end_line, column: Some(region.end_column) }),
    }
}
