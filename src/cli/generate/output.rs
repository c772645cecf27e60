//! Where one generated text goes.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use crate::cli::Status;
use crate::cli::args::Color;
use crate::cli::stdout::{Out, complain};
use crate::generate::output::write_file;

#[derive(Debug, Args)]
pub(super) struct Output {
    /// Write it to this file, whole or not at all [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file that is there
    #[arg(long, requires = "output")]
    force: bool,
}

impl Output {
    /// Hands the text over, or says why there is none.
    pub(super) fn write(&self, text: Result<String, String>) -> io::Result<Status> {
        let text = match text {
            Ok(text) => text,
            Err(why) => {
                complain(&why);
                return Ok(Status::Usage);
            }
        };
        let Some(path) = self.output.as_deref().filter(|path| *path != "-") else {
            let mut out = Out::new(Color::Never);
            out.generated().write_all(text.as_bytes())?;
            out.finish()?;
            return Ok(Status::Fine);
        };
        match write_file(path, &text, self.force) {
            Ok(()) => Ok(Status::Fine),
            Err(error) => {
                complain(&error.to_string());
                Ok(Status::Usage)
            }
        }
    }
}
