//! Where in a configuration something stands.

use std::ops::Range;

use serde::Serialize;

/// A piece of one line of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Byte offset of the first byte, from the start of the file.
    #[serde(skip)]
    pub start: u32,
    /// Byte offset after the last byte.
    #[serde(skip)]
    pub end: u32,
    /// Line, counted from 1. Lines end at U+000A only.
    pub line: u32,
    /// Column, counted from 1, in characters (in bytes for releases that run under Python 2).
    pub column: u32,
    /// Length in the unit of `column`.
    pub length: u32,
}

impl Span {
    /// The bytes that it covers.
    pub fn range(self) -> Range<usize> {
        // A u32 fits wherever a configuration does.
        self.start as usize..self.end as usize
    }
}

/// One line, stripped, and what is needed to find its pieces in the file again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineText<'a> {
    /// The stripped line.
    pub text: &'a str,
    /// Byte offset of `text` in the file.
    pub start: usize,
    /// Line number from 1.
    pub number: u32,
    /// Column of the first character of `text`, from 0.
    pub indent: u32,
    /// What its characters are in the file.
    pub units: Units,
}

/// How the characters of a line, the bytes of its text here and the bytes of the file relate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Units {
    /// All are the same: ASCII.
    Ascii,
    /// A character is a byte of the file, and more here: text made by `python::bytes::wrap`.
    Wrapped,
    /// The bytes are the same, characters are UTF-8.
    Utf8,
}

impl<'a> LineText<'a> {
    /// The span of the whole stripped line.
    pub(crate) fn span(&self) -> Span {
        self.span_of(self.text)
    }

    /// The span of a piece of `self.text`.
    pub(crate) fn span_of(&self, piece: &str) -> Span {
        // A piece is a sub-slice, so the distance of the addresses is its place; anything else counts as the whole line.
        let from = (piece.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let (before, piece) = match self.text.get(..from) {
            Some(before) if from + piece.len() <= self.text.len() => (before, piece),
            _ => ("", self.text),
        };
        let (chars_before, length) = match self.units {
            Units::Ascii => (before.len(), piece.len()),
            Units::Wrapped | Units::Utf8 => (before.chars().count(), piece.chars().count()),
        };
        let (bytes_before, bytes) = match self.units {
            Units::Utf8 => (before.len(), piece.len()),
            Units::Ascii | Units::Wrapped => (chars_before, length),
        };
        let start = self.start + bytes_before;
        Span {
            start: narrow(start),
            end: narrow(start + bytes),
            line: self.number,
            column: narrow(chars_before).saturating_add(self.indent).saturating_add(1),
            length: narrow(length),
        }
    }
}

/// Counts beyond what a span can hold do not occur in files that pregrub reads; they saturate.
pub(crate) fn narrow(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
