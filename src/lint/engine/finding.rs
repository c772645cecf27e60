//! A diagnostic of a rule, with the rule and the severity that it has here.

use std::ops::{Deref, DerefMut};

use crate::explain::CauseId;
use crate::lint::engine::diagnostic::{Diagnostic, SpanSource};
use crate::lint::engine::rule::Rule;
use crate::lint::engine::severity::Severity;

/// Something that a rule found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad it is here.
    pub severity: Severity,
    /// What the rule says. A finding is read as its diagnostic: `finding.message`.
    pub diagnostic: Diagnostic,
}

impl Deref for Finding {
    type Target = Diagnostic;

    fn deref(&self) -> &Diagnostic {
        &self.diagnostic
    }
}

impl DerefMut for Finding {
    fn deref_mut(&mut self) -> &mut Diagnostic {
        &mut self.diagnostic
    }
}

impl Finding {
    /// The finding of `rule` that says this.
    pub(in crate::lint) fn new(rule: &'static Rule, severity: Severity, diagnostic: Diagnostic) -> Self {
        Self { rule, severity, diagnostic }
    }

    /// What findings are ordered by: what stops the boot, and of that the cause of the verdict first; then text, place, code.
    pub(in crate::lint) fn order(&self, cause: Option<CauseId>) -> (bool, bool, SpanSource, Option<u32>, &'static str) {
        let is_cause = self.cause.is_some() && self.cause == cause;
        (!is_cause, !self.stops_boot, self.source, self.span.map(|span| span.start), self.rule.code)
    }
}
