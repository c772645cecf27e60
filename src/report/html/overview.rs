//! Many targets at a glance: how many came out how, and a row for each. The filters are radio buttons that the sheet looks at.

use maud::{Markup, html};

use crate::boot::Verdict;
use crate::lint::Severity;
use crate::report::guest_text::{plain, short};
use crate::report::target_report::{self, TargetReport};

/// What came of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowOutcome {
    /// It was read.
    Judged(Verdict),
    /// It could not be read.
    Unreadable,
}

impl RowOutcome {
    /// The words for it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Judged(verdict) => verdict.words(),
            Self::Unreadable => "unreadable",
        }
    }

    /// The class of what shows it.
    pub(super) fn class(self) -> &'static str {
        match self {
            Self::Judged(verdict) => verdict.name(),
            Self::Unreadable => "unreadable",
        }
    }

    /// A sign for it, so that it does not rest on a colour.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Judged(Verdict::Boots | Verdict::Selects) => "\u{2713}",
            Self::Judged(Verdict::Fails) => "\u{2717}",
            Self::Judged(Verdict::Unknown) => "?",
            Self::Judged(Verdict::NotApplicable) => "\u{2013}",
            Self::Unreadable => "!",
        }
    }

    const ALL: [Self; 6] = [
        Self::Judged(Verdict::Fails),
        Self::Judged(Verdict::Unknown),
        Self::Unreadable,
        Self::Judged(Verdict::Boots),
        Self::Judged(Verdict::Selects),
        Self::Judged(Verdict::NotApplicable),
    ];
}

/// What the overview has of a target.
#[derive(Clone, Debug)]
pub(crate) struct OverviewRow {
    /// The number of its section, counted from 1.
    number: usize,
    /// As the user names it, cut where it is long.
    pub name: String,
    /// What came of it.
    pub outcome: RowOutcome,
    /// Why it does not boot, or what boots.
    what: String,
    /// Errors, warnings, notes.
    findings: [usize; 3],
}

/// The most of a name and of a reason that is kept, in characters.
const LONGEST: usize = 300;

impl OverviewRow {
    /// The row of a target.
    pub(crate) fn new(number: usize, report: &TargetReport<'_>) -> Self {
        let (outcome, what) = match report.outcome {
            target_report::ReportOutcome::Read { run, explanation, .. } => {
                let kernel = run.chosen.as_ref().map(|chosen| chosen.kernel.path.to_string());
                let what = explanation.map(|explanation| explanation.reason.clone()).or(kernel);
                (RowOutcome::Judged(run.verdict), what.unwrap_or_default())
            }
            target_report::ReportOutcome::Unreadable { why, .. } => (RowOutcome::Unreadable, why.to_owned()),
        };
        let count = |severity| {
            let of_severity = report.findings().iter().filter(|finding| finding.severity == severity);
            of_severity.map(|finding| finding.places).sum()
        };
        Self {
            number,
            name: short(report.target, LONGEST),
            outcome,
            what: short(&what, LONGEST),
            findings: [Severity::Error, Severity::Warning, Severity::Note].map(count),
        }
    }
}

impl OverviewRow {
    /// The last part of the name, if that is a path.
    pub(super) fn file_name(&self) -> &str {
        let name = self.name.trim_end_matches('/');
        name.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(&self.name)
    }
}

/// The overview of all targets.
pub(super) fn overview(rows: &[OverviewRow]) -> Markup {
    let count = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    let counts: Vec<(RowOutcome, usize)> =
        RowOutcome::ALL.into_iter().map(|outcome| (outcome, count(outcome))).filter(|(_, count)| *count > 0).collect();
    html! {
        section class="overview" aria-label="Overview" {
            h1 { (rows.len()) " targets" }
            @if counts.len() > 1 {
                svg class="share" role="img" width="100%" height="12" {
                    title {
                        @for (index, (outcome, count)) in counts.iter().enumerate() {
                            @if index > 0 { ", " }
                            (count) " " (outcome.words())
                        }
                    }
                    (shares(&counts, rows.len()))
                }
                fieldset class="filter" {
                    legend { "Show" }
                    span class="choice" {
                        input type="radio" name="show" id="show-all" checked="checked";
                        label for="show-all" { "all " span class="count" { (rows.len()) } }
                    }
                    @for (outcome, count) in &counts {
                        span class={ "choice " (outcome.class()) } {
                            input type="radio" name="show" id={ "show-" (outcome.class()) };
                            label for={ "show-" (outcome.class()) } { (outcome.sign()) " " (outcome.words()) " " span class="count" { (count) } }
                        }
                    }
                }
            }
            div class="wide" role="group" aria-label="All targets" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "Verdict" } th scope="col" { "Target" } th scope="col" { "What boots, or why not" } th scope="col" { "Findings" } } }
                    tbody {
                        @for row in rows {
                            tr class={ "row is-" (row.outcome.class()) } {
                                td { (badge(row.outcome)) }
                                th scope="row" { a href={ "#t" (row.number) } { (row.name) } }
                                td { (row.what) }
                                td { (findings(row.findings)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The verdict as a badge.
pub(super) fn badge(outcome: RowOutcome) -> Markup {
    html! {
        span class={ "badge " (outcome.class()) } { span aria-hidden="true" { (outcome.sign()) " " } (outcome.words()) }
    }
}

/// `2 errors, 1 warning`.
fn findings(counts: [usize; 3]) -> String {
    let named = counts.into_iter().zip(["error", "warning", "note"]).filter(|(count, _)| *count > 0);
    let parts: Vec<String> =
        named.map(|(count, name)| format!("{count} {name}{}", if count == 1 { "" } else { "s" })).collect();
    if parts.is_empty() { "none".to_owned() } else { parts.join(", ") }
}

fn shares(counts: &[(RowOutcome, usize)], all: usize) -> Markup {
    let percent = |count: usize| {
        let thousandths = count.saturating_mul(100_000) / all.max(1);
        format!("{}.{:03}%", thousandths / 1000, thousandths % 1000)
    };
    let mut before = 0;
    html! {
        @for (outcome, count) in counts {
            rect class=(outcome.class()) x=(percent(before)) y="0" width=(percent(*count)) height="12" {}
            ({ before += count; plain("") })
        }
    }
}
