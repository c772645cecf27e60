//! What a rule says: what is wrong, where, and what to do. The engine makes a [`Finding`](crate::lint::Finding) of it.

use crate::config::{Raised, Span};
use crate::explain::{CauseId, Explanation};
use crate::lint::engine::fix::Fix;

/// In which text a span of a finding lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanSource {
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

/// Something that is wrong, as a rule says it: without the rule and its severity.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Whether it stops the boot with this disk and this call of pygrub: fixing everything else would not help.
    pub stops_boot: bool,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The text that the span belongs to.
    pub source: SpanSource,
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

impl Diagnostic {
    /// A diagnostic about the target as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            stops_boot: false,
            message: message.into(),
            source: SpanSource::Target,
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
        let mut diagnostic = Self::new(explanation.reason.clone()).stops_boot(true);
        diagnostic.help.clone_from(&explanation.help);
        diagnostic.raised.clone_from(&explanation.evidence);
        diagnostic.cause = Some(explanation.cause);
        diagnostic
    }

    /// It is in the boot configuration, at `span`.
    #[must_use]
    pub fn at(mut self, span: Span, label: impl Into<String>) -> Self {
        self.source = SpanSource::Configuration;
        self.span = Some(span);
        self.label = label.into();
        self
    }

    /// It is in this text, at `span`.
    #[must_use]
    pub fn within(mut self, source: SpanSource, span: Span, label: impl Into<String>) -> Self {
        self.source = source;
        self.span = Some(span);
        self.label = label.into();
        self
    }

    /// It is about the boot configuration as a whole.
    #[must_use]
    pub fn in_configuration(mut self) -> Self {
        self.source = SpanSource::Configuration;
        self
    }

    /// It is in the domain's configuration, at `span`.
    #[must_use]
    pub fn in_domain(mut self, span: Option<Span>, label: impl Into<String>) -> Self {
        self.source = SpanSource::Domain;
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

    /// The change that fixes it.
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
}
