//! What a guest wrote must not steer the terminal of who reads about it: it is escaped on its way out.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};

use crate::escape::{is_unsafe_char, push_escaped};

/// Escapes control characters and invisible ones as `\x1b` and `\u202e`; line feeds and tabs pass. Where colours are on, so do the
/// sequences that set them, ours and any other; where links are on, so do those of links to files.
///
/// What is formatted with `write!` or `writeln!` makes one line at most: only the line feed at its end passes, so that a name with a
/// line feed forges no line. Text of several lines passes through `write_all`.
pub(super) struct EscapingWriter<W> {
    inner: W,
    color: bool,
    links: bool,
    /// How long a line may be, in bytes.
    longest: usize,
    /// How long the line is so far.
    length: usize,
}

/// Nobody reads a longer line, and a guest can write one of a mebibyte.
const LONGEST: usize = 16 << 10;

impl<W: Write> EscapingWriter<W> {
    pub(super) fn new(inner: W, color: bool) -> Self {
        Self { inner, color, links: false, longest: LONGEST, length: 0 }
    }

    /// Lets links to files pass.
    pub(super) fn with_links(mut self, links: bool) -> Self {
        self.links = links;
        self
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

/// The length of an ESC `]8;;` ... ESC `\` at the start of `bytes`: the start of a link to a file, its address in printable ASCII, or the
/// end of a link.
fn link_sequence(bytes: &[u8]) -> Option<usize> {
    let rest = bytes.strip_prefix(b"\x1b]8;;")?;
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-._~%:".contains(byte);
    let end = rest.iter().position(|byte| !is_plain(byte))?;
    let is_file = end == 0 || rest.starts_with(b"file:///");
    (is_file && rest[end..].starts_with(b"\x1b\\")).then_some(5 + end + 2)
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
                let color = color_sequence(rest.as_bytes()).filter(|_| self.color);
                let link = link_sequence(rest.as_bytes()).filter(|_| self.links);
                let length = match color.or(link) {
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

    fn write_fmt(&mut self, piece: fmt::Arguments<'_>) -> io::Result<()> {
        let text = piece.to_string();
        let (line, end) = text.strip_suffix('\n').map_or((text.as_str(), ""), |line| (line, "\n"));
        self.write_all(on_one_line(line).as_bytes())?;
        self.write_all(end.as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// `text` with its line feeds escaped.
pub(super) fn on_one_line(text: &str) -> Cow<'_, str> {
    if text.contains('\n') { text.replace('\n', "\\x0a").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formatted_piece_is_one_line() {
        let mut out = Vec::new();
        let mut writer = EscapingWriter::new(&mut out, false);
        let (forged, cut) = ("a\nboots: b\n", "d\ne");
        writeln!(writer, "fails: {forged}\tc").unwrap();
        write!(writer, "{cut}").unwrap();
        writer.write_all(b"\nf\n").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "fails: a\\x0aboots: b\\x0a\tc\nd\\x0ae\nf\n");
    }

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
    fn links_to_files_pass() {
        let linked = |text: &str, links: bool| {
            let mut out = Vec::new();
            EscapingWriter::new(&mut out, false).with_links(links).write_all(text.as_bytes()).unwrap();
            String::from_utf8(out).unwrap()
        };
        let link = "\x1b]8;;file:///a%20b/grub.cfg\x1b\\name\x1b]8;;\x1b\\";
        assert_eq!(linked(link, true), link);
        assert!(!linked(link, false).contains('\x1b'));
        for other in [
            "\x1b]8;;https://example.org\x1b\\",
            "\x1b]8;;file:///a\x07",
            "\x1b]8;;file:///a b\x1b\\",
            "\x1b]0;x\x1b\\",
        ] {
            assert!(!linked(other, true).contains('\x1b'), "{other:?}");
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(guarded("A\x1b[2JB\x07\u{9b}\t\u{7f}é\n", false), "A\\x1b[2JB\\x07\\x9b\t\\x7fé\n");
        assert_eq!(guarded("a\u{202e}b\u{ad}c", false), "a\\u202eb\\xadc");
        assert_eq!(guarded("\x1b[1;31mred\x1b[0m\x1b]0;x\x07\x1b[", true), "\x1b[1;31mred\x1b[0m\\x1b]0;x\\x07\\x1b[");
    }
}
