//! Python 2's byte strings inside Rust's `&str`.
//!
//! Under Python 2 a line of a configuration is a string of bytes: a character is a byte, white space is ASCII, nothing is decoded.
//! So that one grammar serves both Pythons, every byte that Python 3 would treat otherwise (0x80-0xFF, and 0x1C-0x1F, which are
//! white space for Python 3 only) is put into another character, U+0100 plus the byte. One character is one byte then, and no
//! such character is white space or a digit. They are letters, which nothing that runs under Python 2 asks about; in exchange
//! they take no more than two bytes each.

use std::borrow::Cow;

const BASE: u32 = 0x100;

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
    let mut wrapped = String::with_capacity(line.len() + line.iter().filter(|&&byte| !is_plain(byte)).count());
    wrapped.extend(line.iter().map(|&byte| {
        let code = u32::from(byte);
        char::from_u32(if is_plain(byte) { code } else { BASE + code }).unwrap_or(char::REPLACEMENT_CHARACTER)
    }));
    Cow::Owned(wrapped)
}

/// The bytes after a text that [`wrap`] made.
pub fn unwrap(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.chars().count());
    unwrap_into(text, &mut bytes);
    bytes
}

/// Appends what [`unwrap`] gives.
pub(crate) fn unwrap_into(text: &str, bytes: &mut Vec<u8>) {
    bytes.extend(text.chars().map(|c| {
        let code = u32::from(c);
        // Only wrapped text comes here: plain characters are ASCII, all others lie in the block of the stand-ins.
        u8::try_from(if code >= BASE { code - BASE } else { code }).unwrap_or(b'?')
    }));
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
