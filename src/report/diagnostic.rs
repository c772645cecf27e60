//! A failure as a miette diagnostic: the exception in pygrub's words, the source line under a caret, the way out.

use std::fmt;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};

use crate::boot::{Failure, Found, Run};
use crate::config::Raised;

/// A failure with its place in the configuration.
pub(super) struct FailureDiagnostic {
    message: String,
    label: Option<LabeledSpan>,
    source: NamedSource<String>,
    help: Option<String>,
}

impl FailureDiagnostic {
    /// The diagnostic of a run that failed with an exception.
    pub(super) fn of(run: &Run) -> Option<Self> {
        let failure = run.failure.as_ref()?;
        let raised = failure.raised.as_ref()?;
        let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
        let (source, label) = match found.and_then(|found| place(found, failure, raised)) {
            Some((source, label)) => (source, Some(label)),
            None => (NamedSource::new("", String::new()), None),
        };
        Some(Self { message: raised.to_string(), label, source, help: failure.help.clone() })
    }
}

/// How many bytes of a long line are shown on either side of the place.
const AROUND: usize = 200;
/// A line number beyond this is not worth the memory.
const MOST_LINES: usize = 2_000_000;

/// The source around the place, and the label in it: the line, the line above and the line below. Of each only what is near is
/// taken, since a configuration may be one line of a megabyte.
fn place(found: &Found, failure: &Failure, raised: &Raised) -> Option<(NamedSource<String>, LabeledSpan)> {
    // The blocks of a directory are no text to show.
    let span = raised.span.filter(|_| !found.directory)?;
    let text = &found.text;
    let (place, end) = (span.range().start, span.range().end);
    let line_start = memchr::memrchr(b'\n', text.get(..place)?).map_or(0, |newline| newline + 1);
    let line_end = memchr::memchr(b'\n', text.get(place..)?).map_or(text.len(), |length| place + length);
    let from = line_start.max(place.saturating_sub(AROUND));
    let to = line_end.min(place.saturating_add(AROUND));
    let end = end.min(to);
    let behind = text.get(end..to)?;
    let before = show(&text[from..place]);
    let marked = show(&text[place..end]);
    let above = match line_start.checked_sub(1) {
        Some(end) => {
            let start = memchr::memrchr(b'\n', &text[..end]).map_or(0, |newline| newline + 1);
            format!("{}\n", show(&text[start..end.min(start + AROUND)]))
        }
        None => String::new(),
    };
    let below = match text.get(line_end + 1..).filter(|rest| !rest.is_empty()) {
        Some(rest) => {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            format!("\n{}", show(&rest[..end.min(AROUND)]))
        }
        None => String::new(),
    };
    // miette counts lines from the start of the source; empty lines stand for those that are left out.
    let lines_above = usize::try_from(span.line).unwrap_or(1).saturating_sub(1);
    let left_out = lines_above.saturating_sub(usize::from(!above.is_empty())).min(MOST_LINES);
    let start = left_out + above.len() + before.len();
    let source = format!("{}{above}{before}{marked}{}{below}", "\n".repeat(left_out), show(behind));
    let label = (!failure.label.is_empty()).then(|| failure.label.to_owned());
    let label = LabeledSpan::new_with_span(label, SourceSpan::new(start.into(), marked.len().max(1)));
    Some((NamedSource::new(found.path.to_string(), source), label))
}

/// Text for a terminal: control characters and what is not UTF-8 are shown, not sent.
fn show(text: &[u8]) -> String {
    // One character for one, so that the caret stays in its place.
    String::from_utf8_lossy(text).chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c }).collect()
}

impl fmt::Display for FailureDiagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for FailureDiagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for FailureDiagnostic {}

impl Diagnostic for FailureDiagnostic {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.label.as_ref().map(|_| &self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.label
            .as_ref()
            .map(|label| Box::new(std::iter::once(label.clone())) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}
