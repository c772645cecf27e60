//! A target, as the formats for other programs get it.

use crate::boot::{Run, Verdict};
use crate::config::Span;
use crate::explain::Explanation;
use crate::kernel::Built;
use crate::lint::{Finding, SpanSource};
use crate::release::Release;
use crate::report::check::Hashes;
use crate::report::finding::Sources;
use crate::report::location::Location;
use crate::report::one_line::one_line;
use crate::report::region::Region;
use crate::target::Kind;

/// A target, with what came of it.
#[derive(Clone, Copy)]
pub struct TargetReport<'a> {
    /// As the user names it.
    pub target: &'a str,
    /// What came of it.
    pub outcome: ReportOutcome<'a>,
}

/// What came of a target.
#[derive(Clone, Copy)]
pub enum ReportOutcome<'a> {
    /// It was read.
    Read {
        /// What it is.
        kind: Kind,
        /// The run.
        run: &'a Run,
        /// Why it does not boot.
        explanation: Option<&'a Explanation>,
        /// Whether the verdict is asked for: by `check` it is, by `lint` not.
        judged: bool,
        /// What Xen's domain builder makes of the kernel, if it was asked.
        built: Option<&'a Built>,
        /// Hashes of what is booted, if they were asked for.
        hashes: &'a Hashes,
        /// What was found.
        findings: &'a [Finding],
        /// How many findings comments suppress.
        suppressed: usize,
        /// What the texts are called that findings point into.
        sources: Sources<'a>,
        /// The pygrubs that come to this result, if several were asked: `upstream 4.13 to 4.17`.
        pygrubs: Option<&'a str>,
    },
    /// It could not be read.
    Unreadable {
        /// Why.
        why: &'a str,
        /// The release of the pygrub that was asked.
        release: Release,
    },
}

impl<'a> TargetReport<'a> {
    /// What was found.
    pub fn findings(&self) -> &'a [Finding] {
        match self.outcome {
            ReportOutcome::Read { findings, .. } => findings,
            ReportOutcome::Unreadable { .. } => &[],
        }
    }

    /// The target, and of several pygrubs which: `disk.img (upstream 4.13 to 4.17)`.
    pub fn name(&self) -> String {
        format!("{}{}", one_line(self.target), self.whose())
    }

    /// Of several pygrubs which, in parentheses after a space; else nothing.
    pub fn whose(&self) -> String {
        match self.outcome {
            ReportOutcome::Read { pygrubs: Some(pygrubs), .. } => format!(" ({pygrubs})"),
            _ => String::new(),
        }
    }

    /// `fails: disk.img (Xen 4.22): reason`. `None` if the verdict is not asked for.
    pub fn verdict(&self) -> Option<String> {
        let run = self.judged()?;
        let why = self.explanation();
        let why = why.map(|explanation| format!(": {}", one_line(&explanation.reason))).unwrap_or_default();
        let who = match self.outcome {
            ReportOutcome::Read { pygrubs: Some(pygrubs), .. } => pygrubs.to_owned(),
            _ => format!("Xen {}", run.options.release),
        };
        Some(format!("{}: {} ({who}){why}", run.verdict.words(), one_line(self.target)))
    }

    /// The run whose verdict is asked for.
    pub fn judged(&self) -> Option<&'a Run> {
        match self.outcome {
            ReportOutcome::Read { run, judged: true, .. } => Some(run),
            _ => None,
        }
    }

    /// Why the run does not boot.
    pub fn explanation(&self) -> Option<&'a Explanation> {
        match self.outcome {
            ReportOutcome::Read { explanation, .. } => explanation,
            ReportOutcome::Unreadable { .. } => None,
        }
    }

    /// The verdict that is not good, with its reason, where no finding reports it.
    pub fn untold(&self) -> Option<(Verdict, &'a str)> {
        let run = self.judged()?;
        let explanation = self.explanation()?;
        let told = run.verdict == Verdict::Fails
            && self.findings().iter().any(|finding| finding.stops_boot || finding.cause == Some(explanation.cause));
        (!told).then_some((run.verdict, explanation.reason.as_str()))
    }

    /// The text that the places of a finding are in.
    pub fn text_of(&self, finding: &Finding) -> Option<&'a [u8]> {
        let ReportOutcome::Read { run, sources, .. } = self.outcome else { return None };
        match finding.source {
            SpanSource::Target => None,
            SpanSource::Domain => sources.domain_text,
            SpanSource::Configuration => {
                let found = run.deciding_attempt()?.found.as_ref().filter(|found| !found.directory)?;
                Some(&found.text)
            }
        }
    }

    /// Where a finding is.
    pub fn place_of(&self, finding: &Finding) -> Location<'a> {
        self.place(finding, finding.span)
    }

    /// Where `span` is in the text of a finding.
    pub fn place(&self, finding: &Finding, span: Option<Span>) -> Location<'a> {
        let text = self.text_of(finding);
        let region = span.map(|span| text.map_or_else(|| Region::of(span), |text| Region::new(text, span)));
        let ReportOutcome::Read { kind, sources, .. } = self.outcome else { return Location::whole(self.target) };
        match (finding.source, kind, sources.of(finding)) {
            (SpanSource::Domain, _, Some(name)) => Location { region, ..Location::whole(name) },
            (SpanSource::Configuration, Kind::Image, inside) => {
                Location { file: self.target.to_owned(), inside, region: region.filter(|_| inside.is_some()) }
            }
            (SpanSource::Configuration, Kind::Directory, Some(path)) => {
                let file = format!("{}/{}", self.target.trim_end_matches('/'), path.trim_start_matches('/'));
                Location { file, inside: None, region }
            }
            (SpanSource::Configuration, ..) => Location { region, ..Location::whole(self.target) },
            _ => Location::whole(self.target),
        }
    }
}
