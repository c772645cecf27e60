//! Where rules hand in what they found.

use crate::lint::engine::finding::Finding;
use crate::lint::engine::rule::Rule;
use crate::lint::engine::rule_levels::Level;
use crate::lint::engine::severity::Severity;

/// Takes the findings of one rule.
pub struct Reporter<'a> {
    rule: &'static Rule,
    level: Level,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Reporter<'a> {
    pub(in crate::lint) fn new(rule: &'static Rule, level: Level, findings: &'a mut Vec<Finding>) -> Self {
        Self { rule, level, findings }
    }

    /// Takes a finding at the severity of the rule, or the one that the user wants.
    pub fn add(&mut self, finding: Finding) {
        let severity = self.rule.severity;
        self.add_as(severity, finding);
    }

    /// Takes a finding that is worse, or less bad, than those of the rule are otherwise. The user's wish still comes first.
    pub fn add_as(&mut self, severity: Severity, finding: Finding) {
        let severity = match self.level {
            Level::Default => severity,
            Level::Warn => Severity::Warning,
            Level::Deny => Severity::Error,
        };
        self.findings.push(Finding { rule: self.rule, severity, ..finding });
    }
}
