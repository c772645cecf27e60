//! `pregrub schema`.

use std::io::Write;

use clap::Args;

use super::output_args::Color;
use super::{Error, Status};
use crate::cli::stdout::Out;
use crate::report::schema::{SCHEMAS, Schema};

const AFTER_SCHEMA: &str = "\
A schema is JSON Schema (2020-12). Within a version, properties are added and none is removed or changes its meaning.

Exit status: 0 printed; 2 there is no such schema.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_SCHEMA)]
pub(super) struct SchemaArgs {
    /// The schema, as the output names it: pregrub.check/1, or check for the newest version [default: list all]
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(args: &SchemaArgs) -> Result<Status, Error> {
    let mut out = Out::new(Color::Never);
    match &args.name {
        None => {
            let width = SCHEMAS.iter().map(|schema| schema.name.len()).max().unwrap_or_default();
            for Schema { name, about, .. } in SCHEMAS {
                writeln!(out.text(), "{name:width$}  {about}")?;
            }
        }
        Some(name) => {
            let schema = Schema::find(name).ok_or_else(|| {
                Error::Usage(format!("there is no schema `{name}`: `pregrub schema` without a name lists them"))
            })?;
            out.own().write_all(schema.text.as_bytes())?;
        }
    }
    out.finish()?;
    Ok(Status::Fine)
}
