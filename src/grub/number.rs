//! Numbers as GRUB reads them.

/// Why there is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotANumber {
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
pub fn read(text: &[u8]) -> Result<(u64, &[u8]), NotANumber> {
    let start = text.iter().position(|byte| !is_space(*byte)).unwrap_or(text.len());
    let text = &text[start..];
    let (base, mut rest) = match text {
        [b'0', b'x' | b'X', digits @ ..] => (16, digits),
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
pub fn read_signed(text: &[u8]) -> Result<(i64, &[u8]), NotANumber> {
    let start = text.iter().position(|byte| !is_space(*byte)).unwrap_or(text.len());
    let (negative, digits) = match &text[start..] {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (number, rest) = read(digits)?;
    let signed = i64::try_from(number).map_err(|_| NotANumber::TooLarge)?;
    Ok((if negative { -signed } else { signed }, rest))
}

/// Whether GRUB takes a byte for white space.
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}
