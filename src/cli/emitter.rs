//! The reports on targets for other programs: written as they come, or gathered and written at the end.

use std::io;

use crate::cli::Status;
use crate::cli::levels::Threshold;
use crate::cli::output_args::ReportFormat;
use crate::cli::stdout::Out;
use crate::release::Release;
use crate::report::target_report::TargetReport;
use crate::report::{concise, github, junit, sarif};

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
}

impl Emitter {
    pub(super) fn new(out: Out, format: ReportFormat, release: Release, threshold: Threshold) -> Self {
        let format = match format {
            ReportFormat::Text | ReportFormat::Json => Format::Own,
            ReportFormat::Concise => Format::Concise,
            ReportFormat::Github => Format::Github,
            ReportFormat::Sarif => Format::Sarif(Box::new(sarif::Log::new(release))),
            ReportFormat::Junit => Format::Junit(junit::Report::new(threshold.least())),
        };
        Self { out, format }
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
        }
    }

    /// Hands everything over. `status` is that of the program.
    pub(super) fn finish(mut self, status: Status) -> io::Result<()> {
        match &self.format {
            Format::Own | Format::Concise | Format::Github => {}
            Format::Sarif(log) => log.write(status as u8, self.out.json_document())?,
            Format::Junit(report) => report.write(self.out.xml_document())?,
        }
        self.out.finish()
    }
}
