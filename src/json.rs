//! JSON as pregrub writes it: with the value that `serde_json` writes, but control, invisible and bidirectional characters stand as
//! `\u` escapes, since a JSON document is read on terminals and in logs, too.

use std::io::{self, Write};

use serde::Serialize;

use crate::escape::is_unsafe_char;

/// Writes `value` in one line, without a line end.
///
/// # Errors
///
/// As `out` says.
#[cfg(feature = "report")]
pub(crate) fn write(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    Ok(serde_json::to_writer(Escaping(out), value)?)
}

/// `value` in one line, without a line end.
#[cfg(feature = "report")]
pub(crate) fn line(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    // Neither a `Vec` nor a report fails: every key of a report is a string.
    let _ = write(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Writes `value` over several lines, without a line end after the last.
///
/// # Errors
///
/// As `out` says.
pub(crate) fn write_pretty(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    Ok(serde_json::to_writer_pretty(Escaping(out), value)?)
}

/// Escapes what [is_unsafe_char](steers) in a document that is written through it. Outside of strings a document is printable ASCII and
/// line feeds, so every such character is one of a string, where the escape means the same.
struct Escaping<'a>(&'a mut dyn Write);

impl Write for Escaping<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        // serde_json writes pieces of strings that begin and end between characters.
        let Ok(text) = std::str::from_utf8(buf) else {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a piece of JSON that is not UTF-8"));
        };
        let mut rest = text;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_unsafe_char(*c) && *c != '\n') {
            self.0.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(self.0, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        self.0.write_all(rest.as_bytes())?;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_nobody_sees_are_escaped_and_mean_the_same() {
        let value = ["a\u{7f}\u{9b}\u{202e}b\u{ad}\u{feff}\u{2028}", "\u{e0041}\u{1f427}é\t\n\u{1b}\"\\"];
        let mut out = Vec::new();
        write_pretty(&value, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "[\n  \"a\\u007f\\u009b\\u202eb\\u00ad\\ufeff\\u2028\",\n  \"\\udb40\\udc41\u{1f427}é\\t\\n\\u001b\\\"\\\\\"\n]"
        );
        assert_eq!(serde_json::from_str::<[String; 2]>(&text).unwrap(), value);
    }
}
