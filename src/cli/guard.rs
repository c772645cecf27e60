//! What a guest wrote must not steer the terminal of who reads about it: control characters are escaped on their way out.

use std::io::{self, Write};

/// Escapes control characters as `\\x1b`; line feeds and tabs pass. Where colours are on, so do the sequences that set them, ours and
/// any other.
pub(super) struct Guard<W> {
    inner: W,
    color: bool,
}

impl<W: Write> Guard<W> {
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

impl<W: Write> Write for Guard<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        let mut plain = 0;
        let mut position = 0;
        while position < buf.len() {
            let rest = &buf[position..];
            if self.color
                && let Some(length) = color_sequence(rest)
            {
                position += length;
                continue;
            }
            // U+0080 to U+009F are two bytes in UTF-8.
            let (code, length) = match *rest {
                [0xc2, second @ 0x80..=0x9f, ..] => (second, 2),
                [byte, ..] if byte < 0x20 && !matches!(byte, b'\n' | b'\t') || byte == 0x7f => (byte, 1),
                _ => {
                    position += 1;
                    continue;
                }
            };
            self.inner.write_all(&buf[plain..position])?;
            write!(self.inner, "\\x{code:02x}")?;
            position += length;
            plain = position;
        }
        self.inner.write_all(&buf[plain..])?;
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
        Guard::new(&mut out, color).write_all(text.as_bytes()).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(guarded("A\x1b[2JB\x07\u{9b}\t\u{7f}é\n", false), "A\\x1b[2JB\\x07\\x9b\t\\x7fé\n");
        assert_eq!(guarded("\x1b[1;31mred\x1b[0m\x1b]0;x\x07\x1b[", true), "\x1b[1;31mred\x1b[0m\\x1b]0;x\\x07\\x1b[");
    }
}
