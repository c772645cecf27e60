//! What the formats for other programs are told of a target.

use crate::boot::{Run, Verdict};
use crate::config::Span;
use crate::explain::Explanation;
use crate::lint::{Finding, Source};
use crate::report::finding::Sources;
use crate::report::location::Location;
use crate::report::region::Region;
use crate::target::Kind;

/// A target, with what came of it.
#[derive(Clone, Copy)]
pub struct TargetReport<'a> {
    /// As the user names it.
    pub target: &'a str,
    /// What came of it.
    pub outcome: Outcome<'a>,
}

/// What came of a target.
#[derive(Clone, Copy)]
pub enum Outcome<'a> {
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
        /// What was found.
        findings: &'a [Finding],
        /// What the texts are called that findings point into.
        sources: Sources<'a>,
    },
    /// It could not be read, and why.
    Unreadable(&'a str),
}

impl<'a> TargetReport<'a> {
    /// What was found.
    pub fn findings(&self) -> &'a [Finding] {
        match self.outcome {
            Outcome::Read { findings, .. } => findings,
            Outcome::Unreadable(_) => &[],
        }
    }

    /// The run whose verdict is asked for.
    pub fn judged(&self) -> Option<&'a Run> {
        match self.outcome {
            Outcome::Read { run, judged: true, .. } => Some(run),
            _ => None,
        }
    }

    /// Why the run does not boot.
    pub fn explanation(&self) -> Option<&'a Explanation> {
        match self.outcome {
            Outcome::Read { explanation, .. } => explanation,
            Outcome::Unreadable(_) => None,
        }
    }

    /// The verdict that is not good, with its reason, where no finding tells it.
    pub fn untold(&self) -> Option<(Verdict, &'a str)> {
        let run = self.judged()?;
        let explanation = self.explanation()?;
        let told = run.verdict == Verdict::Fails
            && self.findings().iter().any(|finding| finding.stops_boot || finding.cause == Some(explanation.cause));
        (!told).then_some((run.verdict, explanation.reason.as_str()))
    }

    /// The text that the places of a finding are in.
    pub fn text_of(&self, finding: &Finding) -> Option<&'a [u8]> {
        let Outcome::Read { run, sources, .. } = self.outcome else { return None };
        match finding.source {
            Source::Target => None,
            Source::Domain => sources.domain_text,
            Source::Configuration => {
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
        let Outcome::Read { kind, sources, .. } = self.outcome else { return Location::whole(self.target) };
        match (finding.source, kind, sources.of(finding)) {
            (Source::Domain, _, Some(name)) => Location { region, ..Location::whole(name) },
            (Source::Configuration, Kind::Image, inside) => {
                Location { file: self.target.to_owned(), inside, region: region.filter(|_| inside.is_some()) }
            }
            (Source::Configuration, Kind::Directory, Some(path)) => {
                let file = format!("{}/{}", self.target.trim_end_matches('/'), path.trim_start_matches('/'));
                Location { file, inside: None, region }
            }
            (Source::Configuration, ..) => Location { region, ..Location::whole(self.target) },
            _ => Location::whole(self.target),
        }
    }
}
