//! Who sits at the drop-in's console: messages go to standard error as they come, and the menu to the terminal.

use std::io::{self, IsTerminal, Write};
use std::ops::RangeInclusive;

use crate::boot::{Console, Menu};
use crate::cli::runner_commands::{self, Disarmed, Form};
use crate::config::Config;
use crate::escape::{is_unsafe_char, push_escaped};
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
    let stderr = io::stderr();
    let shown = if stderr.is_terminal() { without_controls(line) } else { line.to_vec() };
    let _ = write(stderr.lock(), &[shown, b"\n".to_vec()].concat());
}

/// The control characters beyond ASCII, which a terminal that is not one for UTF-8 obeys as single bytes.
const C1: RangeInclusive<u8> = 0x80..=0x9f;

/// A message as a terminal may show it, which what a guest wrote into it does not steer. pygrub writes it as it is.
fn without_controls(line: &[u8]) -> Vec<u8> {
    let mut shown = Vec::with_capacity(line.len());
    for chunk in line.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_unsafe_char(c) && !matches!(c, '\n' | '\t') {
                let mut escaped = String::new();
                push_escaped(&mut escaped, c);
                shown.extend_from_slice(escaped.as_bytes());
            } else {
                shown.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        for &byte in chunk.invalid() {
            if C1.contains(&byte) {
                shown.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
            } else {
                shown.push(byte);
            }
        }
    }
    shown
}

/// Whether a terminal obeys something in a result, whose records end with a line feed or a NUL.
pub(super) fn steers_a_terminal(result: &[u8]) -> bool {
    let is_of_records = |c| matches!(c, '\n' | '\t' | '\0');
    result.utf8_chunks().any(|chunk| {
        chunk.valid().chars().any(|c| is_unsafe_char(c) && !is_of_records(c))
            || chunk.invalid().iter().any(|byte| C1.contains(byte))
    })
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

#[cfg(test)]
mod tests {
    use super::without_controls;

    #[test]
    fn a_message_steers_no_terminal() {
        for (line, shown) in [
            (&b"Error opening /k in guest"[..], &b"Error opening /k in guest"[..]),
            (b"a\tb\nc", b"a\tb\nc"),
            (b"/\x1b[31m\x07\x7f\r", b"/\\x1b[31m\\x07\\x7f\\x0d"),
            ("é\u{9b}".as_bytes(), "é\\x9b".as_bytes()),
            ("a\u{202e}b\u{200b}".as_bytes(), b"a\\u202eb\\u200b"),
            (b"\xff\xfe", b"\xff\xfe"),
            (b"\xff\x9b31m", b"\xff\\x9b31m"),
        ] {
            assert_eq!(without_controls(line), shown, "{line:?}");
        }
    }
}
