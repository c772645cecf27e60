//! `repr()` of strings and lists of strings.

use std::fmt::Write;

use super::tables::PRINTABLE_EDGES;
use super::{Python, bytes};

/// `repr(text)`: quoted with `'`, or with `"` where the text has `'` and no `"`. `text` is as the parsers hold it
/// (see [`bytes`]).
pub fn repr(text: &str, python: Python) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_repr(&mut out, text, usize::MAX, python);
    out
}

/// Such a text as Python 3 writes it to standard error: bytes that are not UTF-8 come out as the escapes of lone surrogates.
pub fn os_text(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\udc{byte:02x}");
        }
    }
    out
}

/// `repr(text)` under Python 3 of a text that came from the command line or the file system: bytes that are not UTF-8 are
/// lone surrogates there (`surrogateescape`).
pub fn repr_os(text: &[u8]) -> String {
    let quote = if text.contains(&b'\'') && !text.contains(&b'"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_char(&mut out, c, quote);
        }
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\udc{byte:02x}");
        }
    }
    out.push(quote);
    out
}

/// Pushes the `repr` of a text of which no more than `limit` characters are looked at, but for the choice of the quotes.
fn push_repr(out: &mut String, text: &str, limit: usize, python: Python) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    match python {
        Python::Three => {
            for c in text.chars().take(limit) {
                push_char(out, c, quote);
            }
        }
        Python::Two => {
            for byte in bytes::unwrap(text) {
                match byte {
                    0x20..=0x7e | b'\t' | b'\n' | b'\r' => push_char(out, char::from(byte), quote),
                    _ => {
                        // Writing to a String cannot fail.
                        let _ = write!(out, "\\x{byte:02x}");
                    }
                }
            }
        }
    }
    out.push(quote);
}

/// `repr(list)` of a list of strings.
pub fn repr_list<'a>(items: impl IntoIterator<Item = &'a str>, python: Python) -> String {
    let mut out = String::new();
    push_repr_list(&mut out, items, python);
    out
}

/// Pushes [`repr_list`].
pub(crate) fn push_repr_list(out: &mut String, items: impl IntoIterator<Item = impl AsRef<str>>, python: Python) {
    out.push('[');
    for (number, item) in items.into_iter().enumerate() {
        if number > 0 {
            out.push_str(", ");
        }
        push_repr(out, item.as_ref(), usize::MAX, python);
    }
    out.push(']');
}

/// The first `limit` characters of the `repr` under Python 3, as C's `%.200R` cuts it in the messages of CPython.
pub(super) fn cut(text: &str, limit: usize) -> String {
    let mut out = String::new();
    push_repr(&mut out, text, limit, Python::Three);
    if let Some((end, _)) = out.char_indices().nth(limit) {
        out.truncate(end);
    }
    out
}

fn push_char(out: &mut String, c: char, quote: char) {
    match c {
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\\' => out.push_str("\\\\"),
        c if c == quote => {
            out.push('\\');
            out.push(c);
        }
        c if is_printable(c) => out.push(c),
        c => {
            let code = u32::from(c);
            // Writing to a String cannot fail.
            let _ = match code {
                0..=0xff => write!(out, "\\x{code:02x}"),
                0x100..=0xffff => write!(out, "\\u{code:04x}"),
                _ => write!(out, "\\U{code:08x}"),
            };
        }
    }
}

/// `str.isprintable()` of one character, by the Unicode data of Python 3.11.
fn is_printable(c: char) -> bool {
    let code = u32::from(c);
    if code < 0x7f {
        return code >= 0x20;
    }
    PRINTABLE_EDGES.partition_point(|&edge| edge <= code) % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: printed by python3.11 and python2.7 for the same text.
    #[test]
    fn quotes_and_escapes() {
        assert_eq!(repr("a", Python::Three), "'a'");
        assert_eq!(repr("it's", Python::Three), "\"it's\"");
        assert_eq!(repr("'\"", Python::Three), "'\\'\"'");
        assert_eq!(repr("\\\t\x1b\u{7f}é\u{a0}\u{200b}\u{1f600}\u{e000}", Python::Three), {
            "'\\\\\\t\\x1b\\x7fé\\xa0\\u200b\u{1f600}\\ue000'"
        });
        assert_eq!(repr(&bytes::wrap("é'".as_bytes()), Python::Two), "\"\\xc3\\xa9'\"");
        assert_eq!(repr_list(["a", "b'"], Python::Three), "['a', \"b'\"]");
        assert_eq!(repr_list([], Python::Three), "[]");
        assert_eq!(repr_os(b"a\xe9'\xff\xc3\xa9"), "\"a\\udce9'\\udcff\u{e9}\"");
    }
}
