//! Characters that steer the terminal or the eye: what a guest wrote with them does not look like what it is. Bytes of a path that are
//! not text at all.

use std::path::Path;

/// Whether `c` is a control character, or one that nobody sees or that moves, hides or turns what stands around it: all that
/// Unicode has programs show as nothing (`Default_Ignorable_Code_Point`: soft hyphens, joiners, fillers, marks and overrides of the
/// writing direction, byte order marks, tags), line and paragraph separators, and annotations. Selectors of variants are among
/// them, although they belong to some emoji: with one, a name looks like another and is not the same.
pub(crate) fn is_unsafe_char(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Pushes `c`; where it [is_unsafe_char](steers) as Python writes it: `\x1b`, `\u202e`, `\U000e0001`.
pub(crate) fn push_escaped(out: &mut String, c: char) {
    if !is_unsafe_char(c) {
        return out.push(c);
    }
    out.push_str(&match u32::from(c) {
        code @ 0..=0xff => format!("\\x{code:02x}"),
        code @ 0x100..=0xffff => format!("\\u{code:04x}"),
        code => format!("\\U{code:08x}"),
    });
}

/// `text` with everything that [is_unsafe_char](steers) in it escaped.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|c| push_escaped(&mut out, c));
    out
}

/// A path as text: bytes that are not UTF-8 become `\\xff`, as Python writes bytes. What steers is left for the output to escape.
pub(crate) fn shown_path(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
    }
    out
}

/// The first `most` characters of `text`, [escaped], and `...` after them where there are more: for a message that must not
/// become too long.
pub(crate) fn beginning(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => escaped(text),
        Some((end, _)) => escaped(&text[..end]) + "...",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_path_of_any_bytes_is_shown() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let shown = |bytes: &[u8]| shown_path(Path::new(OsStr::from_bytes(bytes)));
        assert_eq!(shown(b"/srv/caf\xe9/\xc3\xbc"), "/srv/caf\\xe9/ü");
        assert_eq!(shown(b"\xff\xfe"), "\\xff\\xfe");
    }

    #[test]
    fn what_steers_is_escaped() {
        assert_eq!(escaped("a\x1b[2J\n\u{9b}é"), "a\\x1b[2J\\x0a\\x9bé");
        assert_eq!(escaped("x\u{202e}y\u{200b}\u{feff}\u{e0041}z"), "x\\u202ey\\u200b\\ufeff\\U000e0041z");
        assert_eq!(escaped("a\u{34f}\u{3164}\u{fe0f}b\u{e0100}"), "a\\u034f\\u3164\\ufe0fb\\U000e0100");
        assert_eq!(beginning("é\u{202e}b", 3), "é\\u202eb");
        assert_eq!(beginning("é\u{202e}b", 2), "é\\u202e...");
        assert_eq!(escaped("Über 日本 \u{1f427} \u{a0}"), "Über 日本 \u{1f427} \u{a0}");
    }
}
