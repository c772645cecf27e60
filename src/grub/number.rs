//! Numbers as GRUB reads them.

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotANumber {
    /// There is no digit.
    Unrecognized,
    /// It does not fit in 64 bits.
    TooLarge,
}

/// Reads the number at the start of `text` (base 16 after `0x`, 8 after a `0` that another octal digit follows, 10 otherwise), and
/// returns it with what follows it. Spaces before it are passed over; there is no sign.
///
/// # Errors
///
/// There is none, or it is too large.
pub(crate) fn read(text: &[u8]) -> Result<(u64, &[u8]), NotANumber> {
    let start = text.iter().position(|byte| !is_space(*byte)).unwrap_or(text.len());
    let text = &text[start..];
    let (base, mut rest) = match text {
        [b'0', b'x', digits @ ..] => (16, digits),
        [b'0', b'0'..=b'7', ..] => (8, &text[1..]),
        _ => (10, text),
    };
    let mut number = 0_u64;
    let mut found = false;
    while let Some(digit) = rest.first().and_then(|byte| char::from(*byte).to_digit(base)) {
        found = true;
        number = number
            .checked_mul(u64::from(base))
            .and_then(|number| number.checked_add(u64::from(digit)))
            .ok_or(NotANumber::TooLarge)?;
        rest = &rest[1..];
    }
    if found { Ok((number, rest)) } else { Err(NotANumber::Unrecognized) }
}

/// As [`read`], with a `-` before it allowed.
///
/// # Errors
///
/// There is none, or it is too large for a signed number of 64 bits.
pub(crate) fn read_signed(text: &[u8]) -> Result<(i64, &[u8]), NotANumber> {
    let start = text.iter().position(|byte| !is_space(*byte)).unwrap_or(text.len());
    let (negative, digits) = match &text[start..] {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (number, rest) = read(digits)?;
    let signed = i64::try_from(number).map_err(|_| NotANumber::TooLarge)?;
    Ok((if negative { -signed } else { signed }, rest))
}

/// Whether a byte is white space to GRUB.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: which entry grub-emu 2.06 boots with such a default, and whether a title of that name wins.
    #[test]
    fn numbers_as_grub_reads_them() {
        let number = |text: &str| read(text.as_bytes()).map(|(number, _)| number);
        for (text, want) in [
            ("1st", 1),
            ("0x1f ", 31),
            ("010", 8),
            ("08", 8),
            ("09x", 9),
            ("0X1", 0),
            ("00", 0),
            ("0b", 0),
            (" 7>8", 7),
        ] {
            assert_eq!(number(text), Ok(want), "{text}");
        }
        for text in ["x1", "-1", "+1", "", "0xg", "0x"] {
            assert_eq!(number(text), Err(NotANumber::Unrecognized), "{text}");
        }
        assert_eq!(number("99999999999999999999"), Err(NotANumber::TooLarge));
        assert_eq!(read_signed(b"-12 "), Ok((-12, &b" "[..])));
    }
}
