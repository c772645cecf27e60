//! Who sits at the drop-in's console: messages go to standard error as they come, and the menu to the terminal.

use std::io::{self, Write};

use crate::boot::{Console, Menu};
use crate::cli::runner_commands::{self, Disarmed, Form};
use crate::config::Config;
use crate::python::PyStr;
use crate::release::Release;

/// Says what pygrub says, and lets `menu` show the menu.
pub(super) struct Talking<'a> {
    pub menu: &'a mut dyn Console,
    /// Whether the configuration that is found is announced: not with `--isconfig`.
    pub announces: bool,
    /// How many lines have been said.
    pub said: usize,
}

impl Console for Talking<'_> {
    fn say(&mut self, line: &PyStr) {
        self.said += 1;
        if self.announces || !line.as_bytes().starts_with(b"Using ") {
            complain(line.as_bytes());
        }
    }

    fn show(&mut self, config: &Config, text: &[u8], release: Release) -> Menu {
        self.menu.show(config, text, release)
    }
}

/// A line on standard error, at once.
pub(super) fn complain(line: &[u8]) {
    // There is nobody left to tell that standard error cannot be written to.
    let _ = write(io::stderr().lock(), &[line, b"\n"].concat());
}

/// What pygrub prints on standard output besides the result.
pub(super) fn print(text: &[u8]) -> io::Result<()> {
    write(io::stdout().lock(), text)
}

/// As pygrub writes it; where a runner of continuous integration reads it, no command of a guest's is in it.
fn write(mut to: impl Write, text: &[u8]) -> io::Result<()> {
    let form = if runner_commands::are_obeyed() { Form::Raw } else { Form::Unread };
    let mut out = Vec::with_capacity(text.len());
    Disarmed::new(&mut out, form).write_all(text)?;
    to.write_all(&out)?;
    to.flush()
}
