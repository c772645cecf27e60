//! `pregrub entries`.

use std::io;
use std::path::Path;

use super::Status;
use super::args::{Entries, Format};
use crate::boot::{Options, Overrides};
use crate::cli::stdout::{Out, complain};
use crate::explain::explain;
use crate::flavour::Build;
use crate::report::entries::Entries as Report;
use crate::target::Target;

pub(super) fn run(args: &Entries) -> io::Result<Status> {
    // The menu is selected from as without a menu on the screen.
    let options = match args.how.settings.of(&args.target).and_then(|settings| args.how.options(&settings)) {
        Ok(options) => Options { interactive: Some(false), ..options },
        Err(error) => {
            complain(&error);
            return Ok(Status::Usage);
        }
    };
    let build = options.build();
    let mut out = Out::new(args.answer.color);
    let opened = Target::open(Path::new(&args.target), args.how.wanted(), build.release)
        .and_then(|target| target.run(&args.target, options));
    let run = match opened {
        Ok(run) => run,
        Err(error) => return nothing(args, out, build, &error.to_string(), Status::Unknown),
    };
    let overrides = Overrides::of(&run.options);
    let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
    let raised = run.failure.as_ref().and_then(|failure| failure.raised());
    let explanation = explain(&run);
    let report = match (found, raised, &explanation) {
        (Some(found), ..) => Report::of_config(&found.config, overrides, build),
        (None, Some(raised), _) => Report::of_nothing(Some(raised), build),
        (None, None, Some(explanation)) => {
            let why = format!("`{}`: {}", args.target, explanation.reason);
            return nothing(args, out, build, &why, Status::Unknown);
        }
        (None, None, None) => {
            let why = format!("`{}`: the kernel is found without a configuration, so there is no menu", args.target);
            return nothing(args, out, build, &why, Status::Fails);
        }
    };
    match args.answer.format {
        Format::Json => out.json(&report.json())?,
        Format::Text => report.write_text(&mut out.text())?,
    }
    out.finish()?;
    if let (None, Some(explanation)) = (found, &explanation) {
        complain(&format!("`{}`: {}", args.target, explanation.reason));
    }
    Ok(if report.raised().is_some() { Status::Fails } else { Status::Fine })
}

/// Says why there is no menu; as JSON there is an object all the same.
fn nothing(args: &Entries, mut out: Out, build: Build, why: &str, status: Status) -> io::Result<Status> {
    if args.answer.format == Format::Json {
        out.json(&Report::of_nothing(None, build).json())?;
    }
    out.finish()?;
    complain(why);
    Ok(status)
}
