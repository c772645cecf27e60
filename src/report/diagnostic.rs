//! A failure or a finding as a miette diagnostic: the source line under a caret, other places, the way out.

use std::fmt;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, NamedSource,
    SourceCode, SourceSpan, SpanContents,
};

use super::excerpt::Excerpt;
use super::one_line::{one_line, same_lines};
use super::text::TextStyle;
use crate::boot::Run;
use crate::config::{Raised, Span};
use crate::explain::Explanation;
use crate::lint::{Finding, Severity};

/// A text that spans lie in.
#[derive(Clone, Copy)]
pub(crate) struct SourceText<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The text.
    pub text: &'a [u8],
    /// The address that the name leads to on a terminal: printable ASCII.
    pub link: Option<&'a str>,
}

/// A diagnostic, ready to be rendered.
pub(super) struct Shown {
    severity: miette::Severity,
    message: String,
    labels: Vec<LabeledSpan>,
    source: Snippet,
    help: Option<String>,
    /// The exception of pygrub.
    raised: Option<String>,
}

impl Shown {
    /// The diagnostic of a run that failed with an exception. Its place is that of the configuration.
    pub(super) fn failure(run: &Run, explanation: &Explanation, look: TextStyle) -> Option<Self> {
        let raised = explanation.evidence.as_ref()?;
        // The blocks of a directory are not text to show.
        let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref()).filter(|found| !found.directory);
        let name = found.map(|found| found.path.to_string()).unwrap_or_default();
        let source = found.map(|found| SourceText { name: &name, text: &found.text, link: None });
        let places: Vec<(Span, &str)> = raised.span.iter().map(|span| (*span, explanation.label)).collect();
        let severity = miette::Severity::Error;
        let shown = Self::new(severity, explanation.reason.clone(), source, &places, explanation.help.clone(), look);
        Some(Self { raised: Some(raised.to_string()), ..shown })
    }

    /// The diagnostic of a finding, without its rule. `source` is the text that its places are in; `raised` is the exception
    /// that is shown below the sentence.
    pub(super) fn finding(
        finding: &Finding,
        source: Option<SourceText<'_>>,
        raised: Option<&Raised>,
        look: TextStyle,
    ) -> Self {
        let severity = match finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        };
        let own = finding.span.iter().map(|span| (*span, finding.label.as_str()));
        let related = finding.related.iter().map(|related| (related.span, related.label.as_str()));
        let places: Vec<(Span, &str)> = own.chain(related).collect();
        let shown = Self::new(severity, finding.message.clone(), source, &places, finding.help.clone(), look);
        Self { raised: raised.map(Raised::to_string), ..shown }
    }

    fn new(
        severity: miette::Severity,
        message: String,
        source: Option<SourceText<'_>>,
        places: &[(Span, &str)],
        help: Option<String>,
        look: TextStyle,
    ) -> Self {
        let excerpt = source
            .filter(|_| !places.is_empty())
            .and_then(|source| Some((source, Excerpt::new(source.text, places, look.width)?)));
        let (name, text, at, cut) = match excerpt {
            Some((source, excerpt)) => (linked(source), excerpt.text, excerpt.places, excerpt.cut),
            None => (String::new(), String::new(), Vec::new(), Vec::new()),
        };
        let labels = at
            .into_iter()
            .zip(places)
            .filter_map(|(at, place)| Some((at?, place)))
            .map(|(at, (_, label))| LabeledSpan::new_with_span((!label.is_empty()).then(|| one_line(label)), at))
            .collect();
        // Below, colours are added, and no guest may add any.
        let (message, help) = (one_line(&message), help.map(|help| same_lines(&help)));
        Self {
            severity,
            message,
            labels,
            source: Snippet { named: NamedSource::new(name, text), cut },
            help,
            raised: None,
        }
    }

    /// The diagnostic as text, what pygrub raises below it.
    pub(super) fn render(&self, look: TextStyle) -> String {
        let rendered = self.rendered(look);
        match &self.raised {
            Some(raised) => format!("{rendered}  pygrub raises {}\n", one_line(raised)),
            None => rendered,
        }
    }

    fn rendered(&self, look: TextStyle) -> String {
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

/// The name of a text, as a link (OSC 8) where there is an address.
fn linked(source: SourceText<'_>) -> String {
    let name = one_line(source.name);
    match source.link {
        Some(address) => format!("\x1b]8;;{address}\x1b\\{name}\x1b]8;;\x1b\\"),
        None => name,
    }
}

/// A text whose long lines are cut; the columns of places are those of the whole line.
struct Snippet {
    named: NamedSource<String>,
    /// As [`Excerpt::cut`].
    cut: Vec<(usize, usize)>,
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let contents = self.named.read_span(span, before, after)?;
        let start = contents.span().offset();
        // The column is that of the first byte that is read: only without context is it the place's.
        let line_start =
            self.named.inner().get(..start).and_then(|text| text.rfind('\n')).map_or(0, |newline| newline + 1);
        let missing =
            self.cut.iter().find(|(line, _)| *line == line_start && start > *line).map_or(0, |(_, missing)| *missing);
        // The mark of the cut is not a character of the line.
        let column = if missing == 0 { contents.column() } else { contents.column() + missing - 1 };
        let name = contents.name().unwrap_or_default().to_owned();
        let (data, span, line, lines) = (contents.data(), *contents.span(), contents.line(), contents.line_count());
        Ok(Box::new(MietteSpanContents::new_named(name, data, span, line, column, lines)))
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
