//! `pregrub lint`.

use std::io::{self, Write};
use std::path::Path;

use super::Status;
use super::args::{Lint, ReportFormat};
use super::out::{Out, complain};
use super::reports::Reports;
use crate::boot::Options;
use crate::lint::{self, Finding, Subject};
use crate::report::examined::{Examined, Outcome};
use crate::report::finding::Sources;
use crate::report::lint::Lint as Report;
use crate::report::text;
use crate::target::{Kind, Target, Wanted};

pub(super) fn run(args: &Lint) -> io::Result<Status> {
    let options = match args.options() {
        Ok(options) => options,
        Err(error) => {
            complain(&error);
            return Ok(Status::Usage);
        }
    };
    let out = Out::new(args.answer.color);
    let mut reports = Reports::new(out, args.answer.format, options.release, args.levels.threshold);
    let mut worst = Status::Fine;
    let mut findings: Vec<Finding> = Vec::new();
    for name in &args.files {
        let status = match one(args, name, &options, &mut reports)? {
            Ok(found) => {
                let status = args.levels.threshold.status(&found);
                findings.extend(found);
                status
            }
            Err(error) => {
                match args.answer.format {
                    ReportFormat::Json => {
                        reports.out.json(&Report::of_unreadable(name, options.release, &error))?;
                    }
                    _ => reports.add(&Examined { target: name, outcome: Outcome::Unreadable(&error) })?,
                }
                complain(&error);
                Status::Unknown
            }
        };
        worst = worst.max(status);
    }
    if args.answer.format == ReportFormat::Text {
        match text::summary(&findings) {
            Some(summary) => writeln!(reports.out.text(), "{summary}")?,
            None if worst == Status::Fine => writeln!(reports.out.text(), "no findings")?,
            None => {}
        }
    }
    reports.finish(worst)?;
    Ok(worst)
}

fn one(args: &Lint, name: &str, options: &Options, reports: &mut Reports) -> io::Result<Result<Vec<Finding>, String>> {
    let wanted = Wanted { kind: Some(Kind::Config), dialect: args.dialect.map(Into::into) };
    let run =
        Target::open(Path::new(name), wanted, options.release).and_then(|target| target.run(name, options.clone()));
    let run = match run {
        Ok(run) => run,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let findings = lint::lint(&Subject::new(&run, Kind::Config), &args.levels.levels);
    let sources = Sources { configuration: Some(name), domain: None };
    match args.answer.format {
        ReportFormat::Json => reports.out.json(&Report::new(name, options.release, &findings, sources))?,
        ReportFormat::Text => {
            let look = reports.out.look(args.verbose);
            text::write_findings(&findings, &run, false, sources, look, &mut reports.out.text())?;
            if !findings.is_empty() {
                writeln!(reports.out.text())?;
            }
        }
        _ => {
            let outcome = Outcome::Read { kind: Kind::Config, run: &run, judged: false, findings: &findings, sources };
            reports.add(&Examined { target: name, outcome })?;
        }
    }
    Ok(Ok(findings))
}
