//! What pygrub logs as warnings while it parses.

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::span::narrow;
use crate::python::{PyStr, Python, bytes};

/// The warnings of a configuration, in order. A file of a mebibyte can have one for every other byte, so that they share their memory.
#[derive(Clone, Debug, Default)]
pub struct Warnings {
    text: Vec<u8>,
    each: Vec<Piece>,
}

/// A warning that pygrub logs.
#[derive(Clone, Debug)]
pub struct Warning {
    /// The message: `Unknown directive terminal_output`. On standard error it follows `WARNING:root:`.
    pub message: PyStr,
    /// The line that it comes from, counted from 1.
    pub line: u32,
}

/// How a message begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beginning {
    /// As the text does.
    Nothing,
    /// `Unknown directive `.
    Directive,
    /// `Unknown image directive `.
    ImageDirective,
}

impl Beginning {
    fn text(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Directive => "Unknown directive ",
            Self::ImageDirective => "Unknown image directive ",
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    /// Where its text ends. It begins where that of the piece before it ends.
    end: u32,
    line: u32,
    beginning: Beginning,
}

impl Warnings {
    /// Adds a warning: `text` is a piece of a line, as the parsers hold it, under the given Python.
    pub(super) fn push(&mut self, beginning: Beginning, text: &str, python: Python, line: u32) {
        if python == Python::Three || text.is_ascii() {
            self.text.extend_from_slice(text.as_bytes());
        } else {
            bytes::unwrap_into(text, &mut self.text);
        }
        self.each.push(Piece { end: narrow(self.text.len()), line, beginning });
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.each.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.each.is_empty()
    }

    /// The warnings.
    pub fn iter(&self) -> impl Iterator<Item = Warning> {
        let mut start = 0;
        self.each.iter().map(move |piece| {
            let end = piece.end as usize;
            let text = self.text.get(start..end).unwrap_or_default();
            start = end;
            Warning { message: [piece.beginning.text().as_bytes(), text].concat().into(), line: piece.line }
        })
    }
}

/// The messages.
impl Serialize for Warnings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for warning in self.iter() {
            list.serialize_element(&warning.message)?;
        }
        list.end()
    }
}
