//! The reports on targets for other programs: written as they come, or gathered and written at the end.

use std::io;

use crate::cli::Status;
use crate::cli::levels::Threshold;
use crate::cli::output_args::ReportFormat;
use crate::cli::stdout::Out;
use crate::release::Release;
use crate::report::target_report::TargetReport;
use crate::report::{concise, github, junit, openmetrics, sarif};

/// Where the reports go.
pub(super) struct Emitter {
    /// Standard output.
    pub out: Out,
    format: Format,
}

enum Format {
    /// Written by the command itself.
    Own,
    Concise,
    Github,
    Sarif(Box<sarif::Log>),
    Junit(junit::Report),
    Openmetrics(openmetrics::Report),
}

impl Emitter {
    pub(super) fn new(out: Out, format: ReportFormat, release: Release, threshold: Threshold) -> Self {
        let format = match format {
            ReportFormat::Text | ReportFormat::Json => Format::Own,
            ReportFormat::Concise => Format::Concise,
            ReportFormat::Github => Format::Github,
            ReportFormat::Sarif => Format::Sarif(Box::new(sarif::Log::new(release))),
            ReportFormat::Junit => Format::Junit(junit::Report::new(threshold.least())),
            ReportFormat::Openmetrics => Format::Openmetrics(openmetrics::Report::default()),
        };
        Self { out, format }
    }

    /// An emitter of the same kind for one target, whose output is kept in memory.
    pub(super) fn part(&self) -> Self {
        let format = match &self.format {
            Format::Own => Format::Own,
            Format::Concise => Format::Concise,
            Format::Github => Format::Github,
            Format::Sarif(log) => Format::Sarif(Box::new(log.part())),
            Format::Junit(report) => Format::Junit(report.part()),
            Format::Openmetrics(_) => Format::Openmetrics(openmetrics::Report::default()),
        };
        Self { out: self.out.part(), format }
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

    /// Takes a target in.
    pub(super) fn add(&mut self, examined: &TargetReport<'_>) -> io::Result<()> {
        match &mut self.format {
            Format::Own => Ok(()),
            Format::Concise => concise::write(examined, &mut self.out.text()),
            Format::Github => github::write(examined, &mut self.out.annotations()),
            Format::Sarif(log) => {
                log.add(examined);
                Ok(())
            }
            Format::Junit(report) => {
                report.add(examined);
                Ok(())
            }
            Format::Openmetrics(report) => {
                report.add(examined);
                Ok(())
            }
        }
    }

    /// Hands everything over. `status` is that of the program.
    pub(super) fn finish(mut self, status: Status) -> io::Result<()> {
        match &self.format {
            Format::Own | Format::Concise | Format::Github => {}
            Format::Sarif(log) => log.write(status.code(), self.out.json_document())?,
            Format::Junit(report) => report.write(self.out.xml_document())?,
            Format::Openmetrics(report) => report.write(&mut self.out.generated())?,
        }
        self.out.finish()
    }
}
