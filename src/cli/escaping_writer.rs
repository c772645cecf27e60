//! What a guest wrote must not steer the terminal of who reads about it: it is escaped on its way out.

use std::io::{self, Write};

use crate::escape::{is_unsafe_char, push_escaped};

/// Escapes control characters and invisible ones as `\x1b` and `\u202e`; line feeds and tabs pass. Where colours are on, so do the
/// sequences that set them, ours and any other.
pub(super) struct EscapingWriter<W> {
    inner: W,
    color: bool,
}

impl<W: Write> EscapingWriter<W> {
    pub(super) fn new(inner: W, color: bool) -> Self {
        Self { inner, color }
    }
}

/// The length of an ESC `[` ... `m` at the start of `bytes`.
fn color_sequence(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"\x1b[")?;
    let end = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';'))?;
    (rest[end] == b'm').then_some(end + 3)
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
        self.inner.write_all(out.as_bytes())?;
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
    fn control_characters_are_escaped() {
        assert_eq!(guarded("A\x1b[2JB\x07\u{9b}\t\u{7f}é\n", false), "A\\x1b[2JB\\x07\\x9b\t\\x7fé\n");
        assert_eq!(guarded("a\u{202e}b\u{ad}c", false), "a\\u202eb\\xadc");
        assert_eq!(guarded("\x1b[1;31mred\x1b[0m\x1b]0;x\x07\x1b[", true), "\x1b[1;31mred\x1b[0m\\x1b]0;x\\x07\\x1b[");
    }
}
