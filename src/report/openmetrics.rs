//! Metrics for Prometheus: a file for node_exporter's textfile collector, which is OpenMetrics 1.0 text as well.
//!
//! Each metric is a gauge, and each target or guest one sample. A verdict is 1 (boots), 0 (does not) or NaN (unknown), so that
//! `pregrub_target_boots != 1` finds what must be looked at, and `== 0` what is certain.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::boot::Verdict;
use crate::lint::Severity;
use crate::report::host::{GuestReport, GuestVerdict};
use crate::report::one_line::one_line;
use crate::report::target_report::{ReportOutcome, TargetReport};

/// The labels of a sample, with their values as they are.
type Labels = Vec<(&'static str, String)>;

/// The samples of all targets.
#[derive(Clone, Debug, Default)]
pub struct OpenMetricsReport {
    metrics: BTreeMap<&'static str, BTreeMap<Labels, Value>>,
}

/// A value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Number(usize),
    /// Not known.
    NaN,
}

impl Value {
    /// Of two for the same labels the worse one: more findings, or 0 before NaN before 1.
    fn worse(self, other: Self, counts: bool) -> Self {
        match (self, other) {
            (Self::Number(one), Self::Number(two)) if counts => Self::Number(one.max(two)),
            (Self::Number(one), Self::Number(two)) => Self::Number(one.min(two)),
            (Self::Number(0), Self::NaN) | (Self::NaN, Self::Number(0)) => Self::Number(0),
            (Self::NaN, _) | (_, Self::NaN) => Self::NaN,
        }
    }
}

/// The metrics: name, help.
const METRICS: [(&str, &str); 5] = [
    ("pregrub_guest_boots", "Whether Xen would start the guest through pygrub: 1 yes, 0 no, NaN unknown."),
    ("pregrub_guest_boots_after_upgrade", "The same with the pygrub that host --to names."),
    ("pregrub_target_boots", "Whether Xen would boot the target through pygrub: 1 yes, 0 no, NaN unknown."),
    ("pregrub_target_findings", "How many findings there are in the target."),
    ("pregrub_target_readable", "Whether the target could be read: 1 yes, 0 no."),
];

impl OpenMetricsReport {
    /// Adds a target.
    pub fn add(&mut self, examined: &TargetReport<'_>) {
        let verdict = examined.judged().map(|run| run.verdict);
        let is_readable = !matches!(examined.outcome, ReportOutcome::Unreadable { .. });
        let counts = [Severity::Error, Severity::Warning, Severity::Note].map(|severity| {
            let of_severity = examined.findings().iter().filter(|finding| finding.severity == severity);
            (severity.name(), of_severity.map(|finding| finding.places).sum())
        });
        let pygrubs = match examined.outcome {
            ReportOutcome::Read { pygrubs, .. } => pygrubs,
            ReportOutcome::Unreadable { .. } => None,
        };
        self.add_samples(examined.target, pygrubs, verdict, is_readable, &counts);
    }

    /// Adds a target by what was recorded of it.
    pub fn add_target(
        &mut self,
        target: &str,
        verdict: Option<Verdict>,
        is_readable: bool,
        findings: &[(&'static str, usize)],
    ) {
        self.add_samples(target, None, verdict, is_readable, findings);
    }

    /// Of several pygrubs, `pygrubs` are those that come to this.
    fn add_samples(
        &mut self,
        target: &str,
        pygrubs: Option<&str>,
        verdict: Option<Verdict>,
        is_readable: bool,
        findings: &[(&'static str, usize)],
    ) {
        let labels = || {
            let target = ("target", target.to_owned());
            let pygrubs = pygrubs.map(|pygrubs| ("pygrubs", pygrubs.to_owned()));
            [target].into_iter().chain(pygrubs).collect::<Labels>()
        };
        if let Some(verdict) = verdict {
            // One that pygrub has no part in has no sample.
            if let Some(value) = value(verdict) {
                self.set("pregrub_target_boots", labels(), value);
            }
        } else if !is_readable {
            self.set("pregrub_target_boots", labels(), Value::NaN);
        }
        self.set("pregrub_target_readable", labels(), Value::Number(usize::from(is_readable)));
        for (severity, count) in findings.iter().filter(|_| is_readable) {
            let mut labels = labels();
            labels.push(("severity", (*severity).to_owned()));
            self.set("pregrub_target_findings", labels, Value::Number(*count));
        }
    }

    /// Adds a guest of a host. One that pygrub has no part in has no sample.
    pub fn add_guest(&mut self, guest: &GuestReport) {
        let outcomes =
            [("pregrub_guest_boots", Some(&guest.now)), ("pregrub_guest_boots_after_upgrade", guest.after.as_ref())];
        for (metric, outcome) in outcomes {
            let value = match outcome.map(|outcome| outcome.verdict) {
                Some(GuestVerdict::Boots) => Value::Number(1),
                Some(GuestVerdict::Fails) => Value::Number(0),
                Some(GuestVerdict::Unknown) => Value::NaN,
                Some(GuestVerdict::NotAsked) | None => continue,
            };
            let starts = if guest.starts_at_boot { "true" } else { "false" };
            let labels = vec![
                ("guest", guest.name.clone()),
                ("file", guest.file.clone()),
                ("toolstack", guest.toolstack.to_owned()),
                ("starts_at_boot", starts.to_owned()),
            ];
            self.set(metric, labels, value);
        }
    }

    /// Takes over the samples of another report.
    pub fn append(&mut self, part: Self) {
        for (metric, samples) in part.metrics {
            for (labels, value) in samples {
                self.set(metric, labels, value);
            }
        }
    }

    fn set(&mut self, metric: &'static str, labels: Labels, value: Value) {
        let samples = self.metrics.entry(metric).or_default();
        let counts = metric == "pregrub_target_findings";
        samples.entry(labels).and_modify(|known| *known = known.worse(value, counts)).or_insert(value);
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        for (metric, help) in METRICS {
            let Some(samples) = self.metrics.get(metric) else { continue };
            writeln!(out, "# HELP {metric} {help}")?;
            writeln!(out, "# TYPE {metric} gauge")?;
            for (labels, value) in samples {
                let labels: Vec<String> =
                    labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
                match value {
                    Value::Number(number) => writeln!(out, "{metric}{{{}}} {number}", labels.join(","))?,
                    Value::NaN => writeln!(out, "{metric}{{{}}} NaN", labels.join(","))?,
                }
            }
        }
        writeln!(out, "# EOF")
    }
}

fn value(verdict: Verdict) -> Option<Value> {
    match verdict {
        Verdict::Boots | Verdict::Selects => Some(Value::Number(1)),
        Verdict::Fails => Some(Value::Number(0)),
        Verdict::Unknown => Some(Value::NaN),
        Verdict::NotApplicable => None,
    }
}

/// The value of a label: backslash, quotation mark and line feed escaped as the format has it, other control characters as everywhere.
fn escaped(text: &str) -> String {
    one_line(text).replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped_and_of_two_samples_the_worse_counts() {
        let mut report = OpenMetricsReport::default();
        report.add_target("a\"b\\c", Some(Verdict::Boots), true, &[("error", 0)]);
        report.add_target("a\"b\\c", Some(Verdict::Fails), true, &[]);
        let mut part = OpenMetricsReport::default();
        part.add_target("gone", None, false, &[("error", 0)]);
        report.append(part);
        let mut text = Vec::new();
        report.write(&mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains("pregrub_target_boots{target=\"a\\\"b\\\\c\"} 0\n"), "{text}");
        assert!(text.contains("pregrub_target_boots{target=\"gone\"} NaN\n"), "{text}");
        assert!(text.contains("pregrub_target_findings{target=\"a\\\"b\\\\c\",severity=\"error\"} 0\n"), "{text}");
        assert!(text.contains("pregrub_target_readable{target=\"gone\"} 0\n"), "{text}");
        assert!(text.ends_with("\n# EOF\n"), "{text}");
    }
}
