//! Text of a guest on one line.

#[cfg(feature = "cli")]
use std::io::{self, Write};

use crate::escape::push_escaped;

/// `text` with every control character escaped, as `\x1b`, and invisible ones, as `\u202e`: a line stays one line, and no
/// terminal and no log obeys it.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => line.push(' '),
            c => push_escaped(&mut line, c),
        }
    }
    line
}

/// `text` with the same escapes, in as many lines as it has.
#[cfg(feature = "cli")]
pub(super) fn same_lines(text: &str) -> String {
    text.split('\n').map(one_line).collect::<Vec<_>>().join("\n")
}

/// Writes text with the same escapes, line feeds apart.
#[cfg(feature = "cli")]
pub(super) struct Uncolored<'a>(pub(super) &'a mut dyn Write);

#[cfg(feature = "cli")]
impl Write for Uncolored<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        // Formatting hands over pieces that begin and end between characters.
        self.0.write_all(same_lines(&String::from_utf8_lossy(buf)).as_bytes())?;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(one_line("a\n::error::b\x1b[2J\tc\u{9b}é"), "a\\x0a::error::b\\x1b[2J c\\x9bé");
    }
}
