//! `pregrub trace`.

use std::io;
use std::path::Path;

use super::Status;
use super::args::{Format, Trace};
use crate::cli::stdout::{Out, complain};
use crate::report::trace;
use crate::target::Target;

pub(super) fn run(args: &Trace) -> io::Result<Status> {
    let options = match args.how.settings.of(&args.target).and_then(|settings| args.how.options(&settings)) {
        Ok(options) => options,
        Err(error) => {
            complain(&error);
            return Ok(Status::Usage);
        }
    };
    let name = &args.target;
    let opened = Target::open(Path::new(name), args.how.wanted(), options.release).and_then(|target| {
        let volumes = target.volumes();
        let run = target.run_on(volumes.as_ref(), name, options)?;
        let explanation = target.explain(&run, volumes.as_ref());
        Ok((target.kind(), run, explanation))
    });
    let (kind, run, explanation) = match opened {
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
    Ok(match Status::from(run.verdict) {
        Status::NotApplicable => Status::Fine,
        status => status,
    })
}
