//! `pregrub lint` as JSON: `pregrub.lint/1`.

use serde::Serialize;

use super::finding::{FindingReport, Sources};
use crate::flavour::Build;
use crate::lint::Finding;
use crate::release::Release;

/// The report of one file.
#[derive(Debug, Serialize)]
pub struct Lint<'a> {
    schema: &'static str,
    target: &'a str,
    release: String,
    /// Who built it, unless it is upstream's.
    #[serde(skip_serializing_if = "Option::is_none")]
    flavour: Option<&'static str>,
    /// Why there are no findings: the file cannot be read.
    error: Option<&'a str>,
    findings: Vec<FindingReport<'a>>,
    /// How many findings comments suppress.
    suppressed: usize,
}

impl<'a> Lint<'a> {
    /// What was found.
    pub fn new(target: &'a str, build: impl Into<Build>, findings: &'a [Finding], sources: Sources<'a>) -> Self {
        let findings = findings.iter().map(|finding| FindingReport::new(finding, sources)).collect();
        let Build { release, flavour } = build.into();
        let (release, flavour) = (release.to_string(), super::check::distributor(flavour));
        Self { schema: "pregrub.lint/1", target, release, flavour, error: None, findings, suppressed: 0 }
    }

    /// With the number of findings that comments suppress.
    #[must_use]
    pub fn with_suppressed(mut self, count: usize) -> Self {
        self.suppressed = count;
        self
    }

    /// The report of a file that cannot be read.
    pub fn of_unreadable(target: &'a str, release: Release, error: &'a str) -> Self {
        let release = release.to_string();
        Self {
            schema: "pregrub.lint/1",
            target,
            release,
            flavour: None,
            error: Some(error),
            findings: Vec::new(),
            suppressed: 0,
        }
    }
}
