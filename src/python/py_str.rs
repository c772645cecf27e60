//! White space, and a piece of text as pygrub holds it.

use std::borrow::Cow;
use std::fmt;

use serde::{Serialize, Serializer};

use crate::python::Python;

/// Whether `str.strip()` and `str.split()` of Python 3 treat `c` as white space. Under Python 2 only ASCII counts, which
/// [`bytes::wrap`](super::bytes::wrap) has taken care of.
pub fn is_space(c: char) -> bool {
    match c {
        '\t'..='\r' | '\u{1c}'..='\u{1f}' | ' ' => true,
        c if c.is_ascii() => false,
        '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' => true,
        '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => true,
        _ => false,
    }
}

/// `text.strip()`.
pub fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// Text as pygrub stores it: bytes under Python 2, UTF-8 under Python 3.
///
/// Serialises as a string where it is UTF-8, else as `{"b64": "..."}`.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct PyStr(Box<[u8]>);

impl PyStr {
    /// Takes a piece of a line, as the parsers hold it, under the given Python.
    pub(crate) fn from_line(piece: &str, python: Python) -> Self {
        match python {
            Python::Two if !piece.is_ascii() => Self(super::bytes::unwrap(piece).into()),
            _ => Self(piece.as_bytes().into()),
        }
    }

    /// The bytes: UTF-8, or whatever a Python 2 release read.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, where it is UTF-8.
    pub fn to_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// The text for people: bytes that are not UTF-8 are shown as U+FFFD.
    pub fn to_string_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }

    /// Whether it is the empty string.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<&str> for PyStr {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl From<Vec<u8>> for PyStr {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl PartialEq<str> for PyStr {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for PyStr {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == other.as_bytes()
    }
}

impl fmt::Display for PyStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}

impl fmt::Debug for PyStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string_lossy(), f)
    }
}

impl Serialize for PyStr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.to_str() {
            Some(text) => serializer.serialize_str(text),
            None => {
                use serde::ser::SerializeMap;
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("b64", &data_encoding::BASE64.encode(&self.0))?;
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_what_python_strips() {
        assert_eq!(strip(" \t\u{a0}\u{1c}a b\u{3000}\r"), "a b");
        assert_eq!(strip("\u{200b}a\u{feff}"), "\u{200b}a\u{feff}");
        assert_eq!(strip(" \u{2003} "), "");
    }

    #[test]
    fn text_that_is_not_utf8_serialises_as_base64() {
        let text = PyStr::from(vec![b'B', 0xe9]);
        assert_eq!(serde_json::to_string(&text).unwrap(), r#"{"b64":"Quk="}"#);
        assert_eq!(serde_json::to_string(&PyStr::from("é")).unwrap(), "\"é\"");
    }
}
