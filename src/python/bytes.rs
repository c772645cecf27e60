//! Python 2's byte strings inside Rust's `&str`.
//!
//! Under Python 2 a line of a configuration is a string of bytes: a character is a byte, white space is ASCII, nothing is decoded.
//! So that one grammar serves both Pythons, every byte that Python 3 would treat otherwise (0x80-0xFF, and 0x1C-0x1F, which are
//! white space for Python 3 only) is put into a private-use character, U+E000 plus the byte. One character is one byte
//! then, and no such character is white space, a digit or a letter.

use std::borrow::Cow;

const BASE: u32 = 0xe000;

fn is_plain(byte: u8) -> bool {
    byte < 0x80 && !matches!(byte, 0x1c..=0x1f)
}

/// The line as one character a byte. Borrowed where no byte needs a stand-in.
pub fn wrap(line: &[u8]) -> Cow<'_, str> {
    if line.iter().copied().all(is_plain)
        && let Ok(text) = std::str::from_utf8(line)
    {
        return Cow::Borrowed(text);
    }
    let wrapped = line.iter().map(|&byte| {
        let code = u32::from(byte);
        char::from_u32(if is_plain(byte) { code } else { BASE + code }).unwrap_or(char::REPLACEMENT_CHARACTER)
    });
    Cow::Owned(wrapped.collect())
}

/// The bytes behind a text that [`wrap`] made.
pub fn unwrap(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| {
            let code = u32::from(c);
            // Only wrapped text comes here: plain characters are ASCII, all others lie in the private-use block.
            u8::try_from(if code >= BASE { code - BASE } else { code }).unwrap_or(b'?')
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives() {
        let all: Vec<u8> = (0..=255).collect();
        let wrapped = wrap(&all);
        assert_eq!(wrapped.chars().count(), 256);
        assert_eq!(unwrap(&wrapped), all);
    }

    #[test]
    fn plain_lines_are_borrowed() {
        assert!(matches!(wrap(b"linux /k a=b\t"), Cow::Borrowed(_)));
        assert!(matches!(wrap(b"a\x1cb"), Cow::Owned(_)));
    }
}
