//! Standard output and standard error: colours as the terminal and the user want them, no panic on a closed pipe, and nothing that
//! steers a terminal or commands a runner of continuous integration.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::cli::escaping_writer::EscapingWriter;
use crate::cli::output_args::Color;
use crate::cli::runner_commands::{self, Disarmed, Form};
use crate::json;
use crate::report::text::Look;

/// Standard output, buffered.
pub(super) struct Out {
    stdout: Disarmed<io::BufWriter<io::StdoutLock<'static>>>,
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
        Self { stdout: Disarmed::new(io::BufWriter::new(io::stdout().lock()), Form::Unread), color }
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

    /// Where text goes that has colours, and where what a guest wrote is escaped before they are added.
    pub(super) fn colored(&mut self) -> EscapingWriter<&mut dyn Write> {
        let color = self.color;
        EscapingWriter::new(self.plain_form(), color)
    }

    /// Where text without colours goes.
    pub(super) fn text(&mut self) -> EscapingWriter<&mut dyn Write> {
        EscapingWriter::new(self.plain_form(), false)
    }

    /// Where a text goes that a program reads: its lines stay as long as they are.
    pub(super) fn generated(&mut self) -> EscapingWriter<&mut dyn Write> {
        self.text().in_full()
    }

    fn plain_form(&mut self) -> &mut dyn Write {
        self.stdout.set_form(if runner_commands::are_obeyed() { Form::Plain } else { Form::Unread });
        &mut self.stdout
    }

    /// Where lines go that are commands of GitHub's runner.
    pub(super) fn annotations(&mut self) -> EscapingWriter<&mut dyn Write> {
        self.stdout.set_form(Form::Annotation);
        EscapingWriter::new(&mut self.stdout, false)
    }

    /// Where data goes as it is, such as a patch. A runner does not read the files that a step writes; of what it reads, commands
    /// are disarmed all the same, and [`has_disarmed`](Self::has_disarmed) says so.
    pub(super) fn data(&mut self) -> &mut dyn Write {
        self.stdout.set_form(if runner_commands::are_obeyed() && !goes_to_a_file() { Form::Raw } else { Form::Unread });
        &mut self.stdout
    }

    /// Whether something that was written would have been a command.
    pub(super) fn has_disarmed(&self) -> bool {
        self.stdout.has_met_one()
    }

    /// Where a JSON document goes that is written through [`json`].
    pub(super) fn json_document(&mut self) -> &mut dyn Write {
        self.stdout.set_form(Form::Json);
        &mut self.stdout
    }

    /// Where an XML document goes.
    pub(super) fn xml_document(&mut self) -> &mut dyn Write {
        self.stdout.set_form(Form::Xml);
        &mut self.stdout
    }

    /// Writes one JSON object on a line of its own.
    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let out = self.json_document();
        json::write(value, out)?;
        out.write_all(b"\n")
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

/// Whether standard output is a regular file.
pub(super) fn goes_to_a_file() -> bool {
    use std::os::fd::AsFd;
    let file = io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from);
    file.and_then(|file| file.metadata()).is_ok_and(|metadata| metadata.is_file())
}

/// Where standard error goes: for people, and disarmed where a runner reads it.
pub(super) fn stderr() -> impl Write {
    let form = if runner_commands::are_obeyed() { Form::Plain } else { Form::Unread };
    EscapingWriter::new(Disarmed::new(io::stderr(), form), false)
}

/// One sentence on standard error. Nobody is left to hear that this failed.
pub(super) fn complain(sentence: &str) {
    let _ = stderr().write_all(format!("pregrub: {sentence}\n").as_bytes());
}
