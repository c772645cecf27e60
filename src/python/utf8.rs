//! Strict UTF-8 decoding, with the words of Python's `UnicodeDecodeError`.

/// Where and why `bytes.decode()` fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnicodeDecodeError {
    /// Byte offset of the first byte of the offending sequence.
    pub start: usize,
    /// Byte offset after its last byte.
    pub end: usize,
    /// Python's message, literally.
    pub message: String,
}

/// `buffer.decode()` of Python 3.
///
/// # Errors
///
/// The error that Python raises for the first sequence that is not UTF-8.
pub fn decode(buffer: &[u8]) -> Result<&str, UnicodeDecodeError> {
    std::str::from_utf8(buffer).map_err(|error| {
        let start = error.valid_up_to();
        let first = buffer[start];
        let (end, reason) = match error.error_len() {
            None => (buffer.len(), "unexpected end of data"),
            Some(_) if matches!(first, 0x80..=0xc1 | 0xf5..=0xff) => (start + 1, "invalid start byte"),
            Some(len) => (start + len, "invalid continuation byte"),
        };
        let message = if end - start == 1 {
            format!("'utf-8' codec can't decode byte 0x{first:02x} in position {start}: {reason}")
        } else {
            format!("'utf-8' codec can't decode bytes in position {start}-{}: {reason}", end - 1)
        };
        UnicodeDecodeError { start, end, message }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(buffer: &[u8]) -> String {
        decode(buffer).unwrap_err().message
    }

    // Expected values: printed by python3.11 for the same bytes.
    #[test]
    fn says_what_python_says() {
        assert_eq!(message(b"a\xff"), "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte");
        assert_eq!(message(b"\xe9 "), "'utf-8' codec can't decode byte 0xe9 in position 0: invalid continuation byte");
        assert_eq!(
            message(b"\xe2\x82 "),
            "'utf-8' codec can't decode bytes in position 0-1: invalid continuation byte"
        );
        assert_eq!(message(b"ab\xe2\x82"), "'utf-8' codec can't decode bytes in position 2-3: unexpected end of data");
        assert_eq!(message(b"\xe2"), "'utf-8' codec can't decode byte 0xe2 in position 0: unexpected end of data");
        assert_eq!(
            message(b"\xed\xa0\x80"),
            "'utf-8' codec can't decode byte 0xed in position 0: invalid continuation byte"
        );
        assert_eq!(message(b"\xc0\x80"), "'utf-8' codec can't decode byte 0xc0 in position 0: invalid start byte");
    }
}
