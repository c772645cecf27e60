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

    /// A text as grub-script-check reads it: every line counts, and a carriage return inside of one is a space.
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
            let line = if as_file { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
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

    /// Turns offsets in this text, in ascending order, into those in `bytes`, the file that it was made of.
    pub(super) fn find_in_file(&self, bytes: &[u8], places: Vec<&mut u32>) {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let mut lines = self.lines.iter().zip(self.text.split_inclusive('\n'));
        // The line of the text and where it begins; the line of the file, by number, place and bytes.
        let (mut line, mut start) = ("", 0);
        let (mut number, mut file_start, mut rest) = (0, 0, bytes);
        let mut file_line = &b""[..];
        // How far both lines have been gone through, and whether they are the same.
        let (mut at, mut file_at, mut same) = (0, 0, true);
        for place in places {
            let wanted = *place as usize;
            while wanted >= start + line.len() {
                let Some((&next, text)) = lines.next() else { break };
                start += line.len();
                line = text;
                while number < next {
                    number += 1;
                    file_start = bytes.len() - rest.len();
                    let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                    (file_line, rest) = rest.split_at(end);
                }
                same = line.is_ascii() && memchr::memchr(b'\r', file_line).is_none();
                (at, file_at) = (0, 0);
            }
            let end = wanted.saturating_sub(start).min(line.len());
            if same {
                file_at = end;
            } else {
                // Each character is a byte of the file, and carriage returns are left out.
                for _ in line.get(at..end).unwrap_or_default().chars() {
                    file_at += 1;
                    file_at += file_line.iter().skip(file_at).take_while(|byte| **byte == b'\r').count();
                }
            }
            at = end;
            *place = narrow(file_start + file_at);
        }
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
        assert_eq!(ScriptText::verbatim("f", b"a\\\r\n").as_str(), "a\\\r\n");
    }

    #[test]
    fn places_are_found_in_the_file() {
        let file = b"ab\r\n#x\n\xe9\rc \xe9d\r\nef";
        let text = ScriptText::file("f", file);
        let mut places: Vec<u32> =
            (0..text.as_str().len()).filter(|at| text.as_str().is_char_boundary(*at)).map(|at| at as u32).collect();
        let letters: Vec<char> =
            places.iter().map(|at| text.as_str()[*at as usize..].chars().next().unwrap()).collect();
        text.find_in_file(file, places.iter_mut().collect());
        for (letter, place) in letters.into_iter().zip(places).filter(|(letter, _)| *letter != '\n') {
            assert_eq!(u32::from(letter), u32::from(file[place as usize]));
        }
    }
}
