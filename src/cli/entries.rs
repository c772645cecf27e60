//! `pregrub entries`.

use std::io;

use super::Status;
use super::args::{Entries, Format};
use crate::boot::{Options, Overrides};
use crate::cli::stdout::{Out, complain};
use crate::flavour::Build;
use crate::report::entries::Entries as Report;
use crate::simulation::{Outcome, Simulation};

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
    let opened = Simulation::from(options).open(&args.target, args.how.wanted());
    let simulated = match opened.and_then(|target| target.run()) {
        Ok(simulated) => simulated,
        Err(error) => return nothing(args, out, build, &error.to_string(), Status::Unknown),
    };
    let run = &simulated.run;
    let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
    let mut why = None;
    let report = match (found, simulated.outcome()) {
        (Some(found), _) => Report::of_config(&found.config, Overrides::of(&run.options), build),
        (None, Outcome::Fails { failure, explanation, .. }) if failure.raised().is_some() => {
            why = Some(&explanation.reason);
            Report::of_nothing(failure.raised(), build)
        }
        (None, Outcome::Boots(_) | Outcome::Selects(_) | Outcome::Listed(_)) => {
            let why = format!("`{}`: the kernel is found without a configuration, so there is no menu", args.target);
            return nothing(args, out, build, &why, Status::Fails);
        }
        (None, outcome) => {
            let why = format!("`{}`: {}", args.target, outcome.reason().unwrap_or("there is no menu"));
            return nothing(args, out, build, &why, Status::Unknown);
        }
    };
    match args.answer.format {
        Format::Json => out.json(&report.json())?,
        Format::Text => report.write_text(&mut out.text())?,
    }
    out.finish()?;
    if let Some(reason) = why {
        complain(&format!("`{}`: {reason}", args.target));
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
