//! What other runs of pregrub have written: the lines of `check`, `lint` and `host --format json`, to be put together in one report.

use std::io::{self, Write};

use serde::Deserialize;
use serde_json::Value;

use super::location::Location;
use super::one_line::one_line;
use super::region::Region;
use crate::boot::Verdict;
use crate::lint::Severity;

/// One target of another run.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its name in the report.
    pub target: String,
    /// What it is, as `check` names it.
    kind: Option<String>,
    /// The release that it was judged by.
    pub release: String,
    /// The verdict; `None` for a file that was only linted, and for a guest that pygrub has no part in.
    pub verdict: Option<Verdict>,
    /// Why it does not boot, or cannot be read.
    pub reason: Option<String>,
    /// The way out.
    pub help: Option<String>,
    /// Whether it could be read.
    pub is_readable: bool,
    /// What was found.
    pub findings: Vec<RecordedFinding>,
    /// The object itself, with the name of the report.
    pub object: Value,
}

/// A finding of another run.
#[derive(Clone, Debug, Deserialize)]
pub struct RecordedFinding {
    /// The code of its rule.
    pub code: String,
    /// The name of its rule.
    pub name: String,
    /// How bad it is.
    #[serde(deserialize_with = "severity")]
    pub severity: Severity,
    /// Whether it stops the boot.
    #[serde(default)]
    pub stops_boot: bool,
    /// What is wrong.
    pub message: String,
    /// The text that it is in.
    pub file: Option<String>,
    span: Option<RecordedSpan>,
    /// The way out.
    pub help: Option<String>,
    #[serde(default)]
    is_cause: Option<bool>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct RecordedSpan {
    line: u32,
    column: u32,
    length: u32,
}

fn severity<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Severity, D::Error> {
    let word = String::deserialize(deserializer)?;
    let all = [Severity::Error, Severity::Warning, Severity::Note];
    let known = all.into_iter().find(|severity| severity.name() == word);
    known.ok_or_else(|| serde::de::Error::custom(format!("`{word}` is not a severity")))
}

/// What can be merged.
const EXPECTED: &str = "name files that check, lint or host wrote with --format json, or baselines";

/// The targets of a line. `named` makes the name in the report of the one in the line.
///
/// # Errors
///
/// It is not a line of `check`, `lint` or `host`; the message is a clause.
pub fn parse(line: &[u8], named: &dyn Fn(&str) -> String) -> Result<Vec<Recorded>, String> {
    let object: Value = serde_json::from_slice(line).map_err(|error| match error.is_eof() {
        true => format!("the JSON ends too early; {EXPECTED}"),
        false => format!("this is not JSON (column {}); {EXPECTED}", error.column()),
    })?;
    match object.get("schema").and_then(Value::as_str) {
        Some("pregrub.check/1" | "pregrub.lint/1") => Ok(vec![target(object, named)?]),
        Some("pregrub.host/1") => guests(&object, named),
        Some(schema) => Err(format!("its schema is `{schema}`; {EXPECTED}")),
        None => Err(format!("it has no schema; {EXPECTED}")),
    }
}

fn text(object: &Value, name: &str) -> Option<String> {
    object.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn verdict(word: Option<&str>) -> Option<Verdict> {
    use Verdict::{Boots, Fails, NotApplicable, Selects, Unknown};
    [Boots, Selects, Fails, Unknown, NotApplicable].into_iter().find(|verdict| Some(verdict.name()) == word)
}

fn target(mut object: Value, named: &dyn Fn(&str) -> String) -> Result<Recorded, String> {
    let name = text(&object, "target").ok_or("it does not name its target")?;
    let target = named(&name);
    let findings = object.get("findings").cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    let findings: Vec<RecordedFinding> = serde_json::from_value(findings)
        .map_err(|_| format!("the findings of `{name}` are not those of pregrub; {EXPECTED}"))?;
    let failure = object.get("failure").filter(|failure| !failure.is_null()).cloned();
    let error = text(&object, "error");
    let stage = failure.as_ref().and_then(|failure| text(failure, "stage"));
    let is_unread =
        error.is_some() || stage.as_deref() == Some("target") && object.get("kind").is_none_or(Value::is_null);
    let recorded = Recorded {
        kind: text(&object, "kind"),
        release: text(&object, "release").unwrap_or_default(),
        verdict: verdict(object.get("verdict").and_then(Value::as_str)),
        reason: error.or_else(|| failure.as_ref().and_then(|failure| text(failure, "reason"))),
        help: failure.as_ref().and_then(|failure| text(failure, "help")),
        is_readable: !is_unread,
        findings,
        object: {
            if let Some(place) = object.get_mut("target") {
                *place = Value::String(target.clone());
            }
            object
        },
        target,
    };
    Ok(recorded)
}

/// The guests of a host, each as a target.
fn guests(host: &Value, named: &dyn Fn(&str) -> String) -> Result<Vec<Recorded>, String> {
    let guests = host.get("guests").and_then(Value::as_array).ok_or("it does not list the guests")?;
    let one = |guest: &Value| {
        let name = text(guest, "name").ok_or("a guest has no name")?;
        let last = guest.get("after").unwrap_or(guest);
        Ok(Recorded {
            target: named(&name),
            kind: text(guest, "toolstack"),
            release: text(host.get("to").unwrap_or(host), "release").unwrap_or_default(),
            verdict: verdict(last.get("verdict").and_then(Value::as_str)),
            reason: text(last, "reason"),
            help: text(last, "help"),
            is_readable: true,
            findings: Vec::new(),
            object: {
                let mut guest = guest.clone();
                if let Some(place) = guest.get_mut("name") {
                    *place = Value::String(named(&name));
                }
                guest
            },
        })
    };
    guests.iter().map(one).collect()
}

impl Recorded {
    /// The verdict that is not good, with its reason, where no finding says it.
    pub fn unexplained(&self) -> Option<(Verdict, &str)> {
        let verdict = self.verdict.filter(|verdict| matches!(verdict, Verdict::Fails | Verdict::Unknown))?;
        let says = |finding: &RecordedFinding| finding.stops_boot || finding.is_cause == Some(true);
        let is_said = verdict == Verdict::Fails && self.findings.iter().any(says);
        (!is_said && self.is_readable).then(|| (verdict, self.reason.as_deref().unwrap_or_default()))
    }

    /// Where a finding is.
    pub fn place_of<'a>(&self, finding: &'a RecordedFinding) -> Location<'a> {
        let region = finding.span.map(|span| Region {
            line: span.line,
            column: span.column,
            end_line: span.line,
            end_column: span.column.saturating_add(span.length),
        });
        let whole = || Location { file: self.target.clone(), inside: None, region: None };
        let Some(file) = finding.file.as_deref() else { return whole() };
        match self.kind.as_deref() {
            // A configuration alone, and what `lint` has looked at: the text is the target.
            Some("config") | None => Location { region, ..whole() },
            Some("directory") => {
                let file = format!("{}/{}", self.target.trim_end_matches('/'), file.trim_start_matches('/'));
                Location { file, inside: None, region }
            }
            // The text of a domain's configuration has the name of the target, without what the report put before it.
            Some("xl" | "libvirt" | "xapi") if self.target.ends_with(file) => Location { region, ..whole() },
            _ => Location { inside: Some(file), region, ..whole() },
        }
    }

    /// How many findings there are of each severity.
    pub fn counts(&self) -> [(&'static str, usize); 3] {
        [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
            (severity.name(), self.findings.iter().filter(|finding| finding.severity == severity).count())
        })
    }

    /// One line for the verdict, and one for each finding, as `check --format concise` writes them.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn write_concise(&self, out: &mut dyn Write) -> io::Result<()> {
        let reason = self.reason.as_deref().map(|reason| format!(": {}", one_line(reason))).unwrap_or_default();
        match self.verdict {
            _ if !self.is_readable => writeln!(out, "unknown: {}{reason}", one_line(&self.target))?,
            Some(verdict) => {
                let (target, release) = (one_line(&self.target), one_line(&self.release));
                writeln!(out, "{}: {target} (Xen {release}){reason}", verdict.words())?;
            }
            None => {}
        }
        for finding in &self.findings {
            let (place, severity) = (one_line(&self.place_of(finding).to_string()), finding.severity.name());
            let (code, name) = (one_line(&finding.code), one_line(&finding.name));
            writeln!(out, "{place}: {severity}[{code}] {} ({name})", one_line(&finding.message))?;
        }
        Ok(())
    }
}
