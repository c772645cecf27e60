//! `int(text)`: what Python takes for an integer, and what it says otherwise.

use std::cmp::Ordering;
use std::fmt;

use serde::{Serialize, Serializer};

use super::tables::DIGIT_ZEROS;
use super::{Python, repr};
use crate::python::py_str;

/// An integer as Python has it, without bound.
///
/// Serialises as a JSON number with all its digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Int {
    /// One that fits.
    Small(i64),
    /// One that does not: an optional `-` and decimal digits without leading zeros.
    Big(Box<str>),
}

impl Int {
    /// The value, where it fits.
    pub fn to_i64(&self) -> Option<i64> {
        match self {
            Self::Small(value) => Some(*value),
            Self::Big(_) => None,
        }
    }

    /// Whether it is less than zero.
    pub fn is_negative(&self) -> bool {
        match self {
            Self::Small(value) => *value < 0,
            Self::Big(digits) => digits.starts_with('-'),
        }
    }

    /// Compares with the length of a list.
    pub fn cmp_len(&self, len: usize) -> Ordering {
        match self {
            Self::Small(value) => i128::from(*value).cmp(&i128::try_from(len).unwrap_or(i128::MAX)),
            Self::Big(_) if self.is_negative() => Ordering::Less,
            Self::Big(_) => Ordering::Greater,
        }
    }

    fn from_digits(negative: bool, digits: &str) -> Self {
        let digits = digits.trim_start_matches('0');
        let signed = format!("{}{}", if negative { "-" } else { "" }, if digits.is_empty() { "0" } else { digits });
        signed.parse().map_or_else(|_| Self::Big(signed.into()), Self::Small)
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Small(value) => value.fmt(f),
            Self::Big(digits) => f.write_str(digits),
        }
    }
}

impl Serialize for Int {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Small(value) => serializer.serialize_i64(*value),
            Self::Big(digits) => match digits.parse::<serde_json::Number>() {
                Ok(number) => number.serialize(serializer),
                Err(error) => Err(serde::ser::Error::custom(error)),
            },
        }
    }
}

/// Python 3.11 refuses to convert more decimal digits than this.
const MAX_DIGITS: usize = 4300;

/// `int(text)`. `text` is as the parsers hold it (see [`bytes`](super::bytes)).
///
/// # Errors
///
/// The message of the `ValueError` that Python raises.
///
/// ```
/// use pregrub::python::{Python, int::parse};
///
/// assert_eq!(parse(" 1_0 ", Python::Three).unwrap().to_i64(), Some(10));
/// assert_eq!(parse("rive1", Python::Three).unwrap_err(), "invalid literal for int() with base 10: 'rive1'");
/// ```
pub fn parse(text: &str, python: Python) -> Result<Int, String> {
    match python {
        Python::Three => parse_three(text),
        Python::Two => parse_two(text),
    }
}

fn digit_value(c: char) -> Option<char> {
    if c.is_ascii() {
        return c.is_ascii_digit().then_some(c);
    }
    let code = u32::from(c);
    let zero = *DIGIT_ZEROS.get(DIGIT_ZEROS.partition_point(|&zero| zero <= code).checked_sub(1)?)?;
    char::from_digit(code - zero, 10)
}

fn is_c_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | ' ')
}

fn parse_three(text: &str) -> Result<Int, String> {
    let invalid = || format!("invalid literal for int() with base 10: {}", repr::cut(text, 200));
    // CPython turns other white space into spaces, but leaves ASCII alone: U+001C to U+001F stay and are refused.
    let is_blank = |c: char| if c.is_ascii() { is_c_space(c) } else { py_str::is_space(c) };
    let rest = text.trim_start_matches(is_blank);
    let (negative, rest) = match rest.strip_prefix(['+', '-']) {
        Some(unsigned) => (rest.starts_with('-'), unsigned),
        None => (false, rest),
    };
    let mut digits = String::new();
    let mut previous = '_';
    let mut end = rest.len();
    for (position, c) in rest.char_indices() {
        if c == '_' {
            if previous == '_' {
                return Err(invalid());
            }
        } else if let Some(digit) = digit_value(c) {
            digits.push(digit);
        } else {
            end = position;
            break;
        }
        previous = c;
    }
    // No digit at all leaves the initial underscore in place.
    if previous == '_' {
        return Err(invalid());
    }
    if digits.len() > MAX_DIGITS {
        return Err(format!(
            "Exceeds the limit ({MAX_DIGITS} digits) for integer string conversion: value has {} digits; \
             use sys.set_int_max_str_digits() to increase the limit",
            digits.len()
        ));
    }
    if !rest[end..].trim_start_matches(is_blank).is_empty() {
        return Err(invalid());
    }
    Ok(Int::from_digits(negative, &digits))
}

fn parse_two(text: &str) -> Result<Int, String> {
    let start = text.trim_start_matches(is_c_space);
    // C strings end at the first NUL.
    let c_string = start.split('\0').next().unwrap_or_default();
    let invalid = || {
        // Cut to 200 bytes before the repr, not after it.
        let shown: String = c_string.chars().take(200).collect();
        format!("invalid literal for int() with base 10: {}", repr::repr(&shown, Python::Two))
    };
    let (negative, rest) = match c_string.strip_prefix(['+', '-']) {
        Some(unsigned) => (c_string.starts_with('-'), unsigned.trim_start_matches(is_c_space)),
        None => (false, c_string),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    if end == 0 || !rest[end..].trim_start_matches(is_c_space).is_empty() {
        return Err(invalid());
    }
    if start.contains('\0') {
        return Err("null byte in argument for int()".to_owned());
    }
    Ok(Int::from_digits(negative, &rest[..end]))
}

#[cfg(test)]
mod tests {
    use super::super::bytes;
    use super::*;

    fn three(text: &str) -> Result<String, String> {
        parse(text, Python::Three).map(|value| value.to_string())
    }

    fn two(text: &str) -> Result<String, String> {
        parse(&bytes::wrap(text.as_bytes()), Python::Two).map(|value| value.to_string())
    }

    // Expected values: printed by python3.11 and python2.7 for the same text.
    #[test]
    fn takes_what_python_3_takes() {
        for (text, value) in [
            ("0", "0"),
            (" 42\t", "42"),
            ("+1", "1"),
            ("-0", "0"),
            ("-12", "-12"),
            ("1_000", "1000"),
            ("\u{661}", "1"),
            ("\u{2003}1\u{a0}", "1"),
            ("007", "7"),
            ("9223372036854775808", "9223372036854775808"),
        ] {
            assert_eq!(three(text).as_deref(), Ok(value), "{text:?}");
        }
        assert!(three(&"1".repeat(4300)).is_ok());
    }

    #[test]
    fn refuses_what_python_3_refuses() {
        for text in
            ["", " ", "_1", "1_", "1__0", "+ 1", "0x1", "1.0", "\u{b2}", "\u{1c}1", "1\u{1c}", "1\0", "--1", "+"]
        {
            assert!(three(text).is_err(), "{text:?}");
        }
        assert_eq!(three("a'").unwrap_err(), "invalid literal for int() with base 10: \"a'\"");
        assert_eq!(three(&"x".repeat(300)).unwrap_err().len(), "invalid literal for int() with base 10: ".len() + 200);
        assert!(three(&"1".repeat(4301)).unwrap_err().starts_with("Exceeds the limit (4300 digits)"));
    }

    #[test]
    fn python_2_counts_bytes() {
        assert_eq!(two("- 1").as_deref(), Ok("-1"));
        assert!(two("1_0").is_err());
        assert_eq!(two("\u{661}").unwrap_err(), "invalid literal for int() with base 10: '\\xd9\\xa1'");
        assert_eq!(two("1\0"), Err("null byte in argument for int()".to_owned()));
        assert_eq!(two(" a").unwrap_err(), "invalid literal for int() with base 10: 'a'");
        assert!(two(&"1".repeat(5000)).is_ok());
    }

    #[test]
    fn compares_with_lengths() {
        assert_eq!(Int::Small(3).cmp_len(3), Ordering::Equal);
        assert_eq!(Int::Big("99999999999999999999".into()).cmp_len(3), Ordering::Greater);
    }
}
