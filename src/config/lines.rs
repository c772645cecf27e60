//! The lines of a file as pygrub's parsers see them: split at U+000A, stripped, empty ones left out.

use std::borrow::Cow;
use std::ops::Range;

use super::grammar::{Split, grub2::split};
use super::span::{LineText, Span, Units, narrow};
use crate::python::bytes;
use crate::python::py_str;

/// A line that owns its text where Python 2 asks for stand-ins.
pub(super) struct Line<'a> {
    text: Cow<'a, str>,
    /// Where the line begins before it is stripped.
    whole: usize,
    start: usize,
    number: u32,
    indent: u32,
    units: Units,
}

/// A line of an entry's body, and how it is split.
pub(super) struct BodyLine<'a> {
    line: Line<'a>,
    command: Range<usize>,
    argument: Range<usize>,
}

impl<'a> BodyLine<'a> {
    /// Splits the line. The rule for that is the same in all three grammars.
    pub(super) fn new(line: Line<'a>) -> Self {
        let text = &*line.text;
        let parts = split(text);
        let range = |piece: &str| {
            let start = piece.as_ptr() as usize - text.as_ptr() as usize;
            start..start + piece.len()
        };
        let (command, argument) = (range(parts.command), range(parts.argument));
        Self { line, command, argument }
    }

    /// The line.
    pub(super) fn get(&self) -> LineText<'_> {
        self.line.get()
    }

    /// The line in two pieces.
    pub(super) fn split(&self) -> Split<'_> {
        let text: &str = &self.line.text;
        Split { command: &text[self.command.clone()], argument: &text[self.argument.clone()] }
    }
}

/// The lines of an entry, until it ends. A file of a mebibyte can be one entry of half a million lines, so that of each there is only
/// where it begins.
pub(super) struct Body<'a> {
    buffer: Buffer<'a>,
    /// Where the whole line begins, and its number.
    kept: Vec<(u32, u32)>,
}

impl<'a> Body<'a> {
    /// No lines of `buffer`.
    pub(super) fn new(buffer: Buffer<'a>) -> Self {
        Self { buffer, kept: Vec::new() }
    }

    /// Takes a line of the buffer.
    pub(super) fn push(&mut self, line: &Line<'_>) {
        self.kept.push((narrow(line.whole), line.number));
    }

    /// How many lines there are.
    pub(super) fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Lets go of all lines.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.kept.shrink_to(64);
    }

    /// The first line.
    pub(super) fn first(&self) -> Option<BodyLine<'a>> {
        self.iter().next()
    }

    /// The lines, split.
    pub(super) fn iter(&self) -> impl Iterator<Item = BodyLine<'a>> {
        self.unsplit().map(BodyLine::new)
    }

    /// The lines.
    pub(super) fn unsplit(&self) -> impl Iterator<Item = Line<'a>> {
        let buffer = self.buffer;
        self.kept.iter().map(move |(start, number)| buffer.line(*start as usize, *number).0)
    }
}

impl Line<'_> {
    /// The line, for reading and for finding spans.
    pub(super) fn get(&self) -> LineText<'_> {
        LineText { text: &self.text, start: self.start, number: self.number, indent: self.indent, units: self.units }
    }
}

impl AsRef<str> for Line<'_> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

/// The file as a parser gets it.
#[derive(Clone, Copy)]
pub(super) enum Buffer<'a> {
    /// Python 3: text, decoded before it is looked at.
    Decoded(&'a str),
    /// Python 2: bytes.
    Bytes(&'a [u8]),
}

impl<'a> Buffer<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Self::Decoded(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The line that begins at `start`, stripped, and where the next one begins.
    fn line(self, start: usize, number: u32) -> (Line<'a>, usize) {
        let buffer = self.bytes();
        let rest = buffer.get(start..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).map_or(buffer.len(), |length| start + length);
        let decoded = match self {
            Self::Decoded(text) => text.get(start..end),
            Self::Bytes(_) => None,
        };
        let whole = match decoded {
            Some(line) => Cow::Borrowed(line),
            None => bytes::wrap(buffer.get(start..end).unwrap_or_default()),
        };
        (stripped(whole, start, number), end + 1)
    }
}

/// The stripped lines of `buffer` that are not empty.
pub(super) fn lines(buffer: Buffer<'_>) -> impl Iterator<Item = Line<'_>> {
    let mut position = 0;
    let mut number = 0;
    std::iter::from_fn(move || {
        while position <= buffer.bytes().len() {
            number += 1;
            let (line, next) = buffer.line(position, number);
            position = next;
            if !line.text.is_empty() {
                return Some(line);
            }
        }
        None
    })
}

fn stripped(whole: Cow<'_, str>, start: usize, number: u32) -> Line<'_> {
    let line_start = start;
    match whole {
        Cow::Borrowed(whole) => {
            let units = if whole.is_ascii() { Units::Ascii } else { Units::Utf8 };
            let text = py_str::strip(whole);
            let before = &whole[..text.as_ptr() as usize - whole.as_ptr() as usize];
            let indent = if units == Units::Ascii { before.len() } else { before.chars().count() };
            Line {
                text: Cow::Borrowed(text),
                whole: line_start,
                start: start + before.len(),
                number,
                indent: narrow(indent),
                units,
            }
        }
        Cow::Owned(mut whole) => {
            // In place: a line may be most of the file. White space in front of wrapped text is ASCII.
            whole.truncate(whole.trim_end_matches(py_str::is_space).len());
            let before = whole.len() - whole.trim_start_matches(py_str::is_space).len();
            whole.drain(..before);
            let (start, indent) = (start + before, narrow(before));
            Line { text: Cow::Owned(whole), whole: line_start, start, number, indent, units: Units::Wrapped }
        }
    }
}

/// The span of bytes that are not text: the column counts bytes.
pub(super) fn byte_span(buffer: &[u8], start: usize, end: usize) -> Span {
    let line_start = memchr::memrchr(b'\n', &buffer[..start]).map_or(0, |newline| newline + 1);
    let line = memchr::memchr_iter(b'\n', &buffer[..start]).count();
    // In front of the first bad byte all is UTF-8.
    let column = String::from_utf8_lossy(&buffer[line_start..start]).chars().count();
    Span {
        start: narrow(start),
        end: narrow(end),
        line: narrow(line + 1),
        column: narrow(column + 1),
        length: narrow(end - start),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_know_where_they_are() {
        let text = "\n  a b \n\u{a0}é x\r\n\n".as_bytes();
        let lines: Vec<_> = lines(Buffer::Decoded(std::str::from_utf8(text).unwrap())).collect();
        assert_eq!(lines.len(), 2);
        let first = lines[0].get();
        assert_eq!((first.text, first.number, first.start), ("a b", 2, 3));
        let b = first.span_of(&first.text[2..]);
        assert_eq!((b.start, b.end, b.column, b.length), (5, 6, 5, 1));
        let second = lines[1].get();
        let x = second.span_of(&second.text[3..]);
        assert_eq!(("é x", 3, 4, 1), (second.text, x.line, x.column, x.length));
        assert_eq!(&text[x.range()], b"x");
    }

    #[test]
    fn python_2_columns_are_bytes() {
        let text = " é \u{a0}x".as_bytes();
        let lines: Vec<_> = lines(Buffer::Bytes(text)).collect();
        let line = lines[0].get();
        let (last, _) = line.text.char_indices().last().unwrap();
        let x = line.span_of(&line.text[last..]);
        assert_eq!((x.start, x.end, x.column, x.length), (6, 7, 7, 1));
    }

    #[test]
    fn bad_bytes_are_found() {
        let span = byte_span(b"a\nb\xff", 3, 4);
        assert_eq!((span.line, span.column, span.length), (2, 2, 1));
    }
}
