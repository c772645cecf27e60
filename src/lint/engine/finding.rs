//! What a rule found.

use crate::config::{Raised, Span};
use crate::explain::{CauseId, Explanation};
use crate::lint::engine::fix::Fix;
use crate::lint::engine::rule::Rule;
use crate::lint::engine::severity::Severity;

/// In which text a span of a finding lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// None: it is about the disk, or about how pygrub is called.
    Target,
    /// The domain's configuration for xl.
    Domain,
    /// The boot configuration that pygrub reads.
    Configuration,
}

/// Another place that a finding speaks of, in the same text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The place.
    pub span: Span,
    /// What is there, in a few words without a full stop.
    pub label: String,
}

/// Something that is wrong.
///
/// A rule makes one with [`Finding::new`] and the methods behind it, and hands it to the
/// [`Reporter`](crate::lint::Reporter), which adds the rule and its severity.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad it is here.
    pub severity: Severity,
    /// Whether it stops the boot as the disk and the call of pygrub are: mending all else would not help.
    pub stops_boot: bool,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The text that the span belongs to.
    pub source: Source,
    /// Where it is; nothing where it is about the whole.
    pub span: Option<Span>,
    /// What stands beside the span, in a few words.
    pub label: String,
    /// Other places, in the same text.
    pub related: Vec<Related>,
    /// What to do, in one sentence without a full stop.
    pub help: Option<String>,
    /// The change that mends it.
    pub fix: Option<Fix>,
    /// What pygrub raises here.
    pub raised: Option<Raised>,
    /// Which cause of a failed boot it is about: that of the verdict, if the two are equal.
    pub cause: Option<CauseId>,
    /// How many places it stands for: more than one where it reports many of a kind at once.
    pub places: usize,
}

impl Finding {
    /// A finding about the target as a whole. The reporter replaces rule and severity.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            rule: &crate::lint::registry::UNNAMED,
            severity: Severity::Note,
            stops_boot: false,
            message: message.into(),
            source: Source::Target,
            span: None,
            label: String::new(),
            related: Vec::new(),
            help: None,
            fix: None,
            raised: None,
            cause: None,
            places: 1,
        }
    }

    /// The cause of the verdict, in its words.
    pub(in crate::lint) fn of_explanation(explanation: &Explanation) -> Self {
        let mut finding = Self::new(explanation.reason.clone()).stops_boot(true);
        finding.help.clone_from(&explanation.help);
        finding.raised.clone_from(&explanation.evidence);
        finding.cause = Some(explanation.cause);
        finding
    }

    /// It is in the boot configuration, at `span`.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.source = Source::Configuration;
        self.span = Some(span);
        self.label = label.into();
        self
    }

    /// It is in this text, at `span`.
    #[must_use]
    pub fn within(mut self, source: Source, span: Span, label: impl Into<String>) -> Self {
        self.source = source;
        self.span = Some(span);
        self.label = label.into();
        self
    }

    /// It is about the boot configuration as a whole.
    #[must_use]
    pub fn in_configuration(mut self) -> Self {
        self.source = Source::Configuration;
        self
    }

    /// It is in the domain's configuration, at `span`.
    #[must_use]
    pub fn in_domain(mut self, span: Option<Span>, label: impl Into<String>) -> Self {
        self.source = Source::Domain;
        self.span = span;
        self.label = label.into();
        self
    }

    /// Another place that belongs to it.
    #[must_use]
    pub fn and(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push(Related { span, label: label.into() });
        self
    }

    /// What to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The change that mends it.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Whether it stops the boot. It does not unless this is said.
    #[must_use]
    pub fn stops_boot(mut self, stops: bool) -> Self {
        self.stops_boot = stops;
        self
    }

    /// What findings are ordered by: what stops the boot, and of that the cause of the verdict first; then text, place, code.
    pub(in crate::lint) fn order(&self, cause: Option<CauseId>) -> (bool, bool, Source, Option<u32>, &'static str) {
        let is_cause = self.cause.is_some() && self.cause == cause;
        (!is_cause, !self.stops_boot, self.source, self.span.map(|span| span.start), self.rule.code)
    }
}
