//! `pregrub lint`.

use std::io::{self, Write};
use std::path::Path;

use super::Status;
use super::args::{Format, Lint};
use super::out::{Out, complain};
use crate::boot::Options;
use crate::lint::{self, Finding, Subject};
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
    let mut out = Out::new(args.answer.color);
    let mut worst = Status::Fine;
    let mut findings = 0;
    for name in &args.files {
        let status = match one(args, name, &options, &mut out)? {
            Ok(found) => {
                findings += found.len();
                args.levels.threshold.status(&found)
            }
            Err(error) => {
                if args.answer.format == Format::Json {
                    out.json(&Report::of_unreadable(name, options.release, &error))?;
                }
                complain(&error);
                Status::Unknown
            }
        };
        worst = worst.max(status);
    }
    if findings == 0 && worst == Status::Fine && args.answer.format == Format::Text {
        writeln!(out.text(), "no findings")?;
    }
    out.finish()?;
    Ok(worst)
}

fn one(args: &Lint, name: &str, options: &Options, out: &mut Out) -> io::Result<Result<Vec<Finding>, String>> {
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
        Format::Json => out.json(&Report::new(name, options.release, &findings, sources))?,
        Format::Text => {
            let look = out.look(args.verbose);
            text::write_findings(&findings, &run, false, sources, look, &mut out.text())?;
        }
    }
    Ok(Ok(findings))
}
