//! What a guest wrote must not steer the terminal of who reads about it: it is escaped on its way out.

use std::io::{self, Write};

use crate::escape::{is_unsafe_char, push_escaped};

/// Escapes control characters and invisible ones as `\x1b` and `\u202e`; line feeds and tabs pass. Where colours are on, so do the
/// sequences that set them, ours and any other.
pub(super) struct EscapingWriter<W> {
    inner: W,
    color: bool,
    /// How long a line may be, in bytes.
    longest: usize,
    /// How long the line is so far.
    length: usize,
}

/// Nobody reads a longer line, and a guest can write one of a mebibyte.
const LONGEST: usize = 16 << 10;

impl<W: Write> EscapingWriter<W> {
    pub(super) fn new(inner: W, color: bool) -> Self {
        Self { inner, color, longest: LONGEST, length: 0 }
    }

    /// For what is written to be used, and not to be read: lines of any length.
    pub(super) fn in_full(mut self) -> Self {
        self.longest = usize::MAX;
        self
    }
}

/// The length of an ESC `[` ... `m` at the start of `bytes`.
fn color_sequence(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"\x1b[")?;
    let end = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';'))?;
    (rest[end] == b'm').then_some(end + 3)
}

impl<W: Write> EscapingWriter<W> {
    /// Hands on what is escaped; of a line that is too long only the beginning.
    fn hand_on(&mut self, text: &str) -> io::Result<()> {
        for piece in text.split_inclusive('\n') {
            let (line, end) = match piece.strip_suffix('\n') {
                Some(line) => (line, "\n"),
                None => (piece, ""),
            };
            let left = self.longest.saturating_sub(self.length);
            self.length = self.length.saturating_add(line.len());
            if line.len() <= left {
                self.inner.write_all(line.as_bytes())?;
            } else if left > 0 {
                let end = (0..=left).rev().find(|at| line.is_char_boundary(*at)).unwrap_or_default();
                self.inner.write_all(&line.as_bytes()[..end])?;
            }
            if !end.is_empty() {
                if let Some(more) = self.length.checked_sub(self.longest).filter(|more| *more > 0) {
                    let reset = if self.color { "\x1b[0m" } else { "" };
                    write!(self.inner, "{reset}... ({more} bytes more)")?;
                }
                self.inner.write_all(end.as_bytes())?;
                self.length = 0;
            }
        }
        Ok(())
    }
}

impl<W: Write> Write for EscapingWriter<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut out = String::with_capacity(buf.len());
        for chunk in buf.utf8_chunks() {
            let mut rest = chunk.valid();
            while let Some(c) = rest.chars().next() {
                let length = match color_sequence(rest.as_bytes()).filter(|_| self.color) {
                    Some(length) => length,
                    // A run of what passes as it is.
                    None => rest.find(|c| is_unsafe_char(c) && !matches!(c, '\n' | '\t')).unwrap_or(rest.len()),
                };
                if length > 0 {
                    out.push_str(&rest[..length]);
                    rest = &rest[length..];
                } else {
                    push_escaped(&mut out, c);
                    rest = &rest[c.len_utf8()..];
                }
            }
            // A terminal that knows no UTF-8 may obey such bytes.
            for byte in chunk.invalid() {
                out.push_str(&format!("\\x{byte:02x}"));
            }
        }
        self.hand_on(&out)?;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded(text: &str, color: bool) -> String {
        let mut out = Vec::new();
        EscapingWriter::new(&mut out, color).write_all(text.as_bytes()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn long_lines_are_cut() {
        let long = "é".repeat(LONGEST);
        let text = guarded(&format!("a{long}\nb\n"), false);
        assert!(text.starts_with("aéé") && text.ends_with("é... (16385 bytes more)\nb\n"), "{}", text.len());
        assert_eq!(text.lines().next().unwrap().len(), LONGEST - 1 + "... (16385 bytes more)".len());
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(guarded("A\x1b[2JB\x07\u{9b}\t\u{7f}é\n", false), "A\\x1b[2JB\\x07\\x9b\t\\x7fé\n");
        assert_eq!(guarded("a\u{202e}b\u{ad}c", false), "a\\u202eb\\xadc");
        assert_eq!(guarded("\x1b[1;31mred\x1b[0m\x1b]0;x\x07\x1b[", true), "\x1b[1;31mred\x1b[0m\\x1b]0;x\\x07\\x1b[");
    }
}
