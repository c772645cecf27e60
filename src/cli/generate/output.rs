//! Where one generated text goes.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use crate::cli::interrupt::while_writing;
use crate::cli::output_args::Color;
use crate::cli::stdout::Out;
use crate::cli::{Error, Status};
use crate::generate::output::write_file;

#[derive(Debug, Args)]
pub(super) struct Output {
    /// Write it to this file, in full or not at all [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file that is there
    #[arg(long, requires = "output")]
    force: bool,
}

impl Output {
    /// Writes the text.
    pub(super) fn write(&self, text: &str) -> Result<Status, Error> {
        match self.output.as_deref().filter(|path| *path != "-") {
            Some(path) => {
                while_writing(|| write_file(path, text, self.force)).map_err(|error| Error::Usage(error.to_string()))?
            }
            None => {
                let mut out = Out::new(Color::Never);
                out.generated().write_all(text.as_bytes())?;
                out.finish()?;
            }
        }
        Ok(Status::Fine)
    }
}
