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
use crate::report::target_report::{Outcome, TargetReport};

/// The schema that the log keeps.
pub const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

/// The rule of verdicts that no finding tells.
const VERDICT: &str = "verdict";

/// A log that grows by targets.
#[derive(Debug)]
pub struct Log {
    release: Release,
    artifacts: Vec<Value>,
    results: Vec<Value>,
    notifications: Vec<Value>,
    /// Whether a result is of the rule that no finding is of.
    has_verdicts: bool,
    /// How often a fingerprint was given, so that each is given once.
    given: HashMap<String, usize>,
    targets: HashSet<String>,
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
            given: HashMap::new(),
            targets: HashSet::new(),
        }
    }

    /// Adds a target.
    pub fn add(&mut self, examined: &TargetReport<'_>) {
        let artifact = artifact(examined.target);
        if self.targets.insert(examined.target.to_owned()) {
            self.artifacts.push(json!({ "location": artifact, "roles": ["analysisTarget"] }));
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
            let fingerprint = self.fingerprint(&[VERDICT, verdict.name(), examined.target]);
            self.results.push(json!({
                "ruleId": VERDICT,
                "ruleIndex": RULES.len(),
                "level": level,
                "message": { "text": message(&format!("{}: {}", verdict.words(), one_line(reason)), help, None) },
                "locations": [{ "physicalLocation": { "artifactLocation": artifact } }],
                "partialFingerprints": { "pregrub/v1": fingerprint },
                "properties": { "stopsBoot": verdict == Verdict::Fails },
            }));
        }
        for finding in examined.findings() {
            let result = self.result(examined, finding);
            self.results.push(result);
        }
    }

    fn result(&mut self, examined: &TargetReport<'_>, finding: &Finding) -> Value {
        let place = examined.place_of(finding);
        let mut result = json!({
            "ruleId": finding.rule.code,
            "level": level(finding.severity),
            "message": { "text": message(&finding.message, finding.help.as_deref(), place.in_guest().as_deref()) },
            "locations": [location(&place)],
            "partialFingerprints": { "pregrub/v1": self.fingerprint_of(examined, finding) },
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

    /// What makes a finding the same as one of another run: the rule, the file and the text of the line, but not its number.
    fn fingerprint_of(&mut self, examined: &TargetReport<'_>, finding: &Finding) -> String {
        let place = examined.place_of(finding);
        let line = examined.text_of(finding).zip(finding.span).map(|(text, span)| {
            let start = span.range().start.min(text.len());
            let from = memchr::memrchr(b'\n', &text[..start]).map_or(0, |newline| newline + 1);
            let to = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
            String::from_utf8_lossy(text[from..to].trim_ascii()).into_owned()
        });
        let file = [place.file.as_str(), place.inside.unwrap_or_default()].join(":");
        self.fingerprint(&[finding.rule.code, &file, line.as_deref().unwrap_or_default()])
    }

    fn fingerprint(&mut self, parts: &[&str]) -> String {
        let hash = |parts: &[&str]| {
            let mut hash = Sha256::new();
            for part in parts {
                hash.update(part.len().to_le_bytes());
                hash.update(part.as_bytes());
            }
            data_encoding::HEXLOWER.encode(&hash.finalize()[..16])
        };
        let first = hash(parts);
        let times = self.given.entry(first.clone()).or_default();
        *times += 1;
        if *times == 1 { first } else { hash(&[parts, &[times.to_string().as_str()]].concat()) }
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
                "artifacts": self.artifacts,
                "results": self.results,
                "properties": { "release": self.release.to_string() },
            }],
        });
        crate::json::write_pretty(&log, out)?;
        out.write_all(b"\n")
    }
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
        let mut log = Log::new(Release::NEWEST);
        let (first, second) = (log.fingerprint(&["a", "b"]), log.fingerprint(&["a", "b"]));
        assert_ne!(first, second);
        assert_ne!(first, log.fingerprint(&["ab", ""]));
        assert_eq!(first, Log::new(Release::NEWEST).fingerprint(&["a", "b"]));
    }
}
