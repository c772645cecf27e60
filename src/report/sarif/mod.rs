//! SARIF 2.1.0, the format of code scanning: one log with one run for all targets.
//!
//! Where the boot configuration lies in an image, the file of the result is the image, which has no lines: the place in the guest
//! then stands in the message, in the logical location and in the properties.

mod document;

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use sha2::Sha256;

use self::document::{
    Artifact, ArtifactChange, ArtifactLocation, Fingerprints, FixProperties, Help, Invocation, LogFix, LogLocation,
    LogRegion, LogResult, LogRun, LogicalLocation, Notification, PhysicalLocation, ReportingConfiguration,
    ReportingDescriptor, ResultProperties, RuleProperties, RunProperties, SarifLog, SarifMessage, SarifReplacement,
    Tool, ToolComponent,
};
use super::fingerprint::{digest, digest_of, fingerprint};
use super::location::Location;
use super::one_line::{one_line, without_links};
use super::region::Region;
use crate::boot::Verdict;
use crate::lint::{BootImpact, Finding, Fix, RULES, Rule, Severity};
use crate::release::Release;
#[cfg(feature = "cli")]
use crate::report::recorded::{Recorded, RecordedFinding};
use crate::report::target_report::{ReportOutcome, TargetReport};

/// The schema that the log keeps.
pub const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

/// The rule of verdicts that no finding reports.
const VERDICT: &str = "verdict";

/// A log that grows by targets.
#[derive(Debug)]
pub struct Log {
    release: Release,
    /// Each with the name of the target.
    artifacts: Vec<(String, Artifact)>,
    /// Each with what its fingerprint is made of.
    results: Vec<(LogResult, Sha256)>,
    notifications: Vec<Notification>,
    /// Whether a result is of the rule that no finding is of.
    has_verdicts: bool,
    targets: HashSet<String>,
}

/// The level of a verdict that no finding explains.
fn level_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unknown => "warning",
        Verdict::NotApplicable => "note",
        Verdict::Boots | Verdict::Selects | Verdict::Fails => "error",
    }
}

impl Log {
    /// A log of runs of this release.
    pub fn new(release: Release) -> Self {
        Self {
            release,
            artifacts: Vec::new(),
            results: Vec::new(),
            notifications: Vec::new(),
            has_verdicts: false,
            targets: HashSet::new(),
        }
    }

    /// A log of the same kind, without a target.
    pub fn part(&self) -> Self {
        Self::new(self.release)
    }

    /// Takes over what another log has.
    pub fn append(&mut self, part: Self) {
        for (target, artifact) in part.artifacts {
            if self.targets.insert(target.clone()) {
                self.artifacts.push((target, artifact));
            }
        }
        self.results.extend(part.results);
        self.notifications.extend(part.notifications);
        self.has_verdicts |= part.has_verdicts;
    }

    /// Adds a target.
    pub fn add(&mut self, examined: &TargetReport<'_>) {
        if self.targets.insert(examined.target.to_owned()) {
            let artifact = Artifact { location: artifact(examined.target), roles: ["analysisTarget"] };
            self.artifacts.push((examined.target.to_owned(), artifact));
        }
        let whole = || location(&Location::whole(examined.target));
        if let ReportOutcome::Unreadable { why, .. } = examined.outcome {
            self.notifications.push(Notification {
                level: "error",
                locations: [whole()],
                message: SarifMessage { text: sentence(why) },
            });
        }
        if let Some((verdict, reason)) = examined.untold() {
            self.has_verdicts = true;
            let help = examined.explanation().and_then(|explanation| explanation.help.as_deref());
            let said = format!("{}{}: {}", verdict.words(), examined.whose(), one_line(reason));
            let result = LogResult {
                fixes: Vec::new(),
                level: level_of(verdict),
                locations: [whole()],
                message: SarifMessage { text: message(&said, help, None) },
                partial_fingerprints: Fingerprints::default(),
                properties: ResultProperties { stops_boot: verdict == Verdict::Fails, ..ResultProperties::default() },
                related_locations: Vec::new(),
                rule_id: VERDICT.into(),
                rule_index: Some(RULES.len()),
            };
            self.results.push((result, digest(&[VERDICT, verdict.name(), examined.target])));
        }
        for finding in examined.findings() {
            self.results.push((Self::result(examined, finding), digest_of(examined, finding)));
        }
    }

    /// Adds a target of another run.
    #[cfg(feature = "cli")]
    pub fn add_recorded(&mut self, recorded: &Recorded) {
        if self.targets.insert(recorded.target.clone()) {
            let artifact = Artifact { location: artifact(&recorded.target), roles: ["analysisTarget"] };
            self.artifacts.push((recorded.target.clone(), artifact));
        }
        let whole = || location(&Location::whole(&recorded.target));
        if !recorded.is_readable {
            self.notifications.push(Notification {
                level: "error",
                locations: [whole()],
                message: SarifMessage { text: sentence(recorded.reason.as_deref().unwrap_or_default()) },
            });
        }
        if let Some((verdict, reason)) = recorded.unexplained() {
            self.has_verdicts = true;
            let said = format!("{}: {}", verdict.words(), one_line(reason));
            let result = LogResult {
                fixes: Vec::new(),
                level: level_of(verdict),
                locations: [whole()],
                message: SarifMessage { text: message(&said, recorded.help.as_deref(), None) },
                partial_fingerprints: Fingerprints::default(),
                properties: ResultProperties { stops_boot: verdict == Verdict::Fails, ..ResultProperties::default() },
                related_locations: Vec::new(),
                rule_id: VERDICT.into(),
                rule_index: Some(RULES.len()),
            };
            self.results.push((result, digest(&[VERDICT, verdict.name(), &recorded.target])));
        }
        for finding in &recorded.findings {
            let place = recorded.place_of(finding);
            // The text of the line is not recorded: the message stands for it.
            let file = [place.file.as_str(), place.inside.unwrap_or_default()].join(":");
            let digest = digest(&[&finding.code, &file, &finding.message]);
            self.results.push((Self::recorded_result(&place, finding), digest));
        }
    }

    #[cfg(feature = "cli")]
    fn recorded_result(place: &Location<'_>, finding: &RecordedFinding) -> LogResult {
        let guest = place.in_guest();
        LogResult {
            fixes: Vec::new(),
            level: level(finding.severity),
            locations: [location(place)],
            message: SarifMessage { text: message(&finding.message, finding.help.as_deref(), guest.as_deref()) },
            partial_fingerprints: Fingerprints::default(),
            properties: ResultProperties {
                guest_path: place.inside.map(str::to_owned),
                guest_region: place.region.filter(|_| place.inside.is_some()).map(region),
                raised: None,
                stops_boot: finding.stops_boot,
            },
            related_locations: Vec::new(),
            rule_id: one_line(&finding.code).into(),
            rule_index: RULES.iter().position(|rule| rule.code == finding.code),
        }
    }

    fn result(examined: &TargetReport<'_>, finding: &Finding) -> LogResult {
        let place = examined.place_of(finding);
        let guest = place.in_guest();
        let related = finding.related.iter().zip(0_usize..).map(|(related, id)| LogLocation {
            id: Some(id),
            message: Some(SarifMessage { text: sentence(&related.label) }),
            ..location(&examined.place(finding, Some(related.span)))
        });
        // A fix is for a text that is a file of this machine.
        let fix = finding.fix.as_ref().filter(|fix| !fix.edits.is_empty() && examined.target != "-");
        let fix = fix.filter(|_| place.inside.is_none()).zip(examined.text_of(finding));
        LogResult {
            fixes: fix.map(|(fix, text)| change(fix, text, &place)).into_iter().collect(),
            level: level(finding.severity),
            locations: [location(&place)],
            message: SarifMessage { text: message(&finding.message, finding.help.as_deref(), guest.as_deref()) },
            partial_fingerprints: Fingerprints::default(),
            properties: ResultProperties {
                guest_path: place.inside.map(str::to_owned),
                guest_region: place.region.filter(|_| place.inside.is_some()).map(region),
                raised: finding.raised.as_ref().map(|raised| one_line(&raised.to_string())),
                stops_boot: finding.stops_boot,
            },
            related_locations: related.collect(),
            rule_id: finding.rule.code.into(),
            rule_index: RULES.iter().position(|rule| rule.code == finding.rule.code),
        }
    }

    /// Writes the log. `exit_code` is that of the program.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn write(&self, exit_code: u8, out: &mut dyn Write) -> io::Result<()> {
        let mut rules: Vec<ReportingDescriptor> = RULES.iter().map(|rule| descriptor(rule)).collect();
        if self.has_verdicts {
            rules.push(verdict_descriptor());
        }
        let mut given = HashMap::new();
        let results = self.results.iter().map(|(result, digest)| LogResult {
            partial_fingerprints: Fingerprints { current: fingerprint(digest, &mut given) },
            ..result.clone()
        });
        let version = env!("CARGO_PKG_VERSION");
        let driver = ToolComponent {
            name: env!("CARGO_PKG_NAME"),
            rules,
            semantic_version: version,
            short_description: SarifMessage { text: concat!(env!("CARGO_PKG_DESCRIPTION"), ".").to_owned() },
            version,
        };
        let invocation = Invocation {
            execution_successful: self.notifications.is_empty(),
            exit_code,
            tool_execution_notifications: &self.notifications,
        };
        let run = LogRun {
            artifacts: self.artifacts.iter().map(|(_, artifact)| artifact).collect(),
            column_kind: "unicodeCodePoints",
            invocations: [invocation],
            properties: RunProperties { release: self.release.to_string() },
            results: results.collect(),
            tool: Tool { driver },
        };
        let log = SarifLog { schema: SCHEMA, runs: [run], version: "2.1.0" };
        crate::json::write_pretty(&log, out)?;
        out.write_all(b"\n")
    }
}

fn descriptor(rule: &Rule) -> ReportingDescriptor {
    let documentation = rule.documentation();
    let mut tags = vec![rule.group().name()];
    match rule.stops {
        BootImpact::Always => tags.push("stops-boot"),
        BootImpact::Sometimes => tags.push("may-stop-boot"),
        BootImpact::Never => {}
    }
    ReportingDescriptor {
        default_configuration: ReportingConfiguration { level: level(rule.severity) },
        full_description: SarifMessage { text: rule.summary() },
        help: Help { markdown: documentation.clone(), text: documentation },
        id: rule.code,
        name: rule.name,
        properties: RuleProperties {
            precision: "very-high",
            severity: problem_severity(rule.severity),
            releases: Some(rule.releases.to_string()),
            tags,
        },
        short_description: SarifMessage { text: format!("{}: {}", rule.name, rule.stops.phrase()) },
    }
}

fn verdict_descriptor() -> ReportingDescriptor {
    let text = "pygrub would not boot the target, or whether it would is unknown, and no finding says why.".to_owned();
    ReportingDescriptor {
        default_configuration: ReportingConfiguration { level: "error" },
        full_description: SarifMessage { text: text.clone() },
        help: Help { markdown: text.clone(), text },
        id: VERDICT,
        name: VERDICT,
        properties: RuleProperties {
            precision: "very-high",
            severity: "error",
            releases: None,
            tags: vec!["stops-boot"],
        },
        short_description: SarifMessage { text: "The verdict on the target".to_owned() },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// GitHub's word.
fn problem_severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "recommendation",
    }
}

/// A location of a result.
fn location(place: &Location<'_>) -> LogLocation {
    let guest = place.inside.zip(place.in_guest());
    let logical = guest.map(|(inside, guest)| LogicalLocation {
        fully_qualified_name: guest,
        kind: "resource",
        name: inside.rsplit('/').next().unwrap_or(inside).to_owned(),
    });
    let physical = PhysicalLocation { artifact_location: artifact(&place.file), region: place.lines().map(region) };
    LogLocation {
        id: None,
        logical_locations: logical.into_iter().collect(),
        message: None,
        physical_location: physical,
    }
}

fn region(region: Region) -> LogRegion {
    LogRegion {
        end_column: region.end_column,
        end_line: region.end_line,
        start_column: region.column,
        start_line: region.line,
    }
}

/// A fix in a text that is a file of this machine.
fn change(fix: &Fix, text: &[u8], place: &Location<'_>) -> LogFix {
    let replacements = fix.edits.iter().map(|edit| SarifReplacement {
        deleted_region: region(Region::new(text, edit.span)),
        inserted_content: SarifMessage { text: edit.replacement.clone() },
    });
    let change = ArtifactChange { artifact_location: artifact(&place.file), replacements: replacements.collect() };
    LogFix {
        artifact_changes: [change],
        description: SarifMessage { text: sentence(&fix.description) },
        properties: FixProperties { safety: fix.safety.name() },
    }
}

/// A file as a URI: a relative path stays relative, for tools that know the root of the project.
fn artifact(file: &str) -> ArtifactLocation {
    /// What stands in a path as it is.
    const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    if file == "-" {
        let description = SarifMessage { text: "Standard input".to_owned() };
        return ArtifactLocation { description: Some(description), uri: "stdin".to_owned() };
    }
    let bytes = unescaped(file.strip_prefix("./").unwrap_or(file));
    let path = percent_encode(&bytes, PATH);
    let uri = if file.starts_with('/') { format!("file://{path}") } else { path.to_string() };
    ArtifactLocation { description: None, uri }
}

/// A name with the bytes that reports write as `\\xe9`, since they are not UTF-8.
fn unescaped(name: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("\\x") {
        bytes.extend_from_slice(before.as_bytes());
        let byte =
            after.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).filter(|byte| !byte.is_ascii());
        rest = match byte {
            Some(byte) => {
                bytes.push(byte);
                &after[2..]
            }
            None => {
                bytes.extend_from_slice(b"\\x");
                after
            }
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

/// Message, place in the guest and help, as one text.
fn message(message: &str, help: Option<&str>, guest: Option<&str>) -> String {
    let mut text = sentence(&match guest {
        // After the message, since programs gather results by how it begins.
        Some(guest) => format!("{message} ({guest})"),
        None => message.to_owned(),
    });
    if let Some(help) = help {
        text.push_str("\nHelp: ");
        text.push_str(&sentence(help));
    }
    text
}

/// A sentence for a message: with its full stop, and without a link that a guest might plant.
fn sentence(text: &str) -> String {
    let mut line = without_links(one_line(text));
    if !line.ends_with(['.', '!', '?']) {
        line.push('.');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_uris() {
        let uri = |file| artifact(file).uri;
        assert_eq!(uri("./boot/grub.cfg"), "boot/grub.cfg");
        assert_eq!(uri("a b:c%/ü.cfg"), "a%20b%3Ac%25/%C3%BC.cfg");
        assert_eq!(uri("/srv/disk.img"), "file:///srv/disk.img");
        assert_eq!(uri("/srv/caf\\xe9/\\xff\\x20.img"), "file:///srv/caf%E9/%FF%5Cx20.img");
    }

    #[test]
    fn a_guest_plants_no_link() {
        assert_eq!(sentence("see [this](https://example.org)"), "see \\[this\\](https://example.org).");
        assert_eq!(sentence("`a[0]` is not a name"), "`a[0]` is not a name.");
    }
}
