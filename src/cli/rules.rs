//! `pregrub rules`.

use std::io;

use super::Status;
use super::args::{Color, Rules, RulesFormat};
use crate::cli::stdout::Out;
use crate::report::rules;

pub(super) fn run(args: &Rules) -> io::Result<Status> {
    let mut out = Out::new(Color::Never);
    match args.format {
        RulesFormat::Text => rules::write_text(&mut out.text())?,
        RulesFormat::Json => out.json(&rules::Rules::all())?,
        RulesFormat::Markdown => rules::write_markdown(out.data())?,
    }
    out.finish()?;
    Ok(Status::Fine)
}
