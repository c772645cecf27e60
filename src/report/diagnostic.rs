//! A failure or a finding as a miette diagnostic: the source line under a caret, other places, the way out.

use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

use super::excerpt::Excerpt;
use super::one_line::{one_line, same_lines};
use super::text::Look;
use crate::boot::Run;
use crate::config::Span;
use crate::explain::Explanation;
use crate::lint::{Finding, Severity};

/// A text that spans lie in.
#[derive(Clone, Copy)]
pub struct SourceText<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The text.
    pub text: &'a [u8],
}

/// A diagnostic, ready to be rendered.
pub(super) struct Shown {
    severity: miette::Severity,
    message: String,
    labels: Vec<LabeledSpan>,
    source: NamedSource<String>,
    help: Option<String>,
}

impl Shown {
    /// The diagnostic of a run that failed with an exception. Its place is that of the configuration.
    pub(super) fn failure(run: &Run, explanation: &Explanation) -> Option<Self> {
        let raised = explanation.evidence.as_ref()?;
        // The blocks of a directory are no text to show.
        let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref()).filter(|found| !found.directory);
        let name = found.map(|found| found.path.to_string()).unwrap_or_default();
        let source = found.map(|found| SourceText { name: &name, text: &found.text });
        let places: Vec<(Span, &str)> = raised.span.iter().map(|span| (*span, explanation.label)).collect();
        let message = raised.to_string();
        Some(Self::new(miette::Severity::Error, message, source, &places, explanation.help.clone()))
    }

    /// The diagnostic of a finding, without its rule. `source` is the text that its places are in. Where the verdict tells what is wrong already,
    /// the headline is what pygrub raises.
    pub(super) fn finding(finding: &Finding, source: Option<SourceText<'_>>, told: bool) -> Self {
        let severity = match finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        };
        let message = match &finding.raised {
            Some(raised) if told => raised.to_string(),
            _ => finding.message.clone(),
        };
        let own = finding.span.iter().map(|span| (*span, finding.label.as_str()));
        let related = finding.related.iter().map(|related| (related.span, related.label.as_str()));
        let places: Vec<(Span, &str)> = own.chain(related).collect();
        Self::new(severity, message, source, &places, finding.help.clone())
    }

    fn new(
        severity: miette::Severity,
        message: String,
        source: Option<SourceText<'_>>,
        places: &[(Span, &str)],
        help: Option<String>,
    ) -> Self {
        let spans: Vec<Span> = places.iter().map(|(span, _)| *span).collect();
        let excerpt = source
            .filter(|_| !places.is_empty())
            .and_then(|source| Some((source.name, Excerpt::new(source.text, &spans)?)));
        let (name, text, at) = match excerpt {
            Some((name, excerpt)) => (name, excerpt.text, excerpt.places),
            None => ("", String::new(), Vec::new()),
        };
        let labels = at
            .into_iter()
            .zip(places)
            .filter_map(|(at, place)| Some((at?, place)))
            .map(|(at, (_, label))| LabeledSpan::new_with_span((!label.is_empty()).then(|| one_line(label)), at))
            .collect();
        // Below, colours are added, and no guest may add any.
        let (message, help) = (same_lines(&message), help.map(|help| same_lines(&help)));
        Self { severity, message, labels, source: NamedSource::new(one_line(name), text), help }
    }

    /// The diagnostic as text.
    pub(super) fn render(&self, look: Look) -> String {
        let theme = if look.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        // A path or a command that is cut in two cannot be copied.
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(look.width)
            .with_context_lines(1)
            .with_break_words(false)
            .with_word_separator(textwrap::WordSeparator::AsciiSpace)
            .with_word_splitter(textwrap::WordSplitter::NoHyphenation);
        let mut rendered = String::new();
        // Rendering to a String fails only on a source that cannot be read; then the message alone is said.
        match handler.render_report(&mut rendered, self) {
            Ok(()) => rendered,
            Err(_) => format!("  {self}\n"),
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.labels.is_empty()).then_some(&self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}
