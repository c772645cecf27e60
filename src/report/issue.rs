//! What is wrong with targets, one row each, for formats that know nothing but files, lines and messages.

use sha2::Sha256;

use super::fingerprint::{digest, digest_of};
use super::location::Location;
use super::one_line::one_line;
use super::region::Region;
use crate::boot::Verdict;
use crate::lint::{Finding, Severity};
#[cfg(feature = "cli")]
use crate::report::recorded::{Recorded, RecordedFinding};
use crate::report::target_report::{ReportOutcome, TargetReport};

/// Something that is wrong: a finding, a verdict that no finding explains, or a target that cannot be read.
#[derive(Clone, Debug)]
pub struct Issue {
    /// The file of this machine.
    pub file: String,
    /// The lines in that file; an image has none.
    pub region: Option<Region>,
    /// The same with columns in bytes, where the text is known.
    pub bytes: Option<Region>,
    /// Where it is in the guest, where the file is an image: `/grub/grub.cfg:63:9`.
    pub guest: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it stops the boot.
    pub stops_boot: bool,
    /// The code of the rule: `PG001`, else `verdict` or `unreadable`.
    pub code: String,
    /// The name of the rule; of an issue without a rule its code.
    pub name: String,
    /// What is wrong: a sentence without a full stop.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// What to write in place of what, with columns in bytes: only for a file of this machine.
    pub edits: Vec<(Region, String)>,
    /// What makes it the same as one of another run.
    pub(super) digest: Sha256,
}

/// The code of a verdict that no finding explains.
const VERDICT: &str = "verdict";

/// The code of a target that cannot be read.
const UNREADABLE: &str = "unreadable";

impl Issue {
    /// What is wrong with a target.
    pub fn of_target(examined: &TargetReport<'_>) -> Vec<Self> {
        let mut issues = Vec::new();
        if let ReportOutcome::Unreadable { why, .. } = examined.outcome {
            issues.push(Self::of_whole(examined.target, UNREADABLE, Severity::Error, why, None));
        }
        if let Some((verdict, reason)) = examined.untold()
            && let Some(severity) = severity_of(verdict)
        {
            let help = examined.explanation().and_then(|explanation| explanation.help.as_deref());
            let said = format!("{}{}: {reason}", verdict.words(), examined.whose());
            let mut issue = Self::of_whole(examined.target, VERDICT, severity, &said, help);
            issue.stops_boot = verdict == Verdict::Fails;
            issues.push(issue);
        }
        issues.extend(examined.findings().iter().map(|finding| Self::of_finding(examined, finding)));
        issues
    }

    fn of_finding(examined: &TargetReport<'_>, finding: &Finding) -> Self {
        let place = examined.place_of(finding);
        let text = examined.text_of(finding).filter(|_| place.inside.is_none());
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits).zip(text.into_iter().cycle());
        Self {
            region: place.lines(),
            bytes: text.zip(finding.span).map(|(text, span)| Region::in_bytes(text, span)),
            guest: place.in_guest().map(|guest| one_line(&guest)),
            severity: finding.severity,
            stops_boot: finding.stops_boot,
            code: finding.rule.code.to_owned(),
            name: finding.rule.name.to_owned(),
            message: one_line(&finding.message),
            help: finding.help.as_deref().map(one_line),
            edits: edits.map(|(edit, text)| (Region::in_bytes(text, edit.span), edit.replacement.clone())).collect(),
            digest: digest_of(examined, finding),
            file: one_line(&place.file),
        }
    }

    fn of_whole(target: &str, code: &str, severity: Severity, message: &str, help: Option<&str>) -> Self {
        let Location { file, region, .. } = Location::whole(target);
        Self {
            file: one_line(&file),
            region,
            bytes: None,
            guest: None,
            severity,
            stops_boot: false,
            code: code.to_owned(),
            name: code.to_owned(),
            message: one_line(message),
            help: help.map(one_line),
            edits: Vec::new(),
            // The sentence may name what changes from run to run.
            digest: digest(&[code, target]),
        }
    }

    /// What was wrong with a target of another run.
    #[cfg(feature = "cli")]
    pub fn of_recorded(recorded: &Recorded) -> Vec<Self> {
        let mut issues = Vec::new();
        let (target, help) = (&recorded.target, recorded.help.as_deref());
        if !recorded.is_readable {
            let why = recorded.reason.as_deref().unwrap_or_default();
            issues.push(Self::of_whole(target, UNREADABLE, Severity::Error, why, None));
        }
        if let Some((verdict, reason)) = recorded.unexplained()
            && let Some(severity) = severity_of(verdict)
        {
            let said = format!("{}: {reason}", verdict.words());
            let mut issue = Self::of_whole(target, VERDICT, severity, &said, help);
            issue.stops_boot = verdict == Verdict::Fails;
            issues.push(issue);
        }
        issues.extend(recorded.findings.iter().map(|finding| Self::of_recorded_finding(recorded, finding)));
        issues
    }

    #[cfg(feature = "cli")]
    fn of_recorded_finding(recorded: &Recorded, finding: &RecordedFinding) -> Self {
        let place = recorded.place_of(finding);
        let inside = [place.file.as_str(), place.inside.unwrap_or_default()].join(":");
        Self {
            region: place.lines(),
            bytes: None,
            guest: place.in_guest().map(|guest| one_line(&guest)),
            severity: finding.severity,
            stops_boot: finding.stops_boot,
            code: one_line(&finding.code),
            name: one_line(&finding.name),
            message: one_line(&finding.message),
            help: finding.help.as_deref().map(one_line),
            edits: Vec::new(),
            // The text of the line is not recorded: the message stands for it.
            digest: digest(&[&finding.code, &inside, &finding.message]),
            file: one_line(&place.file),
        }
    }

    /// All that a format without a place for it says in one text: message, place in the guest, way out.
    pub fn sentence(&self) -> String {
        let guest = self.guest.as_deref().map(|guest| format!(" ({guest})")).unwrap_or_default();
        let help = self.help.as_deref().map(|help| format!("; help: {help}")).unwrap_or_default();
        format!("{}{guest}{help}", self.message)
    }
}

/// How bad a verdict is that no finding explains. `None` if it is not bad.
fn severity_of(verdict: Verdict) -> Option<Severity> {
    match verdict {
        Verdict::Fails => Some(Severity::Error),
        Verdict::Unknown => Some(Severity::Warning),
        Verdict::Boots | Verdict::Selects | Verdict::NotApplicable => None,
    }
}
