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
use crate::report::issue::Issue;
use crate::report::lint::Lint;
use crate::report::target_report::{Outcome, TargetReport};
use crate::report::template::Template;
use crate::report::{checkstyle, concise, github, gitlab, junit, openmetrics, rdjson, sarif, text};

/// The command that reports, which decides what text and JSON look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Check,
    Lint,
}

/// Where the reports go.
pub(super) struct Emitter {
    /// Standard output.
    pub out: Out,
    format: Format,
    command: Command,
}

enum Format {
    Text { verbose: bool },
    Json,
    Concise,
    Github,
    Sarif(Box<sarif::Log>),
    Junit(junit::Report),
    Openmetrics(openmetrics::Report),
    Gitlab(gitlab::Report),
    Checkstyle(checkstyle::Report),
    Rdjson(rdjson::Report),
    Template(Arc<Template>),
}

impl Emitter {
    /// Reports of a command. `release` is that of the settings of the working directory; `verbose` is for text.
    pub(super) fn new(
        out: Out,
        form: &OutputForm,
        release: Release,
        threshold: Threshold,
        command: Command,
        verbose: bool,
    ) -> Self {
        let format = match form.format {
            ReportFormat::Text => Format::Text { verbose },
            ReportFormat::Json => Format::Json,
            ReportFormat::Concise => Format::Concise,
            ReportFormat::Github => Format::Github,
            ReportFormat::Sarif => Format::Sarif(Box::new(sarif::Log::new(release))),
            ReportFormat::Junit => Format::Junit(junit::Report::new(threshold.least())),
            ReportFormat::Openmetrics => Format::Openmetrics(openmetrics::Report::default()),
            ReportFormat::Gitlab => Format::Gitlab(gitlab::Report::default()),
            ReportFormat::Checkstyle => Format::Checkstyle(checkstyle::Report::default()),
            ReportFormat::Rdjson => Format::Rdjson(rdjson::Report::default()),
            // It was read with the command line, which demands one.
            ReportFormat::Template => {
                form.template.as_ref().map_or(Format::Json, |one| Format::Template(Arc::clone(one)))
            }
        };
        Self { out, format, command }
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
            Format::Openmetrics(_) => Format::Openmetrics(openmetrics::Report::default()),
            Format::Gitlab(_) => Format::Gitlab(gitlab::Report::default()),
            Format::Checkstyle(_) => Format::Checkstyle(checkstyle::Report::default()),
            Format::Rdjson(_) => Format::Rdjson(rdjson::Report::default()),
            Format::Template(template) => Format::Template(Arc::clone(template)),
        };
        Self { out: self.out.part(), format, command: self.command }
    }

    /// Takes over what a part has.
    pub(super) fn append(&mut self, part: Self) -> io::Result<()> {
        match (&mut self.format, part.format) {
            (Format::Sarif(log), Format::Sarif(part)) => log.append(*part),
            (Format::Junit(report), Format::Junit(part)) => report.append(part),
            (Format::Openmetrics(report), Format::Openmetrics(part)) => report.append(part),
            (Format::Gitlab(report), Format::Gitlab(part)) => report.append(part),
            (Format::Checkstyle(report), Format::Checkstyle(part)) => report.append(part),
            (Format::Rdjson(report), Format::Rdjson(part)) => report.append(part),
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
                let text = template.render(object).map_err(|why| io::Error::other(format!("the template: {why}")))?;
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
            Format::Gitlab(gitlab) => {
                gitlab.add(Issue::of_target(report));
                Ok(())
            }
            Format::Checkstyle(checkstyle) => {
                checkstyle.add(report.target, Issue::of_target(report));
                Ok(())
            }
            Format::Rdjson(rdjson) => {
                rdjson.add(Issue::of_target(report));
                Ok(())
            }
        }
    }

    /// One object, of the schema of the command.
    fn json(&mut self, report: &TargetReport<'_>) -> io::Result<()> {
        let target = report.target;
        match (report.outcome, self.command) {
            (Outcome::Unreadable { why, release }, Command::Check) => {
                self.object(&Check::of_unreadable(target, release, why))
            }
            (Outcome::Unreadable { why, release }, Command::Lint) => {
                self.object(&Lint::of_unreadable(target, release, why))
            }
            (
                Outcome::Read { kind, run, explanation, built, hashes, findings, suppressed, sources, .. },
                Command::Check,
            ) => {
                let check = Check::of_run(target, kind, run, explanation, hashes.clone(), findings, sources);
                self.object(&check.with_builder(built).with_suppressed(suppressed))
            }
            (Outcome::Read { run, findings, suppressed, sources, .. }, Command::Lint) => {
                self.object(&Lint::new(target, run.options.build(), findings, sources).with_suppressed(suppressed))
            }
        }
    }

    /// Hands everything over. `status` is that of the program.
    pub(super) fn finish(mut self, status: Status) -> io::Result<()> {
        match &self.format {
            Format::Text { .. } | Format::Json | Format::Concise | Format::Github | Format::Template(_) => {}
            Format::Sarif(log) => log.write(status.code(), self.out.json_document())?,
            Format::Junit(report) => report.write(self.out.xml_document())?,
            Format::Openmetrics(report) => report.write(&mut self.out.metrics())?,
            Format::Gitlab(report) => report.write(self.out.json_document())?,
            Format::Checkstyle(report) => report.write(self.out.xml_document())?,
            Format::Rdjson(report) => report.write(self.out.json_document())?,
        }
        self.out.finish()
    }
}

/// For people: the verdict where it is asked for, then the findings. What cannot be read is said on standard error alone.
fn text(report: &TargetReport<'_>, command: Command, verbose: bool, out: &mut Out) -> io::Result<()> {
    let Outcome::Read { kind, run, explanation, built, hashes, findings, suppressed, sources, .. } = report.outcome
    else {
        return Ok(());
    };
    let look = out.look(verbose);
    if command == Command::Lint {
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
