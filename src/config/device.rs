//! GRUB device names as pygrub takes them apart: `(hd0,msdos1)`, `/dev/xvda`.

use std::borrow::Cow;
use std::fmt;

use super::raised::{Cause, Raised, Stage};
use crate::python::{Int, Python, bytes, int};
use crate::release::{Change, Release};

/// A disk and, where one is named, a partition. pygrub stores it and never uses it.
///
/// Shown as pygrub shows it: `d0p1`, `d0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The number after the two letters, or 0 for `/dev/xvda`.
    pub disk: Int,
    /// The number after the comma.
    pub partition: Option<Int>,
}

impl Device {
    /// Takes a device name apart. `text` may have parentheses anywhere; they are dropped.
    pub(crate) fn parse(text: &str, release: Release) -> Result<Self, Raised> {
        let (disk, partition) = match text.split_once(',') {
            None => (text, None),
            Some((_, rest)) if rest.contains(',') => {
                return Err(value_error(super::unpack_too_many(release), Cause::DeviceCommas));
            }
            Some((disk, partition)) => (disk, Some(partition)),
        };
        let disk = parse_disk(&without_parentheses(disk), release)?;
        let partition = partition.map(|part| parse_partition(&without_parentheses(part), release)).transpose()?;
        Ok(Self { disk, partition })
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{}", self.disk)?;
        match &self.partition {
            Some(partition) => write!(f, "p{partition}"),
            None => Ok(()),
        }
    }
}

fn without_parentheses(text: &str) -> Cow<'_, str> {
    // Mostly they are around it; a long text is not copied for that.
    let inside = text.trim_matches(['(', ')']);
    if inside.contains(['(', ')']) {
        Cow::Owned(inside.chars().filter(|c| !matches!(c, '(' | ')')).collect())
    } else {
        Cow::Borrowed(inside)
    }
}

fn parse_disk(text: &str, release: Release) -> Result<Int, Raised> {
    if release.has(Change::XvdDisk)
        && let Some(rest) = text.strip_prefix("/dev/xvd")
    {
        return match rest.chars().next() {
            Some(letter) => Ok(Int::Small(i64::from(ordinal(letter, release.python())) - i64::from(u32::from('a')))),
            None => Err(Raised::new(Stage::Parse, "IndexError", "string index out of range", Cause::Device)),
        };
    }
    // Whatever the first two characters are.
    let number = text.char_indices().nth(2).map_or("", |(start, _)| &text[start..]);
    int::parse(number, release.python()).map_err(|message| value_error(message, Cause::Device))
}

/// `ord()`. Under Python 2 a character stands for a byte.
fn ordinal(c: char, python: Python) -> u32 {
    match python {
        Python::Two => bytes::unwrap(c.encode_utf8(&mut [0; 4])).first().copied().map_or(0, u32::from),
        Python::Three => u32::from(c),
    }
}

fn parse_partition(text: &str, release: Release) -> Result<Int, Raised> {
    let mut number = text;
    if release.has(Change::MsdosPartition) {
        number = number.strip_prefix("msdos").unwrap_or(number);
    }
    if release.has(Change::GptPartition) {
        number = number.strip_prefix("gpt").unwrap_or(number);
    }
    int::parse(number, release.python()).map_err(|message| value_error(message, Cause::Device))
}

fn value_error(message: impl Into<String>, cause: Cause) -> Raised {
    Raised::new(Stage::Parse, "ValueError", message, cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, release: &str) -> Result<String, String> {
        Device::parse(text, release.parse().unwrap()).map(|d| d.to_string()).map_err(|raised| raised.to_string())
    }

    // Expected values: conformance data, g2-root-* and lg-root-*.
    #[test]
    fn reads_devices() {
        for (text, want) in [
            ("(hd0)", "d0"),
            ("(hd0,1)", "d0p1"),
            ("hd0,msdos1", "d0p1"),
            ("hd0,gpt3", "d0p3"),
            ("hd0,msdosgpt2", "d0p2"),
            ("xx3", "d3"),
            ("hd-2", "d-2"),
            ("/dev/xvdb1", "d1"),
        ] {
            assert_eq!(shown(text, "4.17").as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn fails_as_pygrub_does() {
        for (text, want) in [
            ("($drive1", "ValueError: invalid literal for int() with base 10: 'rive1'"),
            ("hd", "ValueError: invalid literal for int() with base 10: ''"),
            ("hd0,gptmsdos1", "ValueError: invalid literal for int() with base 10: 'msdos1'"),
            ("a,b,c", "ValueError: too many values to unpack (expected 2)"),
            ("/dev/xvd", "IndexError: string index out of range"),
        ] {
            assert_eq!(shown(text, "4.17").unwrap_err(), want, "{text}");
        }
        assert_eq!(shown("hd0,gpt3", "4.0").unwrap_err(), "ValueError: invalid literal for int() with base 10: 'gpt3'");
        assert_eq!(shown("/dev/xvda", "4.3").unwrap_err(), {
            "ValueError: invalid literal for int() with base 10: 'ev/xvda'"
        });
    }
}
