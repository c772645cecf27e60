//! Text of a guest on one line.

#[cfg(feature = "cli")]
use std::fmt;
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

/// A line for a program that shows links of the form `[text](address)`: without one that a guest might plant.
pub(super) fn without_links(line: String) -> String {
    if line.contains("](") { literal(&line, r"\[]") } else { line }
}

/// A line for a program that shows Markdown: without links and elements that a guest might plant.
pub(super) fn without_markup(line: String) -> String {
    if line.contains("](") || line.contains('<') { literal(&line, r"\[]<`") } else { line }
}

/// `line` with a backslash before each of these characters.
fn literal(line: &str, characters: &str) -> String {
    let mut literal = String::with_capacity(line.len());
    for c in line.chars() {
        if characters.contains(c) {
            literal.push('\\');
        }
        literal.push(c);
    }
    literal
}

/// `text` with the same escapes, in as many lines as it has.
#[cfg(feature = "cli")]
pub(super) fn same_lines(text: &str) -> String {
    text.split('\n').map(one_line).collect::<Vec<_>>().join("\n")
}

/// Writes text with the same escapes: each `write!` makes one line at most, since only the line feed at its end passes. Text of several
/// lines passes through `write_all`.
#[cfg(feature = "cli")]
pub(super) struct Uncolored<'a>(pub(super) &'a mut dyn Write);

#[cfg(feature = "cli")]
impl Write for Uncolored<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        // Formatting hands over pieces that begin and end between characters.
        self.0.write_all(same_lines(&String::from_utf8_lossy(buf)).as_bytes())?;
        Ok(buf.len())
    }

    fn write_fmt(&mut self, piece: fmt::Arguments<'_>) -> io::Result<()> {
        let text = piece.to_string();
        let (line, end) = text.strip_suffix('\n').map_or((text.as_str(), ""), |line| (line, "\n"));
        self.0.write_all((one_line(line) + end).as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "cli")]
    #[test]
    fn a_formatted_piece_is_one_line() {
        let mut out = Vec::new();
        let forged = "/a\nboots: b\n";
        writeln!(Uncolored(&mut out), "kernel {forged}").unwrap();
        Uncolored(&mut out).write_all(b"c\nd\n").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "kernel /a\\x0aboots: b\\x0a\nc\nd\n");
    }

    #[test]
    fn markup_is_literal() {
        let of = |line: &str| (without_links(line.to_owned()), without_markup(line.to_owned()));
        for line in ["`linux` is a [word] of a\\b", "a > b"] {
            assert_eq!(of(line), (line.to_owned(), line.to_owned()));
        }
        let link = r"\[a\](b)";
        assert_eq!(of("[a](b)"), (link.to_owned(), link.to_owned()));
        assert_eq!(of(link).0, r"\\\[a\\\](b)");
        assert_eq!(of("`x` <img src=y>`"), ("`x` <img src=y>`".to_owned(), r"\`x\` \<img src=y>\`".to_owned()));
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(one_line("a\n::error::b\x1b[2J\tc\u{9b}é"), "a\\x0a::error::b\\x1b[2J c\\x9bé");
    }
}
