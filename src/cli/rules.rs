//! `pregrub rules`.

use clap::{Args, ValueEnum};

use super::output_args::Color;
use super::{Error, Status};
use crate::cli::stdout::Out;
use crate::report::rules;

#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// How to list them; markdown is the reference page, docs/rules.md
    #[arg(long, value_enum, default_value_t = RulesFormat::Text)]
    pub format: RulesFormat,
}

/// How the rules are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RulesFormat {
    Text,
    Json,
    Markdown,
}

pub(super) fn run(args: &RulesArgs) -> Result<Status, Error> {
    let mut out = Out::new(Color::Never);
    match args.format {
        RulesFormat::Text => rules::write_text(&mut out.text())?,
        RulesFormat::Json => out.json(&rules::Rules::all())?,
        RulesFormat::Markdown => rules::write_markdown(out.data())?,
    }
    out.finish()?;
    Ok(Status::Fine)
}
