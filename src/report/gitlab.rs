//! GitLab's code quality report: what a merge request shows beside its changes.
//!
//! One array of issues, as GitLab documents its code quality report format: `description`, `check_name`, `fingerprint`, `severity`
//! and `location`. An image has no lines, so an issue in it stands at its first.

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use super::fingerprint::fingerprint;
use super::issue::Issue;
use crate::lint::Severity;

#[derive(Serialize)]
struct Row<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Place<'a>,
}

#[derive(Serialize)]
struct Place<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<u32>,
}

/// Writes the issues of all targets.
///
/// # Errors
///
/// As `out` says.
pub fn write(issues: &[Issue], out: &mut dyn Write) -> io::Result<()> {
    let mut given = HashMap::new();
    let rows = issues.iter().map(|issue| Row {
        description: issue.sentence(),
        check_name: &issue.code,
        fingerprint: fingerprint(&issue.digest, &mut given),
        severity: severity(issue),
        location: Place {
            // GitLab knows files by their path from the root of the project.
            path: issue.file.strip_prefix("./").unwrap_or(&issue.file),
            lines: Lines {
                begin: issue.region.map_or(1, |region| region.line),
                end: issue.region.map(|region| region.end_line),
            },
        },
    });
    crate::json::write_pretty(&rows.collect::<Vec<_>>(), out)?;
    out.write_all(b"\n")
}

/// GitLab's word.
fn severity(issue: &Issue) -> &'static str {
    match issue.severity {
        Severity::Error if issue.stops_boot => "critical",
        Severity::Error => "major",
        Severity::Warning => "minor",
        Severity::Note => "info",
    }
}
