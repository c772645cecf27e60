//! A diagnostic of a rule, with the rule and the severity that it has here.

use crate::config::{Raised, Span};
use crate::explain::CauseId;
use crate::lint::engine::diagnostic::{Diagnostic, Related, Source};
use crate::lint::engine::fix::Fix;
use crate::lint::engine::rule::Rule;
use crate::lint::engine::severity::Severity;

/// Something that a rule found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad it is here.
    pub severity: Severity,
    /// Whether it stops the boot with this disk and this call of pygrub: fixing everything else would not help.
    pub stops_boot: bool,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The text that the span belongs to.
    pub source: Source,
    /// Where it is. `None` if it is about the text, or the target, as a whole.
    pub span: Option<Span>,
    /// What stands beside the span, in a few words.
    pub label: String,
    /// Other places, in the same text.
    pub related: Vec<Related>,
    /// What to do, in one sentence without a full stop.
    pub help: Option<String>,
    /// The change that fixes it.
    pub fix: Option<Fix>,
    /// What pygrub raises here.
    pub raised: Option<Raised>,
    /// Which cause of a failed boot it is about: that of the verdict, if the two are equal.
    pub cause: Option<CauseId>,
    /// How many places it stands for: more than one where it reports many of a kind at once.
    pub places: usize,
}

impl Finding {
    /// The finding of `rule` that says this.
    pub(in crate::lint) fn new(rule: &'static Rule, severity: Severity, diagnostic: Diagnostic) -> Self {
        let Diagnostic { stops_boot, message, source, span, label, related, help, fix, raised, cause, places } =
            diagnostic;
        Self { rule, severity, stops_boot, message, source, span, label, related, help, fix, raised, cause, places }
    }

    /// What findings are ordered by: what stops the boot, and of that the cause of the verdict first; then text, place, code.
    pub(in crate::lint) fn order(&self, cause: Option<CauseId>) -> (bool, bool, Source, Option<u32>, &'static str) {
        let is_cause = self.cause.is_some() && self.cause == cause;
        (!is_cause, !self.stops_boot, self.source, self.span.map(|span| span.start), self.rule.code)
    }
}
