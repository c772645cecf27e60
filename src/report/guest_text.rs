//! Text of a guest in a page. maud escapes what HTML reads as markup; here is what it leaves: characters that nobody sees, that turn the
//! writing direction, or that XML does not allow.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::escape::{beginning, is_unsafe_char, push_escaped};

/// `text` on one line, with such characters escaped as `\x1b` and `\u202e`.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let is_unsafe = |c: char| c != '\t' && is_unsafe_char(c) || is_no_character(c);
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_no_character(c) {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        } else if c == '\t' {
            out.push(c);
        } else {
            push_escaped(&mut out, c);
        }
    }
    Cow::Owned(out)
}

/// What XML has no place for, escaped or not.
fn is_no_character(c: char) -> bool {
    matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// The first `most` characters of `text`.
pub(crate) fn short(text: &str, most: usize) -> String {
    plain(&beginning(text, most)).into_owned()
}

/// Bytes as text: what is escaped is marked, and so are bytes that are not UTF-8, as `\xe9`.
pub(crate) fn marked(bytes: &[u8]) -> Markup {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    let mut push = |is_raw: bool, text: &str| match pieces.last_mut() {
        Some((raw, piece)) if *raw == is_raw => piece.push_str(text),
        _ => pieces.push((is_raw, text.to_owned())),
    };
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let mut buffer = [0; 4];
            let text = c.encode_utf8(&mut buffer);
            let shown = plain(text);
            push(matches!(shown, Cow::Owned(_)), &shown);
        }
        for byte in chunk.invalid() {
            push(true, &format!("\\x{byte:02x}"));
        }
    }
    html! {
        @for (is_raw, text) in &pieces {
            @if *is_raw { span class="raw" { (text) } } @else { (text) }
        }
    }
}

/// The first `most` bytes of a text of a guest, [`marked`].
pub(crate) fn marked_short(bytes: &[u8], most: usize) -> Markup {
    let shown = bytes.get(..most).unwrap_or(bytes);
    html! { (marked(shown)) @if shown.len() < bytes.len() { "\u{2026}" } }
}

/// The net under all else: a finished document without any such character, wherever it comes from. Lines and tabs stay.
pub(crate) fn kept_in_place(document: String) -> String {
    let is_unsafe = |c: char| !matches!(c, '\n' | '\t') && (is_unsafe_char(c) || is_no_character(c));
    if !document.contains(is_unsafe) {
        return document;
    }
    let lines: Vec<Cow<'_, str>> = document.split('\n').map(plain).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_shown() {
        assert_eq!(plain("a\u{202e}b\r\n\tc\u{fffe}"), "a\\u202eb\\x0d\\x0a\tc\\ufffe");
        assert_eq!(short("a<b>", 2), "a<...");
        assert_eq!(kept_in_place("<p>\n\u{200b}\u{7}</p>".to_owned()), "<p>\n\\u200b\\x07</p>");
    }

    #[test]
    fn bytes_keep_their_values() {
        let shown = marked(b"caf\xe9 <b> \x1b[1m \xc3\xbc").into_string();
        assert_eq!(shown, "caf<span class=\"raw\">\\xe9</span> &lt;b&gt; <span class=\"raw\">\\x1b</span>[1m \u{fc}");
    }
}
