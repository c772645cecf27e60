//! Makes findings of what rules say.

use crate::lint::engine::diagnostic::Diagnostic;
use crate::lint::engine::finding::Finding;
use crate::lint::engine::level::Level;
use crate::lint::engine::rule::Rule;
use crate::lint::engine::severity::Severity;

/// Takes the diagnostics of one rule and makes findings of them.
pub struct Reporter<'a> {
    rule: &'static Rule,
    level: Level,
    findings: &'a mut Vec<Finding>,
    /// How many there were.
    count: usize,
    /// The findings are for the fixer, which reads where they are, what they say and how they are fixed.
    for_fixes: bool,
}

/// How many findings of a rule are kept with all that belongs to them: more than are shown.
const IN_FULL: usize = 1000;

impl<'a> Reporter<'a> {
    pub(in crate::lint) fn new(rule: &'static Rule, level: Level, findings: &'a mut Vec<Finding>) -> Self {
        Self { rule, level, findings, count: 0, for_fixes: false }
    }

    /// Keeps of each finding only what the fixer reads.
    pub(in crate::lint) fn for_fixes(mut self, for_fixes: bool) -> Self {
        self.for_fixes = for_fixes;
        self
    }

    /// Whether this rule, or one before it, has found something like that.
    pub(in crate::lint) fn has_found(&self, like: impl Fn(&Finding) -> bool) -> bool {
        self.findings.iter().any(like)
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
        let mut finding = Finding::new(self.rule, severity, diagnostic);
        self.count += 1;
        if self.for_fixes || self.count > IN_FULL && !finding.stops_boot {
            // What is not shown needs no more than its place and what it says. A guest can have a hundred thousand.
            finding.label = String::new();
            finding.related = Vec::new();
            finding.help = None;
            finding.raised = None;
            if !self.for_fixes {
                finding.fix = None;
            }
        }
        // A list that doubles is up to three times as large as what is in it while it grows.
        if self.findings.len() == self.findings.capacity() {
            self.findings.reserve_exact((self.findings.len() / 4).max(64));
        }
        self.findings.push(finding);
    }
}
