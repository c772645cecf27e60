//! Makes findings of what rules say.

use crate::lint::engine::diagnostic::Diagnostic;
use crate::lint::engine::finding::Finding;
use crate::lint::engine::level::Level;
use crate::lint::engine::rule::Rule;
use crate::lint::engine::severity::Severity;

/// Where findings go.
pub(in crate::lint) trait Sink {
    /// Takes one. How many its rule has found so far, counts this one.
    fn take(&mut self, finding: Finding, number: usize);
    /// Whether one of those that were taken is of such a rule, in such a line; `None` for one without a place.
    fn has_taken(&self, like: &dyn Fn(&'static Rule, Option<u32>) -> bool) -> bool;
}

/// For readers: all of them, those that are shown with all that belongs to them.
impl Sink for Vec<Finding> {
    fn take(&mut self, mut finding: Finding, number: usize) {
        if number > IN_FULL && !finding.stops_boot {
            // What is not shown needs no more than its place and what it says. A guest can have a hundred thousand.
            finding.label = String::new();
            finding.related = Vec::new();
            finding.help = None;
            finding.raised = None;
            finding.fix = None;
        }
        // A list that doubles is up to three times as large as what is in it while it grows.
        if self.len() == self.capacity() {
            self.reserve_exact((self.len() / 4).max(64));
        }
        self.push(finding);
    }

    fn has_taken(&self, like: &dyn Fn(&'static Rule, Option<u32>) -> bool) -> bool {
        self.iter().any(|finding| like(finding.rule, finding.span.map(|span| span.line)))
    }
}

/// Takes the diagnostics of one rule and makes findings of them.
pub struct Reporter<'a> {
    rule: &'static Rule,
    level: Level,
    findings: &'a mut dyn Sink,
    /// How many there were.
    count: usize,
}

/// How many findings of a rule are kept with all that belongs to them: more than are shown.
const IN_FULL: usize = 1000;

impl<'a> Reporter<'a> {
    pub(in crate::lint) fn new(rule: &'static Rule, level: Level, findings: &'a mut dyn Sink) -> Self {
        Self { rule, level, findings, count: 0 }
    }

    /// Whether this rule, or one before it, has found something of such a rule, in such a line.
    pub(in crate::lint) fn has_found(&self, like: impl Fn(&'static Rule, Option<u32>) -> bool) -> bool {
        self.findings.has_taken(&like)
    }

    /// Takes a diagnostic at the severity of the rule, or at the one that the user chose.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        let severity = self.rule.severity;
        self.add_as(severity, diagnostic);
    }

    /// Takes a diagnostic that is worse, or less bad, than those of the rule usually are. The user's choice overrides it.
    pub fn add_as(&mut self, severity: Severity, diagnostic: Diagnostic) {
        debug_assert!(self.rule.severities().any(|one| one == severity), "{}: {severity:?}", self.rule.code);
        let severity = match self.level {
            Level::Default => severity,
            Level::Warn => Severity::Warning,
            Level::Deny => Severity::Error,
        };
        self.count += 1;
        self.findings.take(Finding::new(self.rule, severity, diagnostic), self.count);
    }
}
