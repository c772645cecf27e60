//! Standard output and standard error: colours as the terminal and the user want them, no panic on a closed pipe.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::cli::args::Color;
use crate::cli::escaping_writer::EscapingWriter;
use crate::report::text::Look;

/// Standard output, buffered.
pub(super) struct Out {
    stdout: io::BufWriter<io::StdoutLock<'static>>,
    color: bool,
}

impl Out {
    pub(super) fn new(color: Color) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                io::stdout().is_terminal()
                    && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never
            }
        };
        Self { stdout: io::BufWriter::new(io::stdout().lock()), color }
    }

    /// How text is to look.
    pub(super) fn look(&self, verbose: bool) -> Look {
        let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0).clamp(40, 160));
        Look { color: self.color, width, verbose }
    }

    /// Whether it goes to a terminal.
    pub(super) fn is_seen(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Where text goes.
    pub(super) fn text(&mut self) -> EscapingWriter<&mut dyn Write> {
        EscapingWriter::new(&mut self.stdout, self.color)
    }

    /// Where data goes, as it is: formats that escape what they hold.
    pub(super) fn data(&mut self) -> &mut dyn Write {
        &mut self.stdout
    }

    /// Writes one JSON object on a line of its own.
    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.stdout, value)?;
        self.stdout.write_all(b"\n")
    }

    /// Hands over what there is so far, where somebody watches.
    pub(super) fn flush_for(&mut self, watching: bool) -> io::Result<()> {
        if watching { self.stdout.flush() } else { Ok(()) }
    }

    /// Hands everything over.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}

/// One sentence on standard error. Nobody is left to hear that this failed.
pub(super) fn complain(sentence: &str) {
    let _ = writeln!(EscapingWriter::new(io::stderr(), false), "pregrub: {sentence}");
}
