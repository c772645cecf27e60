//! The lines of a file as pygrub's parsers see them: split at U+000A, stripped, empty ones left out.

use std::borrow::Cow;
use std::ops::Range;

use super::grammar::Split;
use super::span::{LineText, Span, Units, narrow};
use crate::python::bytes;
use crate::python::py_str;

/// A line that owns its text where Python 2 asks for stand-ins.
pub(super) struct Line<'a> {
    text: Cow<'a, str>,
    start: usize,
    number: u32,
    indent: u32,
    units: Units,
}

/// A line of an entry's body: kept, with how it is split, until the entry ends.
pub(super) struct BodyLine<'a> {
    line: Line<'a>,
    command: Range<usize>,
    argument: Range<usize>,
}

impl<'a> BodyLine<'a> {
    /// Takes the line and how it is split. `parts` are pieces of its text.
    pub(super) fn new(line: Line<'a>, parts: Ranges) -> Self {
        Self { line, command: parts.command, argument: parts.argument }
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

/// Where the pieces of a split line stand in it.
pub(super) struct Ranges {
    command: Range<usize>,
    argument: Range<usize>,
}

impl Ranges {
    /// Finds the pieces in the line that they are pieces of.
    pub(super) fn of(line: &str, parts: Split<'_>) -> Self {
        let range = |piece: &str| {
            let start = piece.as_ptr() as usize - line.as_ptr() as usize;
            start..start + piece.len()
        };
        Self { command: range(parts.command), argument: range(parts.argument) }
    }
}

impl Line<'_> {
    /// The line, for reading and for finding spans.
    pub(super) fn get(&self) -> LineText<'_> {
        LineText { text: &self.text, start: self.start, number: self.number, indent: self.indent, units: self.units }
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

/// The stripped lines of `buffer` that are not empty.
pub(super) fn lines(buffer: Buffer<'_>) -> impl Iterator<Item = Line<'_>> {
    let (buffer, decoded) = match buffer {
        Buffer::Decoded(text) => (text.as_bytes(), Some(text)),
        Buffer::Bytes(bytes) => (bytes, None),
    };
    let mut position = 0;
    let mut number = 0;
    std::iter::from_fn(move || {
        while position <= buffer.len() {
            let start = position;
            let end = memchr::memchr(b'\n', &buffer[start..]).map_or(buffer.len(), |length| start + length);
            position = end + 1;
            number += 1;
            let whole = match decoded.and_then(|text| text.get(start..end)) {
                Some(line) => Cow::Borrowed(line),
                None => bytes::wrap(&buffer[start..end]),
            };
            let line = stripped(whole, start, number);
            if !line.text.is_empty() {
                return Some(line);
            }
        }
        None
    })
}

fn stripped(whole: Cow<'_, str>, start: usize, number: u32) -> Line<'_> {
    match whole {
        Cow::Borrowed(whole) => {
            let units = if whole.is_ascii() { Units::Ascii } else { Units::Utf8 };
            let text = py_str::strip(whole);
            let before = &whole[..text.as_ptr() as usize - whole.as_ptr() as usize];
            let indent = if units == Units::Ascii { before.len() } else { before.chars().count() };
            Line { text: Cow::Borrowed(text), start: start + before.len(), number, indent: narrow(indent), units }
        }
        Cow::Owned(mut whole) => {
            // In place: a line may be most of the file. White space in front of wrapped text is ASCII.
            whole.truncate(whole.trim_end_matches(py_str::is_space).len());
            let before = whole.len() - whole.trim_start_matches(py_str::is_space).len();
            whole.drain(..before);
            let (start, indent) = (start + before, narrow(before));
            Line { text: Cow::Owned(whole), start, number, indent, units: Units::Wrapped }
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
