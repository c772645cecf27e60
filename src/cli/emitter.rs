//! The reports on targets in every format: written as they come, or gathered and written at the end.

use std::io::{self, Write};
use std::sync::Arc;

use serde::Serialize;

use crate::cli::Status;
use crate::cli::levels::Threshold;
use crate::cli::output_args::{OutputForm, ReportFormat};
use crate::cli::stdout::Out;
use crate::release::Release;
use crate::report::check::Check;
use crate::report::html::OverviewRow;
use crate::report::issue::Issue;
use crate::report::lint::Lint;
use crate::report::target_report::{ReportOutcome, TargetReport};
use crate::report::template::Template;
use crate::report::{checkstyle, concise, github, gitlab, junit, openmetrics, rdjson, sarif, text};

/// The command that reports, which decides what text and JSON look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReportingCommand {
    Check,
    Lint,
}

/// Where the reports go.
pub(super) struct Emitter {
    /// Standard output.
    pub out: Out,
    format: Format,
    command: ReportingCommand,
    /// Which of the targets is looked at, counted from 0.
    pub place: usize,
}

enum Format {
    Text {
        verbose: bool,
    },
    Json,
    Concise,
    Github,
    Sarif(Box<sarif::Log>),
    Junit(junit::JunitReport),
    Openmetrics(openmetrics::OpenMetricsReport),
    Gitlab(Vec<Issue>),
    Checkstyle(checkstyle::CheckstyleReport),
    Rdjson(Vec<Issue>),
    Template(Arc<Template>),
    /// What the overview of a page has of each target; their sections are in the output.
    Page(Vec<OverviewRow>),
}

impl Emitter {
    /// Reports of a command. `release` is that of the settings of the working directory; `verbose` is for text.
    pub(super) fn new(
        out: Out,
        form: &OutputForm,
        release: Release,
        threshold: Threshold,
        command: ReportingCommand,
        verbose: bool,
    ) -> Self {
        let format = match form.format {
            ReportFormat::Text => Format::Text { verbose },
            ReportFormat::Json => Format::Json,
            ReportFormat::Concise => Format::Concise,
            ReportFormat::Github => Format::Github,
            ReportFormat::Sarif => Format::Sarif(Box::new(sarif::Log::new(release))),
            ReportFormat::Junit => Format::Junit(junit::JunitReport::new(threshold.least())),
            ReportFormat::Openmetrics => Format::Openmetrics(openmetrics::OpenMetricsReport::default()),
            ReportFormat::Gitlab => Format::Gitlab(Vec::new()),
            ReportFormat::Checkstyle => Format::Checkstyle(checkstyle::CheckstyleReport::default()),
            ReportFormat::Rdjson => Format::Rdjson(Vec::new()),
            // It was read with the command line, which demands one.
            ReportFormat::Template => {
                form.template.as_ref().map_or(Format::Json, |one| Format::Template(Arc::clone(one)))
            }
        };
        Self { out, format, command, place: 0 }
    }

    /// Sections of a page.
    pub(super) fn of_page(out: Out) -> Self {
        Self { out, format: Format::Page(Vec::new()), command: ReportingCommand::Check, place: 0 }
    }

    /// Takes the section of a target in.
    pub(super) fn section(&mut self, row: OverviewRow, section: &str) -> io::Result<()> {
        if let Format::Page(rows) = &mut self.format {
            rows.push(row);
        }
        self.out.own().write_all(section.as_bytes())
    }

    /// The rows of a page, and its sections.
    pub(super) fn into_page(self) -> (Vec<OverviewRow>, Out) {
        match self.format {
            Format::Page(rows) => (rows, self.out),
            _ => (Vec::new(), self.out),
        }
    }

    /// An emitter of the same kind for one target, whose output is kept in memory.
    pub(super) fn part(&self) -> Self {
        let format = match &self.format {
            Format::Text { verbose } => Format::Text { verbose: *verbose },
            Format::Json => Format::Json,
            Format::Concise => Format::Concise,
            Format::Github => Format::Github,
            Format::Sarif(log) => Format::Sarif(Box::new(log.part())),
            Format::Junit(report) => Format::Junit(report.part()),
            Format::Openmetrics(_) => Format::Openmetrics(openmetrics::OpenMetricsReport::default()),
            Format::Gitlab(_) => Format::Gitlab(Vec::new()),
            Format::Checkstyle(_) => Format::Checkstyle(checkstyle::CheckstyleReport::default()),
            Format::Rdjson(_) => Format::Rdjson(Vec::new()),
            Format::Template(template) => Format::Template(Arc::clone(template)),
            Format::Page(_) => Format::Page(Vec::new()),
        };
        Self { out: self.out.part(), format, command: self.command, place: self.place }
    }

    /// Takes over what a part has.
    pub(super) fn append(&mut self, part: Self) -> io::Result<()> {
        match (&mut self.format, part.format) {
            (Format::Sarif(log), Format::Sarif(part)) => log.append(*part),
            (Format::Junit(report), Format::Junit(part)) => report.append(part),
            (Format::Openmetrics(report), Format::Openmetrics(part)) => report.append(part),
            (Format::Gitlab(issues), Format::Gitlab(mut part)) | (Format::Rdjson(issues), Format::Rdjson(mut part)) => {
                issues.append(&mut part);
            }
            (Format::Checkstyle(report), Format::Checkstyle(part)) => report.append(part),
            (Format::Page(rows), Format::Page(part)) => rows.extend(part),
            _ => {}
        }
        self.out.append(part.out)
    }

    /// Whether reports are text for people.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.format, Format::Text { .. })
    }

    /// Whether reports are objects, each of one pygrub: JSON, or what a template makes of it.
    pub(super) fn has_objects(&self) -> bool {
        matches!(self.format, Format::Json | Format::Template(_))
    }

    /// Writes an object, where reports are objects.
    pub(super) fn object(&mut self, object: &impl Serialize) -> io::Result<()> {
        match &self.format {
            Format::Template(template) => {
                let text = template.render(object).map_err(io::Error::other)?;
                self.out.generated().write_all(text.as_bytes())
            }
            _ => self.out.json(object),
        }
    }

    /// Takes a target in.
    pub(super) fn add(&mut self, report: &TargetReport<'_>) -> io::Result<()> {
        match &mut self.format {
            Format::Text { verbose } => text(report, self.command, *verbose, &mut self.out),
            Format::Json | Format::Template(_) => self.json(report),
            Format::Concise => concise::write(report, &mut self.out.text()),
            Format::Github => github::write(report, &mut self.out.annotations()),
            Format::Sarif(log) => {
                log.add(report);
                Ok(())
            }
            Format::Junit(junit) => {
                junit.add(report);
                Ok(())
            }
            Format::Openmetrics(metrics) => {
                metrics.add(report);
                Ok(())
            }
            Format::Gitlab(issues) | Format::Rdjson(issues) => {
                issues.append(&mut Issue::of_target(report));
                Ok(())
            }
            Format::Checkstyle(checkstyle) => {
                checkstyle.add(report.target, Issue::of_target(report));
                Ok(())
            }
            // Its sections have more than this.
            Format::Page(_) => Ok(()),
        }
    }

    /// One object, of the schema of the command.
    fn json(&mut self, report: &TargetReport<'_>) -> io::Result<()> {
        let target = report.target;
        match (report.outcome, self.command) {
            (ReportOutcome::Unreadable { why, release }, ReportingCommand::Check) => {
                self.object(&Check::of_unreadable(target, release, why))
            }
            (ReportOutcome::Unreadable { why, release }, ReportingCommand::Lint) => {
                self.object(&Lint::of_unreadable(target, release, why))
            }
            (
                ReportOutcome::Read { kind, run, explanation, built, hashes, findings, suppressed, sources, .. },
                ReportingCommand::Check,
            ) => {
                let check = Check::of_run(target, kind, run, explanation, hashes.clone(), findings, sources);
                self.object(&check.with_builder(built).with_suppressed(suppressed))
            }
            (ReportOutcome::Read { run, findings, suppressed, sources, .. }, ReportingCommand::Lint) => {
                self.object(&Lint::new(target, run.options.build(), findings, sources).with_suppressed(suppressed))
            }
        }
    }

    /// Hands everything over. `status` is that of the program.
    pub(super) fn finish(mut self, status: Status) -> io::Result<()> {
        match &self.format {
            Format::Text { .. }
            | Format::Json
            | Format::Concise
            | Format::Github
            | Format::Template(_)
            | Format::Page(_) => {}
            Format::Sarif(log) => log.write(status.code(), self.out.json_document())?,
            Format::Junit(report) => report.write(self.out.xml_document())?,
            Format::Openmetrics(report) => report.write(&mut self.out.metrics())?,
            Format::Gitlab(issues) => gitlab::write(issues, self.out.json_document())?,
            Format::Checkstyle(report) => report.write(self.out.xml_document())?,
            Format::Rdjson(issues) => rdjson::write(issues, self.out.json_document())?,
        }
        self.out.finish()
    }
}

/// For people: the verdict where it is asked for, then the findings. What cannot be read is said on standard error alone.
fn text(report: &TargetReport<'_>, command: ReportingCommand, verbose: bool, out: &mut Out) -> io::Result<()> {
    let ReportOutcome::Read { kind, run, explanation, built, hashes, findings, suppressed, sources, .. } =
        report.outcome
    else {
        return Ok(());
    };
    let look = out.look(verbose);
    if command == ReportingCommand::Lint {
        text::write_findings(findings, run, None, sources, look, &mut out.colored())?;
        return if findings.is_empty() { Ok(()) } else { writeln!(out.text()) };
    }
    let said = text::Said { explanation, built, findings };
    text::write(run, said, report.target, kind, look, &mut out.colored())?;
    for (what, hash) in [("kernel", &hashes.kernel), ("initrd", &hashes.ramdisk)] {
        if let Some(hash) = hash {
            writeln!(out.text(), "  sha256     {hash}  {what}")?;
        }
    }
    if let Some(summary) = text::summary(findings) {
        writeln!(out.text())?;
        text::write_findings(findings, run, explanation, sources, look, &mut out.colored())?;
        writeln!(out.text())?;
        writeln!(out.text(), "{summary}")?;
        if let Some(first) = findings.first().filter(|_| out.is_seen()) {
            writeln!(out.text(), "`pregrub explain {}` says more", first.rule.code)?;
        }
    }
    if let Some(line) = text::suppressed(suppressed) {
        if findings.is_empty() {
            writeln!(out.text())?;
        }
        writeln!(out.text(), "{line}")?;
    }
    Ok(())
}
