//! `repr()` of strings and lists of strings.

use std::fmt::Write;

use super::tables::PRINTABLE_EDGES;
use super::{Python, bytes};

/// `repr(text)`: quoted with `'`, or with `"` where the text has `'` and no `"`. `text` is as the parsers hold it
/// (see [`bytes`]).
pub fn repr(text: &str, python: Python) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    match python {
        Python::Three => {
            for c in text.chars() {
                push_char(&mut out, c, quote);
            }
        }
        Python::Two => {
            for byte in bytes::unwrap(text) {
                match byte {
                    0x20..=0x7e | b'\t' | b'\n' | b'\r' => push_char(&mut out, char::from(byte), quote),
                    _ => {
                        // Writing to a String cannot fail.
                        let _ = write!(out, "\\x{byte:02x}");
                    }
                }
            }
        }
    }
    out.push(quote);
    out
}

/// `repr(list)` of a list of strings.
pub fn repr_list<'a>(items: impl IntoIterator<Item = &'a str>, python: Python) -> String {
    let inner: Vec<String> = items.into_iter().map(|item| repr(item, python)).collect();
    format!("[{}]", inner.join(", "))
}

/// The first `limit` characters of a `repr`, as C's `%.200R` cuts it in the messages of CPython.
pub(super) fn cut(text: &str, limit: usize) -> &str {
    text.char_indices().nth(limit).map_or(text, |(end, _)| &text[..end])
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
    }
}
