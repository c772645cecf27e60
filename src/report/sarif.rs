//! SARIF 2.1.0, the format of code scanning: one log with one run for all targets.
//!
//! Where the boot configuration lies in an image, the file of the result is the image, which has no lines: the place in the guest
//! then stands in the message, in the logical location and in the properties.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::location::Location;
use super::one_line::one_line;
use super::region::Region;
use crate::boot::Verdict;
use crate::lint::{BootImpact, Finding, Fix, RULES, Rule, Severity};
use crate::release::Release;
#[cfg(feature = "cli")]
use crate::report::recorded::Recorded;
use crate::report::target_report::{Outcome, TargetReport};

/// The schema that the log keeps.
pub const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

/// The rule of verdicts that no finding tells.
const VERDICT: &str = "verdict";

/// A log that grows by targets.
#[derive(Debug)]
pub struct Log {
    release: Release,
    artifacts: Vec<Artifact>,
    /// Each with what its fingerprint is made of.
    results: Vec<(Value, Sha256)>,
    notifications: Vec<Value>,
    /// Whether a result is of the rule that no finding is of.
    has_verdicts: bool,
    targets: HashSet<String>,
}

/// A target, by its name.
#[derive(Debug)]
struct Artifact {
    target: String,
    value: Value,
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
        for artifact in part.artifacts {
            if self.targets.insert(artifact.target.clone()) {
                self.artifacts.push(artifact);
            }
        }
        self.results.extend(part.results);
        self.notifications.extend(part.notifications);
        self.has_verdicts |= part.has_verdicts;
    }

    /// Adds a target.
    pub fn add(&mut self, examined: &TargetReport<'_>) {
        let artifact = artifact(examined.target);
        if self.targets.insert(examined.target.to_owned()) {
            let value = json!({ "location": artifact, "roles": ["analysisTarget"] });
            self.artifacts.push(Artifact { target: examined.target.to_owned(), value });
        }
        if let Outcome::Unreadable(error) = examined.outcome {
            self.notifications.push(json!({
                "level": "error",
                "message": { "text": sentence(error) },
                "locations": [{ "physicalLocation": { "artifactLocation": artifact } }],
            }));
        }
        if let Some((verdict, reason)) = examined.untold() {
            self.has_verdicts = true;
            let level = match verdict {
                Verdict::Unknown => "warning",
                Verdict::NotApplicable => "note",
                Verdict::Boots | Verdict::Selects | Verdict::Fails => "error",
            };
            let help = examined.explanation().and_then(|explanation| explanation.help.as_deref());
            let result = json!({
                "ruleId": VERDICT,
                "ruleIndex": RULES.len(),
                "level": level,
                "message": { "text": message(&format!("{}: {}", verdict.words(), one_line(reason)), help, None) },
                "locations": [{ "physicalLocation": { "artifactLocation": artifact } }],
                "properties": { "stopsBoot": verdict == Verdict::Fails },
            });
            self.results.push((result, digest(&[VERDICT, verdict.name(), examined.target])));
        }
        for finding in examined.findings() {
            self.results.push((Self::result(examined, finding), digest_of(examined, finding)));
        }
    }

    /// Adds a target of another run.
    #[cfg(feature = "cli")]
    pub fn add_recorded(&mut self, recorded: &Recorded) {
        let artifact = artifact(&recorded.target);
        if self.targets.insert(recorded.target.clone()) {
            let value = json!({ "location": artifact, "roles": ["analysisTarget"] });
            self.artifacts.push(Artifact { target: recorded.target.clone(), value });
        }
        if !recorded.is_readable {
            self.notifications.push(json!({
                "level": "error",
                "message": { "text": sentence(recorded.reason.as_deref().unwrap_or_default()) },
                "locations": [{ "physicalLocation": { "artifactLocation": artifact } }],
            }));
        }
        if let Some((verdict, reason)) = recorded.unexplained() {
            self.has_verdicts = true;
            let text = message(&format!("{}: {}", verdict.name(), one_line(reason)), recorded.help.as_deref(), None);
            let result = json!({
                "ruleId": VERDICT,
                "ruleIndex": RULES.len(),
                "level": if verdict == Verdict::Unknown { "warning" } else { "error" },
                "message": { "text": text },
                "locations": [{ "physicalLocation": { "artifactLocation": artifact } }],
                "properties": { "stopsBoot": verdict == Verdict::Fails },
            });
            self.results.push((result, digest(&[VERDICT, verdict.name(), &recorded.target])));
        }
        for finding in &recorded.findings {
            let place = recorded.place_of(finding);
            let text = message(&finding.message, finding.help.as_deref(), place.in_guest().as_deref());
            let mut result = json!({
                "ruleId": finding.code,
                "level": level(finding.severity),
                "message": { "text": text },
                "locations": [location(&place)],
                "properties": { "stopsBoot": finding.stops_boot },
            });
            if let Some(index) = RULES.iter().position(|rule| rule.code == finding.code) {
                result["ruleIndex"] = index.into();
            }
            if let Some(inside) = place.inside {
                result["properties"]["guestPath"] = inside.into();
                if let Some(lines) = place.region {
                    result["properties"]["guestRegion"] = region(lines);
                }
            }
            // The text of the line is not recorded: what is said of it stands for it.
            let file = [place.file.as_str(), place.inside.unwrap_or_default()].join(":");
            self.results.push((result, digest(&[&finding.code, &file, &finding.message])));
        }
    }

    fn result(examined: &TargetReport<'_>, finding: &Finding) -> Value {
        let place = examined.place_of(finding);
        let mut result = json!({
            "ruleId": finding.rule.code,
            "level": level(finding.severity),
            "message": { "text": message(&finding.message, finding.help.as_deref(), place.in_guest().as_deref()) },
            "locations": [location(&place)],
        });
        if let Some(index) = RULES.iter().position(|rule| rule.code == finding.rule.code) {
            result["ruleIndex"] = index.into();
        }
        let related: Vec<Value> = finding
            .related
            .iter()
            .zip(0_usize..)
            .map(|(related, id)| {
                let mut location = location(&examined.place(finding, Some(related.span)));
                location["id"] = id.into();
                location["message"] = json!({ "text": sentence(&related.label) });
                location
            })
            .collect();
        if !related.is_empty() {
            result["relatedLocations"] = related.into();
        }
        if let Some(fix) = &finding.fix
            && let Some(text) = examined.text_of(finding)
            && place.inside.is_none()
            && examined.target != "-"
            && !fix.edits.is_empty()
        {
            result["fixes"] = json!([change(fix, text, &place)]);
        }
        let mut properties = json!({ "stopsBoot": finding.stops_boot });
        if let Some(raised) = &finding.raised {
            properties["raised"] = one_line(&raised.to_string()).into();
        }
        if let Some(inside) = place.inside {
            properties["guestPath"] = inside.into();
            if let Some(lines) = place.region {
                properties["guestRegion"] = region(lines);
            }
        }
        result["properties"] = properties;
        result
    }

    /// Writes the log. `exit_code` is that of the program.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn write(&self, exit_code: u8, out: &mut dyn Write) -> io::Result<()> {
        let mut rules: Vec<Value> = RULES.iter().map(|rule| descriptor(rule)).collect();
        if self.has_verdicts {
            rules.push(verdict_descriptor());
        }
        let version = env!("CARGO_PKG_VERSION");
        let mut given = HashMap::new();
        let results = self.results.iter().map(|(result, digest)| {
            let mut result = result.clone();
            result["partialFingerprints"] = json!({ "pregrub/v1": fingerprint(digest, &mut given) });
            result
        });
        let results: Vec<Value> = results.collect();
        let artifacts: Vec<&Value> = self.artifacts.iter().map(|artifact| &artifact.value).collect();
        let log = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": env!("CARGO_PKG_NAME"),
                    "version": version,
                    "semanticVersion": version,
                    "shortDescription": { "text": concat!(env!("CARGO_PKG_DESCRIPTION"), ".") },
                    "rules": rules,
                } },
                "invocations": [{
                    "executionSuccessful": self.notifications.is_empty(),
                    "exitCode": exit_code,
                    "toolExecutionNotifications": self.notifications,
                }],
                "columnKind": "unicodeCodePoints",
                "artifacts": artifacts,
                "results": results,
                "properties": { "release": self.release.to_string() },
            }],
        });
        crate::json::write_pretty(&log, out)?;
        out.write_all(b"\n")
    }
}

/// What makes a finding the same as one of another run: the rule, the file and the text of the line, but not its number.
fn digest_of(examined: &TargetReport<'_>, finding: &Finding) -> Sha256 {
    let place = examined.place_of(finding);
    let line = examined.text_of(finding).zip(finding.span).map(|(text, span)| {
        let start = span.range().start.min(text.len());
        let from = memchr::memrchr(b'\n', &text[..start]).map_or(0, |newline| newline + 1);
        let to = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
        String::from_utf8_lossy(text[from..to].trim_ascii()).into_owned()
    });
    let file = [place.file.as_str(), place.inside.unwrap_or_default()].join(":");
    digest(&[finding.rule.code, &file, line.as_deref().unwrap_or_default()])
}

fn digest(parts: &[&str]) -> Sha256 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash
}

/// The fingerprint of a result. Of several results that are the same, each has its own: `given` counts them.
fn fingerprint(digest: &Sha256, given: &mut HashMap<[u8; 16], usize>) -> String {
    let first = shortened(digest.clone());
    let times = given.entry(first).or_default();
    *times += 1;
    data_encoding::HEXLOWER.encode(&match *times {
        1 => first,
        times => {
            let (mut more, times) = (digest.clone(), times.to_string());
            more.update(times.len().to_le_bytes());
            more.update(times.as_bytes());
            shortened(more)
        }
    })
}

fn shortened(digest: Sha256) -> [u8; 16] {
    let mut short = [0; 16];
    short.copy_from_slice(&digest.finalize()[..16]);
    short
}

fn descriptor(rule: &Rule) -> Value {
    let documentation = rule.documentation();
    let summary = rule.summary();
    let mut tags = vec![rule.group().name()];
    match rule.stops {
        BootImpact::Always => tags.push("stops-boot"),
        BootImpact::Sometimes => tags.push("may-stop-boot"),
        BootImpact::Never => {}
    }
    json!({
        "id": rule.code,
        "name": rule.name,
        "shortDescription": { "text": format!("{}: {}", rule.name, rule.stops.phrase()) },
        "fullDescription": { "text": summary },
        "help": { "text": documentation, "markdown": documentation },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": {
            "tags": tags,
            "precision": "very-high",
            "problem.severity": problem_severity(rule.severity),
            "releases": rule.releases,
        },
    })
}

fn verdict_descriptor() -> Value {
    let text = "pygrub would not boot the target, or that cannot be told, and no finding says why.";
    json!({
        "id": VERDICT,
        "name": VERDICT,
        "shortDescription": { "text": "The verdict on the target" },
        "fullDescription": { "text": text },
        "help": { "text": text, "markdown": text },
        "defaultConfiguration": { "level": "error" },
        "properties": { "tags": ["stops-boot"], "precision": "very-high", "problem.severity": "error" },
    })
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
fn location(place: &Location<'_>) -> Value {
    let mut physical = json!({ "artifactLocation": artifact(&place.file) });
    if let Some(lines) = place.lines() {
        physical["region"] = region(lines);
    }
    let mut location = json!({ "physicalLocation": physical });
    if let (Some(inside), Some(guest)) = (place.inside, place.in_guest()) {
        let name = inside.rsplit('/').next().unwrap_or(inside);
        location["logicalLocations"] = json!([{ "name": name, "fullyQualifiedName": guest, "kind": "resource" }]);
    }
    location
}

fn region(region: Region) -> Value {
    json!({
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    })
}

/// A fix in a text that is a file of this machine.
fn change(fix: &Fix, text: &[u8], place: &Location<'_>) -> Value {
    let replacement = |edit: &crate::lint::Edit| {
        json!({
            "deletedRegion": region(Region::new(text, edit.span)),
            "insertedContent": { "text": edit.replacement },
        })
    };
    let replacements: Vec<Value> = fix.edits.iter().map(replacement).collect();
    json!({
        "description": { "text": sentence(&fix.description) },
        "artifactChanges": [{ "artifactLocation": artifact(&place.file), "replacements": replacements }],
        "properties": { "safety": fix.safety.name() },
    })
}

/// A file as a URI: a relative path stays relative, for whoever knows the root of the project.
fn artifact(file: &str) -> Value {
    /// What stands in a path as it is.
    const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    if file == "-" {
        return json!({ "uri": "stdin", "description": { "text": "Standard input" } });
    }
    let path = utf8_percent_encode(file.strip_prefix("./").unwrap_or(file), PATH);
    let uri = if file.starts_with('/') { format!("file://{path}") } else { path.to_string() };
    json!({ "uri": uri })
}

/// Message, place in the guest and help, as one text.
fn message(message: &str, help: Option<&str>, guest: Option<&str>) -> String {
    let mut text = sentence(&match guest {
        // Behind the message, since programs gather results by how it begins.
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
    let mut line = one_line(text);
    if line.contains("](") {
        line = line.replace('[', "\\[").replace(']', "\\]");
    }
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
        let uri = |file| artifact(file)["uri"].as_str().unwrap().to_owned();
        assert_eq!(uri("./boot/grub.cfg"), "boot/grub.cfg");
        assert_eq!(uri("a b:c%/ü.cfg"), "a%20b%3Ac%25/%C3%BC.cfg");
        assert_eq!(uri("/srv/disk.img"), "file:///srv/disk.img");
    }

    #[test]
    fn a_guest_plants_no_link() {
        assert_eq!(sentence("see [this](https://example.org)"), "see \\[this\\](https://example.org).");
        assert_eq!(sentence("`a[0]` is no name"), "`a[0]` is no name.");
    }

    #[test]
    fn fingerprints_are_given_once() {
        let mut given = HashMap::new();
        let mut of = |parts: &[&str]| fingerprint(&digest(parts), &mut given);
        let (first, second) = (of(&["a", "b"]), of(&["a", "b"]));
        assert_ne!(first, second);
        assert_ne!(first, of(&["ab", ""]));
        assert_eq!(first, fingerprint(&digest(&["a", "b"]), &mut HashMap::new()));
    }
}
