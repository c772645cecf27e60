//! `pregrub trace`.

use std::io;

use super::Status;
use super::args::{Format, Trace};
use crate::cli::stdout::{Out, complain};
use crate::report::trace;
use crate::simulation::{Simulated, Simulation};

pub(super) fn run(args: &Trace) -> io::Result<Status> {
    let options = match args.how.settings.of(&args.target).and_then(|settings| args.how.options(&settings)) {
        Ok(options) => options,
        Err(error) => {
            complain(&error);
            return Ok(Status::Usage);
        }
    };
    let name = &args.target;
    let opened = Simulation::from(options).open(name, args.how.wanted());
    let simulated = opened.and_then(|target| Ok((target.kind(), target.run()?)));
    let (kind, Simulated { run, explanation }) = match simulated {
        Ok(opened) => opened,
        Err(error) => {
            complain(&error.to_string());
            return Ok(Status::Unknown);
        }
    };
    let explanation = explanation.as_ref();
    let mut out = Out::new(args.answer.color);
    match args.answer.format {
        Format::Json => out.json(&trace::Trace::of(&run, explanation, name, kind))?,
        Format::Text => trace::write_text(&run, explanation, name, kind, &mut out.text())?,
    }
    out.finish()?;
    Ok(run.verdict.into())
}
