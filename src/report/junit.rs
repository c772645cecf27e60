//! JUnit's XML, as Jenkins, GitLab and others read it: a test suite a target; in it a test case for the verdict, where it is asked
//! for, and one for each rule that found something.
//!
//! Written with quick-xml. quick-junit 0.8 would bring a second quick-xml (0.41), which deny.toml forbids, and chrono, uuid, indexmap and
//! strip-ansi-escapes for times and reruns that a check does not have. It also drops the control characters that XML cannot hold, so
//! that two names may look the same; here each is replaced by U+FFFD.

use std::collections::BTreeMap;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::concise;
use super::one_line::one_line;
use crate::boot::Verdict;
use crate::lint::{Finding, Severity};
#[cfg(feature = "cli")]
use crate::report::recorded::{Recorded, RecordedFinding};
use crate::report::target_report::{ReportOutcome, TargetReport};

/// The suites of all targets.
#[derive(Debug, Default)]
pub struct JunitReport {
    /// From which severity on a finding fails its test case. Without one, none does.
    least: Option<Severity>,
    suites: Vec<Suite>,
}

#[derive(Debug)]
struct Suite {
    name: String,
    cases: Vec<Case>,
}

#[derive(Debug)]
struct Case {
    name: String,
    outcome: Ended,
    /// What is written after the outcome, or inside it.
    text: String,
}

#[derive(Debug, PartialEq)]
enum Ended {
    Passed,
    Failure { kind: String, message: String },
    Error { kind: String, message: String },
    Skipped { message: String },
}

impl JunitReport {
    /// A report in which findings fail their test case that are at least this bad.
    pub fn new(least: Option<Severity>) -> Self {
        Self { least, suites: Vec::new() }
    }

    /// Adds a target.
    pub fn add(&mut self, examined: &TargetReport<'_>) {
        let mut cases = Vec::new();
        match examined.outcome {
            ReportOutcome::Unreadable { why, .. } => {
                let outcome = Ended::Error { kind: "unreadable".to_owned(), message: one_line(why) };
                cases.push(Case { name: "read".to_owned(), outcome, text: String::new() });
            }
            ReportOutcome::Read { .. } => {
                cases.extend(verdict(examined));
                cases.extend(self.rules(examined));
            }
        }
        if cases.is_empty() {
            cases.push(Case { name: "no findings".to_owned(), outcome: Ended::Passed, text: String::new() });
        }
        self.suites.push(Suite { name: examined.name(), cases });
    }

    /// A report of the same kind, without a target.
    pub fn part(&self) -> Self {
        Self::new(self.least)
    }

    /// Takes over the targets of another report.
    pub fn append(&mut self, mut part: Self) {
        self.suites.append(&mut part.suites);
    }

    /// Adds a target of another run.
    #[cfg(feature = "cli")]
    pub fn add_recorded(&mut self, recorded: &Recorded) {
        let mut cases = Vec::new();
        let message = recorded.reason.as_deref().map(one_line).unwrap_or_default();
        let help = recorded.help.as_deref().map(|help| format!("  help: {}\n", one_line(help))).unwrap_or_default();
        let mut case = |name: &str, outcome, text| cases.push(Case { name: name.to_owned(), outcome, text });
        if !recorded.is_readable {
            case("read", Ended::Error { kind: "unreadable".to_owned(), message }, String::new());
        } else if let Some(verdict) = recorded.verdict {
            let kind = verdict.name().to_owned();
            case(
                "verdict",
                match verdict {
                    Verdict::Boots | Verdict::Selects => Ended::Passed,
                    Verdict::Fails => Ended::Failure { kind, message },
                    Verdict::Unknown => Ended::Error { kind, message },
                    Verdict::NotApplicable => Ended::Skipped { message },
                },
                help,
            );
        }
        let mut by_rule: BTreeMap<&str, Vec<&RecordedFinding>> = BTreeMap::new();
        for finding in &recorded.findings {
            by_rule.entry(&finding.code).or_default().push(finding);
        }
        for (code, findings) in by_rule {
            let Some(first) = findings.first() else { continue };
            let worst = findings.iter().find(|finding| self.least.is_some_and(|least| finding.severity >= least));
            let outcome = match worst {
                Some(worst) => Ended::Failure { kind: one_line(code), message: one_line(&worst.message) },
                None => Ended::Passed,
            };
            let mut text = String::new();
            for finding in &findings {
                text.push_str(&one_line(&format!("{}: {}", recorded.place_of(finding), finding.message)));
                text.push('\n');
                if let Some(help) = &finding.help {
                    text.push_str(&format!("  help: {}\n", one_line(help)));
                }
            }
            case(&one_line(&format!("{code} {}", first.name)), outcome, text);
        }
        if cases.is_empty() {
            cases.push(Case { name: "no findings".to_owned(), outcome: Ended::Passed, text: String::new() });
        }
        self.suites.push(Suite { name: one_line(&recorded.target), cases });
    }

    /// A test case for each rule that found something.
    fn rules(&self, examined: &TargetReport<'_>) -> Vec<Case> {
        let mut by_rule: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in examined.findings() {
            by_rule.entry(finding.rule.code).or_default().push(finding);
        }
        let case = |(code, findings): (&str, Vec<&Finding>)| {
            let fails = |finding: &&&Finding| self.least.is_some_and(|least| finding.severity >= least);
            let outcome = match findings.iter().find(fails) {
                Some(first) => Ended::Failure { kind: code.to_owned(), message: one_line(&first.message) },
                None => Ended::Passed,
            };
            let mut text = String::new();
            for (number, finding) in findings.iter().enumerate() {
                text.push_str(&concise::line(examined, finding));
                text.push('\n');
                // Of several places with the same way out, it stands below the last.
                let next = findings.get(number + 1).map(|next| &next.help);
                if let Some(help) = finding.help.as_ref().filter(|_| next != Some(&finding.help)) {
                    text.push_str(&format!("  help: {}\n", one_line(help)));
                }
            }
            Case { name: format!("{code} {}", findings[0].rule.name), outcome, text }
        };
        by_rule.into_iter().map(case).collect()
    }

    /// Writes the document.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut xml = Writer::new_with_indent(out, b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let all = || self.suites.iter().flat_map(|suite| &suite.cases);
        let mut start = BytesStart::new("testsuites");
        start.push_attribute(("name", "pregrub"));
        count(&mut start, all());
        xml.write_event(Event::Start(start))?;
        for suite in &self.suites {
            suite.write(&mut xml)?;
        }
        xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
        xml.get_mut().write_all(b"\n")
    }
}

/// The test case of the verdict.
fn verdict(examined: &TargetReport<'_>) -> Option<Case> {
    let run = examined.judged()?;
    let kind = run.verdict.name().to_owned();
    let message = examined.explanation().map(|explanation| one_line(&explanation.reason)).unwrap_or_default();
    let outcome = match run.verdict {
        Verdict::Boots | Verdict::Selects => Ended::Passed,
        Verdict::Fails => Ended::Failure { kind, message },
        Verdict::Unknown => Ended::Error { kind, message },
        Verdict::NotApplicable => Ended::Skipped { message },
    };
    let mut text = examined.verdict()?;
    text.push('\n');
    if let Some(help) = examined.explanation().and_then(|explanation| explanation.help.as_ref()) {
        text.push_str(&format!("  help: {}\n", one_line(help)));
    }
    Some(Case { name: "verdict".to_owned(), outcome, text })
}

fn count<'a>(element: &mut BytesStart<'_>, cases: impl Iterator<Item = &'a Case>) {
    let (mut tests, mut failures, mut errors) = (0_usize, 0_usize, 0_usize);
    for case in cases {
        tests += 1;
        failures += usize::from(matches!(case.outcome, Ended::Failure { .. }));
        errors += usize::from(matches!(case.outcome, Ended::Error { .. }));
    }
    for (name, number) in [("tests", tests), ("failures", failures), ("errors", errors)] {
        element.push_attribute((name, number.to_string().as_str()));
    }
}

impl Suite {
    fn write<W: Write>(&self, xml: &mut Writer<W>) -> io::Result<()> {
        let mut start = BytesStart::new("testsuite");
        start.push_attribute(("name", can_be_held(&self.name).as_str()));
        count(&mut start, self.cases.iter());
        xml.write_event(Event::Start(start))?;
        for case in &self.cases {
            case.write(&self.name, xml)?;
        }
        xml.write_event(Event::End(BytesEnd::new("testsuite")))
    }
}

impl Case {
    fn write<W: Write>(&self, class: &str, xml: &mut Writer<W>) -> io::Result<()> {
        let mut start = BytesStart::new("testcase");
        start.push_attribute(("classname", can_be_held(class).as_str()));
        start.push_attribute(("name", can_be_held(&self.name).as_str()));
        let inner = match &self.outcome {
            Ended::Passed if self.text.is_empty() => return xml.write_event(Event::Empty(start)),
            Ended::Passed => BytesStart::new("system-out"),
            Ended::Failure { kind, message } => problem("failure", kind, message),
            Ended::Error { kind, message } => problem("error", kind, message),
            Ended::Skipped { message } => {
                let mut element = BytesStart::new("skipped");
                element.push_attribute(("message", can_be_held(message).as_str()));
                element
            }
        };
        xml.write_event(Event::Start(start))?;
        let end = inner.to_end().into_owned();
        xml.write_event(Event::Start(inner.borrow()))?;
        xml.write_event(Event::Text(BytesText::new(&can_be_held(&without_attachments(&self.text)))))?;
        xml.write_event(Event::End(end))?;
        xml.write_event(Event::End(BytesEnd::new("testcase")))
    }
}

/// A text in which a guest names no file of the machine that reads the report: Jenkins' plugin for attachments copies what `[[ATTACHMENT|PATH]]`
/// names, wherever it stands.
fn without_attachments(text: &str) -> String {
    text.replace("[[ATTACHMENT", "[\\x5bATTACHMENT")
}

fn problem<'a>(name: &'static str, kind: &str, message: &str) -> BytesStart<'a> {
    let mut element = BytesStart::new(name);
    element.push_attribute(("type", can_be_held(kind).as_str()));
    element.push_attribute(("message", can_be_held(message).as_str()));
    element
}

/// The text without the characters that XML cannot hold, however they are written.
pub(super) fn can_be_held(text: &str) -> String {
    let held = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if held(c) { c } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_guest_attaches_a_file() {
        let case = Case {
            name: "verdict".to_owned(),
            outcome: Ended::Passed,
            text: "selects: [[[ATTACHMENT|x]]/grub.cfg\n".to_owned(),
        };
        let report = JunitReport { least: None, suites: vec![Suite { name: "a".to_owned(), cases: vec![case] }] };
        let mut xml = Vec::new();
        report.write(&mut xml).unwrap();
        let xml = String::from_utf8(xml).unwrap();
        assert!(xml.contains("selects: [[\\x5bATTACHMENT|x]]") && !xml.contains("[[ATTACHMENT"), "{xml}");
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(
            can_be_held("a\0\x1b\u{fffe}\u{ffff}\u{10ffff}\nb"),
            "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{10ffff}\nb"
        );
    }
}
