//! The reports on targets in every format: written as they come, or gathered and written at the end.

use std::io::{self, Write};

use crate::cli::Status;
use crate::cli::levels::Threshold;
use crate::cli::output_args::ReportFormat;
use crate::cli::stdout::Out;
use crate::release::Release;
use crate::report::check::Check;
use crate::report::lint::Lint;
use crate::report::target_report::{Outcome, TargetReport};
use crate::report::{concise, github, junit, openmetrics, sarif, text};

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
}

impl Emitter {
    /// Reports of a command. `release` is that of the settings of the working directory; `verbose` is for text.
    pub(super) fn new(
        out: Out,
        format: ReportFormat,
        release: Release,
        threshold: Threshold,
        command: Command,
        verbose: bool,
    ) -> Self {
        let format = match format {
            ReportFormat::Text => Format::Text { verbose },
            ReportFormat::Json => Format::Json,
            ReportFormat::Concise => Format::Concise,
            ReportFormat::Github => Format::Github,
            ReportFormat::Sarif => Format::Sarif(Box::new(sarif::Log::new(release))),
            ReportFormat::Junit => Format::Junit(junit::Report::new(threshold.least())),
            ReportFormat::Openmetrics => Format::Openmetrics(openmetrics::Report::default()),
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
        };
        Self { out: self.out.part(), format, command: self.command }
    }

    /// Takes over what a part has.
    pub(super) fn append(&mut self, part: Self) -> io::Result<()> {
        match (&mut self.format, part.format) {
            (Format::Sarif(log), Format::Sarif(part)) => log.append(*part),
            (Format::Junit(report), Format::Junit(part)) => report.append(part),
            (Format::Openmetrics(report), Format::Openmetrics(part)) => report.append(part),
            _ => {}
        }
        self.out.append(part.out)
    }

    /// Whether reports are text for people.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.format, Format::Text { .. })
    }

    /// Whether reports are JSON, one object each.
    pub(super) fn is_json(&self) -> bool {
        matches!(self.format, Format::Json)
    }

    /// Takes a target in.
    pub(super) fn add(&mut self, report: &TargetReport<'_>) -> io::Result<()> {
        match &mut self.format {
            Format::Text { verbose } => text(report, self.command, *verbose, &mut self.out),
            Format::Json => json(report, self.command, &mut self.out),
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
        }
    }

    /// Hands everything over. `status` is that of the program.
    pub(super) fn finish(mut self, status: Status) -> io::Result<()> {
        match &self.format {
            Format::Text { .. } | Format::Json | Format::Concise | Format::Github => {}
            Format::Sarif(log) => log.write(status.code(), self.out.json_document())?,
            Format::Junit(report) => report.write(self.out.xml_document())?,
            Format::Openmetrics(report) => report.write(&mut self.out.generated())?,
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
        writeln!(out.text(), "\n{summary}")?;
        if let Some(first) = findings.first().filter(|_| out.is_seen()) {
            writeln!(out.text(), "`pregrub explain {}` says more", first.rule.code)?;
        }
    }
    if let Some(line) = text::suppressed(suppressed) {
        writeln!(out.text(), "{}{line}", if findings.is_empty() { "\n" } else { "" })?;
    }
    Ok(())
}

/// One object, of the schema of the command.
fn json(report: &TargetReport<'_>, command: Command, out: &mut Out) -> io::Result<()> {
    let target = report.target;
    match (report.outcome, command) {
        (Outcome::Unreadable { why, release }, Command::Check) => out.json(&Check::of_unreadable(target, release, why)),
        (Outcome::Unreadable { why, release }, Command::Lint) => out.json(&Lint::of_unreadable(target, release, why)),
        (
            Outcome::Read { kind, run, explanation, built, hashes, findings, suppressed, sources, .. },
            Command::Check,
        ) => {
            let check = Check::of_run(target, kind, run, explanation, hashes.clone(), findings, sources);
            out.json(&check.with_builder(built).with_suppressed(suppressed))
        }
        (Outcome::Read { run, findings, suppressed, sources, .. }, Command::Lint) => {
            out.json(&Lint::new(target, run.options.build(), findings, sources).with_suppressed(suppressed))
        }
    }
}
