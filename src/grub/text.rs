//! The text of a script as GRUB's parser gets it: line by line.

use std::rc::Rc;

/// A script. Each byte is one character here (those above 0x7f are U+0080 to U+00FF), so that the grammar can read any bytes;
/// every line ends with a line feed.
#[derive(Clone, Debug)]
pub struct ScriptText {
    /// The file, or whatever else it comes from.
    pub origin: Rc<str>,
    text: Rc<str>,
    /// The line of the original for each line of the text.
    lines: Rc<[u32]>,
}

impl ScriptText {
    /// A file as GRUB reads it: carriage returns vanish, a line that begins with `#` is passed over, even inside of quotes, and a
    /// line ends at its first NUL.
    pub fn file(origin: &str, bytes: &[u8]) -> Self {
        Self::read(origin, bytes, true)
    }

    /// A text as grub-script-check reads it: every line counts, and a carriage return inside of one is a letter.
    pub fn verbatim(origin: &str, bytes: &[u8]) -> Self {
        Self::read(origin, bytes, false)
    }

    fn read(origin: &str, bytes: &[u8], as_file: bool) -> Self {
        let mut text = String::with_capacity(bytes.len() + 1);
        let mut lines = Vec::new();
        let mut rest = bytes;
        let mut number = 0_u32;
        while !rest.is_empty() {
            number = number.saturating_add(1);
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let line = &rest[..end];
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            rest = rest.get(end + 1..).unwrap_or_default();
            if as_file && line.first() == Some(&b'#') {
                continue;
            }
            push_line(&mut text, line, as_file);
            lines.push(number);
        }
        Self { origin: origin.into(), text: text.into(), lines: lines.into() }
    }

    /// The source of a menu entry: what stands between its braces. `line` is the line of the opening brace.
    pub(super) fn source(origin: &Rc<str>, text: &str, lines: Vec<u32>) -> Self {
        let mut text = text.to_owned();
        if !text.ends_with('\n') {
            text.push('\n');
        }
        Self { origin: Rc::clone(origin), text: text.into(), lines: lines.into() }
    }

    /// How many bytes it takes.
    pub(super) fn size(&self) -> usize {
        self.text.len().saturating_add(self.lines.len().saturating_mul(4))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The original's number of the `index`th line.
    pub(super) fn line(&self, index: usize) -> u32 {
        self.lines.get(index).or(self.lines.last()).copied().unwrap_or(1)
    }
}

fn push_line(text: &mut String, line: &[u8], as_file: bool) {
    let line = &line[..memchr::memchr(0, line).unwrap_or(line.len())];
    match std::str::from_utf8(line) {
        Ok(plain) if line.is_ascii() && !(as_file && line.contains(&b'\r')) => text.push_str(plain),
        _ => text.extend(line.iter().filter(|byte| !as_file || **byte != b'\r').map(|byte| char::from(*byte))),
    }
    text.push('\n');
}

/// The bytes that characters stand for.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    if text.is_ascii() {
        text.as_bytes().to_vec()
    } else {
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_grub_gets_them() {
        let text = ScriptText::file("f", b"a\r\n#b\nc\xe9\n\nd\0e");
        assert_eq!(text.as_str(), "a\nc\u{e9}\n\nd\n");
        assert_eq!((0..5).map(|line| text.line(line)).collect::<Vec<_>>(), [1, 3, 4, 5, 5]);
        assert_eq!(bytes("c\u{e9}"), b"c\xe9");
    }
}
