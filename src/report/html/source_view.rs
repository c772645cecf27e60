//! The text of a configuration with what was found in it, each finding below its line. Of a long text there are the lines around what
//! matters, and it says what is left out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use maud::{Markup, html};

use crate::boot::{Found, Run};
use crate::explain::Explanation;
use crate::lint::{Finding, Severity, SpanSource};
use crate::report::guest_text::{marked, plain, short};
use crate::report::trace::effective;

/// A text that is shown in full has at most this many bytes and lines.
const WHOLE: (usize, usize) = (64 << 10, 500);
/// The most lines of a longer one.
const MOST_LINES: usize = 400;
/// Lines around one that matters.
const AROUND: u32 = 3;
/// The most findings of a text.
const MOST_FINDINGS: usize = 100;
/// A line that is shown in full has at most this many bytes.
const LONGEST_LINE: usize = 1200;
/// What is shown in front of the place, of a longer one, in bytes.
const BEFORE: usize = 200;
/// The most of a sentence, in characters.
const LONGEST: usize = 2000;

/// What a line does for pygrub.
pub(super) struct LineEffect {
    /// The line, counted from 1.
    line: u32,
    /// What it does, as a phrase. Empty for a line of the entry that is booted.
    phrase: &'static str,
}

/// The lines that had an effect, and those of the entry that is booted.
pub(super) fn lines_of_interest(run: &Run, found: &Found) -> Vec<LineEffect> {
    /// The most lines of an entry.
    const MOST: u32 = 60;
    let mut lines: Vec<LineEffect> = effective(found)
        .into_iter()
        .map(|(directive, phrase)| LineEffect { line: directive.line.line, phrase })
        .collect();
    if let Some(entry) = run.chosen.as_ref().and_then(|chosen| found.config.entries.get(chosen.entry?)) {
        let (first, last) = entry.lines;
        lines.extend((first..=last.min(first.saturating_add(MOST))).map(|line| LineEffect { line, phrase: "" }));
    }
    lines
}

/// A text, with what is said of it.
pub(super) struct SourceView<'a> {
    /// The text.
    pub text: &'a [u8],
    /// All findings of the target.
    pub findings: &'a [Finding],
    /// Which of them are about this text.
    pub source: SpanSource,
    /// What its lines do.
    pub effects: Vec<LineEffect>,
    /// Why nothing boots.
    pub explanation: Option<&'a Explanation>,
}

/// A place in a line, and how it is marked.
struct Mark {
    range: Range<usize>,
    class: &'static str,
}

impl SourceView<'_> {
    /// The text as HTML.
    pub(super) fn write(&self) -> Markup {
        let here: Vec<&Finding> =
            self.findings.iter().filter(|finding| finding.source == self.source && finding.span.is_some()).collect();
        let left_out = here.len().saturating_sub(MOST_FINDINGS);
        let here = here.get(..MOST_FINDINGS).unwrap_or(&here);
        let mut below: BTreeMap<u32, Vec<&Finding>> = BTreeMap::new();
        let mut marks: BTreeMap<u32, Vec<Mark>> = BTreeMap::new();
        for finding in here {
            if let Some(span) = finding.span {
                below.entry(span.line).or_default().push(finding);
                marks.entry(span.line).or_default().push(Mark { range: span.range(), class: finding.severity.name() });
            }
            for related in &finding.related {
                marks
                    .entry(related.span.line)
                    .or_default()
                    .push(Mark { range: related.span.range(), class: "related" });
            }
        }
        // Where pygrub stops, if no finding says so.
        let stop = self.explanation.and_then(|explanation| Some((explanation, explanation.evidence.as_ref()?.span?)));
        let stop = stop.filter(|(explanation, _)| !here.iter().any(|finding| finding.cause == Some(explanation.cause)));
        if let Some((_, span)) = stop {
            marks.entry(span.line).or_default().push(Mark { range: span.range(), class: "error" });
        }
        let lines = lines(self.text);
        let shown = self.shown(lines.len(), &marks);
        let mut used: BTreeSet<u32> = BTreeSet::new();
        let mut phrases: BTreeMap<u32, &str> = BTreeMap::new();
        for effect in &self.effects {
            if effect.phrase.is_empty() {
                used.insert(effect.line);
            } else {
                phrases.insert(effect.line, effect.phrase);
            }
        }
        let mut next = 1;
        let mut told = BTreeMap::new();
        html! {
            div class="source" {
                @if lines.is_empty() { p { "The file is empty." } }
                @for number in &shown {
                    (gap(next, *number))
                    ({ next = number.saturating_add(1); "" })
                    @let line = lines.get(*number as usize - 1).cloned().unwrap_or_default();
                    div class={ "line" @if used.contains(number) { " used" } } {
                        span class="n" { (number) }
                        code { (self.line(&line, marks.get(number).map(Vec::as_slice).unwrap_or_default())) }
                        @if let Some(phrase) = phrases.get(number) { span class="effect" { (phrase) } }
                    }
                    @for finding in below.get(number).into_iter().flatten() {
                        @match first_line(&mut told, finding).filter(|line| *line != *number) {
                            Some(line) => (again(finding, line)),
                            None => (finding_box(finding)),
                        }
                    }
                    @if let Some((explanation, _)) = stop.filter(|(_, span)| span.line == *number) {
                        div class="finding error" { p class="message" { "pygrub stops here: " (short(&explanation.reason, LONGEST)) } }
                    }
                }
                (gap(next, u32::try_from(lines.len()).unwrap_or(u32::MAX).saturating_add(1)))
            }
            @if left_out > 0 { p class="note" { (left_out) " more findings are not shown; " code { "pregrub check -v" } " lists them" } }
        }
    }

    /// The lines that are shown, counted from 1.
    fn shown(&self, count: usize, marks: &BTreeMap<u32, Vec<Mark>>) -> BTreeSet<u32> {
        let last = u32::try_from(count).unwrap_or(u32::MAX);
        if self.text.len() <= WHOLE.0 && count <= WHOLE.1 {
            return (1..=last).collect();
        }
        let mut shown = BTreeSet::new();
        let around = marks.keys().map(|line| (*line, AROUND)).chain(self.effects.iter().map(|effect| (effect.line, 0)));
        for (line, around) in [(1, AROUND)].into_iter().chain(around) {
            if shown.len() >= MOST_LINES {
                break;
            }
            shown.extend((line.saturating_sub(around).max(1)..=line.saturating_add(around).min(last)).take(MOST_LINES));
        }
        shown
    }

    /// A line with its marks.
    fn line(&self, line: &Range<usize>, marks: &[Mark]) -> Markup {
        let mut marks: Vec<&Mark> = marks.iter().collect();
        marks.sort_by_key(|mark| (mark.range.start, mark.range.end));
        let first = marks.first().map_or(line.start, |mark| mark.range.start);
        let shown = if line.len() <= LONGEST_LINE {
            line.clone()
        } else {
            let start = first.saturating_sub(BEFORE).clamp(line.start, line.end);
            start..line.end.min(start.saturating_add(LONGEST_LINE))
        };
        let text = |range: Range<usize>| marked(self.text.get(range).unwrap_or_default());
        let mut at = shown.start;
        html! {
            @if shown.start > line.start { span class="cut" { "\u{2026} " (shown.start - line.start) " bytes \u{2026} " } }
            @for mark in marks {
                @let start = mark.range.start.clamp(at, shown.end);
                @let end = mark.range.end.clamp(start, shown.end);
                @if end > start {
                    (text(at..start))
                    mark class=(mark.class) { (text(start..end)) }
                    ({ at = end; "" })
                }
            }
            (text(at..shown.end))
            @if shown.end < line.end { span class="cut" { " \u{2026} " (line.end - shown.end) " more bytes" } }
        }
    }
}

/// The lines of a text, without their ends.
fn lines(text: &[u8]) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for end in memchr::memchr_iter(b'\n', text) {
        lines.push(start..end);
        start = end + 1;
    }
    if start < text.len() {
        lines.push(start..text.len());
    }
    lines
}

fn gap(from: u32, to: u32) -> Markup {
    html! {
        @if to > from {
            p class="gap" {
                @if to - from == 1 { "line " (from) " is not shown" } @else { "lines " (from) " to " (to - 1) " are not shown" }
            }
        }
    }
}

/// The findings that have no place in a text. `None` if there are none.
pub(super) fn findings_elsewhere(findings: &[Finding]) -> Option<Markup> {
    let elsewhere = || findings.iter().filter(|finding| finding.source == SpanSource::Target || finding.span.is_none());
    let count = elsewhere().count();
    (count > 0).then(|| {
        html! {
            @for finding in elsewhere().take(MOST_FINDINGS) { (finding_box(finding)) }
            @if count > MOST_FINDINGS { p class="note" { (count - MOST_FINDINGS) " more findings are not shown" } }
        }
    })
}

/// What findings have in common that say the same of several places.
type Said<'a> = (&'a str, &'a str, Option<&'a str>);

/// The line of the first finding that says the same.
fn first_line<'a>(told: &mut BTreeMap<Said<'a>, u32>, finding: &'a Finding) -> Option<u32> {
    let line = finding.span?.line;
    let said = (finding.rule.code, finding.severity.name(), finding.help.as_deref());
    Some(*told.entry(said).or_insert(line))
}

/// A finding that says what another one says above.
fn again(finding: &Finding, line: u32) -> Markup {
    html! {
        div class={ "finding again " (finding.severity.name()) } {
            p { (badge_of(finding)) " " code { (finding.rule.code) } " " (finding.rule.name) ", as in line " (line) }
        }
    }
}

fn badge_of(finding: &Finding) -> Markup {
    let sign = match finding.severity {
        Severity::Error => "\u{2717}",
        Severity::Warning => "!",
        Severity::Note => "i",
    };
    html! {
        span class={ "badge " (finding.severity.name()) } { span aria-hidden="true" { (sign) " " } (finding.severity.name()) }
    }
}

/// A finding, with what to do.
fn finding_box(finding: &Finding) -> Markup {
    html! {
        div class={ "finding " (finding.severity.name()) } {
            p class="head" {
                (badge_of(finding))
                " " code { (finding.rule.code) } " " (finding.rule.name)
                @if finding.stops_boot { strong { ", stops the boot" } }
            }
            p class="message" { (short(&finding.message, LONGEST)) }
            @if !finding.label.is_empty() { p class="label" { "Marked: " (short(&finding.label, LONGEST)) } }
            @for related in &finding.related { p class="label" { "Line " (related.span.line) ": " (short(&related.label, LONGEST)) } }
            @if let Some(help) = &finding.help { p class="help" { strong { "What to change: " } (plain(&short(help, LONGEST))) } }
        }
    }
}
