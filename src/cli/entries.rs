//! `pregrub entries`.

use std::io;
use std::path::Path;

use super::Status;
use super::args::{Entries, Format};
use super::out::{Out, complain};
use crate::boot::{Options, Wishes};
use crate::report::entries::Entries as Report;
use crate::target::Target;

pub(super) fn run(args: &Entries) -> io::Result<Status> {
    // The menu is selected from as without a menu on the screen.
    let options = match args.how.options() {
        Ok(options) => Options { interactive: false, ..options },
        Err(error) => {
            complain(&error);
            return Ok(Status::Usage);
        }
    };
    let opened = Target::open(Path::new(&args.target), args.how.wanted(), options.release)
        .and_then(|target| target.run(&args.target, options));
    let run = match opened {
        Ok(run) => run,
        Err(error) => {
            complain(&error.to_string());
            return Ok(Status::Unknown);
        }
    };
    let options = &run.options;
    let wishes = Wishes { entry: options.entry.as_deref(), args: &options.args };
    let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
    let raised = run.failure.as_ref().and_then(|failure| failure.raised.as_ref());
    let report = match (found, run.failure.as_ref(), raised) {
        (Some(found), ..) => Report::of_config(&found.config, wishes, options.release),
        (None, _, Some(raised)) => Report::of_nothing(raised, options.release),
        (None, Some(failure), None) => {
            complain(&format!("`{}`: {}", args.target, failure.reason));
            return Ok(Status::Unknown);
        }
        (None, None, None) => {
            complain(&format!("`{}`: the kernel is found without a configuration, so there is no menu", args.target));
            return Ok(Status::Fails);
        }
    };
    let mut out = Out::new(args.how.color);
    match args.how.format {
        Format::Json => out.json(&report.json())?,
        Format::Text => report.write_text(out.text())?,
    }
    out.finish()?;
    if let (None, Some(failure)) = (found, &run.failure) {
        complain(&format!("`{}`: {}", args.target, failure.reason));
    }
    Ok(if report.raised().is_some() { Status::Fails } else { Status::Fine })
}
