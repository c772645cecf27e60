//! A finding as JSON, the same in every report.

use serde::Serialize;

use super::raised::RaisedReport;
use crate::config::Span;
use crate::explain::Explanation;
use crate::lint::{Finding, Severity, SpanSource};

/// What the texts are called that findings point into.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// The boot configuration: its path in the guest, or the name of the file.
    pub configuration: Option<&'a str>,
    /// The domain's configuration for xl.
    pub domain: Option<&'a str>,
    /// The text of the domain's configuration; that of the boot configuration stands in the run.
    pub domain_text: Option<&'a [u8]>,
    /// Which of the texts is a file of this machine, and its name: a terminal gets a link to it.
    pub file: Option<(SpanSource, &'a str)>,
}

impl<'a> Sources<'a> {
    /// The name of the text that a finding points into; nothing where it is about the target as a whole.
    pub fn of(&self, finding: &Finding) -> Option<&'a str> {
        match finding.source {
            SpanSource::Target => None,
            SpanSource::Domain => self.domain,
            SpanSource::Configuration => self.configuration,
        }
    }
}

/// A finding.
#[derive(Debug, Serialize)]
pub struct FindingReport<'a> {
    code: &'static str,
    name: &'static str,
    severity: Severity,
    stops_boot: bool,
    message: &'a str,
    file: Option<&'a str>,
    span: Option<Span>,
    related: Vec<RelatedReport<'a>>,
    help: Option<&'a str>,
    fix: Option<FixReport<'a>>,
    raised: Option<RaisedReport<'a>>,
    /// Whether it is the cause of the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_cause: Option<bool>,
}

#[derive(Debug, Serialize)]
struct RelatedReport<'a> {
    span: Span,
    message: &'a str,
}

#[derive(Debug, Serialize)]
struct FixReport<'a> {
    description: &'a str,
    safety: &'static str,
    edits: Vec<EditReport<'a>>,
}

#[derive(Debug, Serialize)]
struct EditReport<'a> {
    span: Span,
    /// Bytes from the start of the file.
    start: u32,
    end: u32,
    replacement: &'a str,
}

impl<'a> FindingReport<'a> {
    /// The report of a finding.
    pub fn new(finding: &'a Finding, sources: Sources<'a>) -> Self {
        Self {
            code: finding.rule.code,
            name: finding.rule.name,
            severity: finding.severity,
            stops_boot: finding.stops_boot,
            message: &finding.message,
            file: sources.of(finding),
            span: finding.span,
            related: finding
                .related
                .iter()
                .map(|related| RelatedReport { span: related.span, message: &related.label })
                .collect(),
            help: finding.help.as_deref(),
            fix: finding.fix.as_ref().map(|fix| FixReport {
                description: &fix.description,
                safety: fix.safety.name(),
                edits: fix
                    .edits
                    .iter()
                    .map(|edit| EditReport {
                        span: edit.span,
                        start: edit.span.start,
                        end: edit.span.end,
                        replacement: &edit.replacement,
                    })
                    .collect(),
            }),
            raised: finding.raised.as_ref().map(RaisedReport::from),
            is_cause: None,
        }
    }

    /// Beside a verdict: says whether the finding is its cause.
    #[must_use]
    pub fn in_view_of(mut self, finding: &Finding, explanation: Option<&Explanation>) -> Self {
        self.is_cause = Some(explanation.is_some_and(|explanation| finding.cause == Some(explanation.cause)));
        self
    }
}
