//! What a guest writes into its own disk to write into the toolstack's records: the characters that end a value in a format of
//! pygrub's result (the class of XSA-198).
//!
//! pygrub before 4.8 (and before 4.7.2, 4.6.5) writes every value as it is. Later ones refuse a delimiter in the simple formats and
//! quote in `sxp`, and nothing here applies to them but [`forged_record`], which is about what a text is made for.

use std::fmt;

use super::output::{OutputFormat, Values};
use crate::release::{Change, Release};

/// A value with a character that ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unrepresentable {
    /// `kernel`, `ramdisk` or `args`.
    pub name: &'static str,
    /// The character.
    pub delimiter: u8,
    /// The format that it means something in.
    pub format: OutputFormat,
}

/// The first value that a reader of this format would not read back as it is, where this release's pygrub writes it all the same.
pub fn unrepresentable(format: OutputFormat, release: Release, values: Values<'_>) -> Option<Unrepresentable> {
    if release.has(Change::OutputQuoted) {
        return None;
    }
    let ends = |name: &str, byte: u8| match format {
        OutputFormat::Simple => byte == b'\n',
        OutputFormat::Simple0 => byte == 0,
        // Arguments stand in quotes, names do not.
        OutputFormat::Sxp if name == "args" => matches!(byte, b'"' | b'\\'),
        OutputFormat::Sxp => matches!(byte, b'"' | b'\'' | b'\\' | b'(' | b')') || byte <= b' ',
    };
    values.items().into_iter().find_map(|(name, value)| {
        let delimiter = value?.iter().copied().find(|&byte| ends(name, byte))?;
        Some(Unrepresentable { name, delimiter, format })
    })
}

/// One sentence without a full stop.
impl fmt::Display for Unrepresentable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.name {
            "kernel" => "the path of the kernel contains",
            "ramdisk" => "the path of the initrd contains",
            _ => "the arguments contain",
        };
        write!(f, "{what} {}, which means something in the format {}", name_of(self.delimiter), self.format.name())?;
        f.write_str(": the toolstack would read another result")
    }
}

fn name_of(delimiter: u8) -> String {
    match delimiter {
        0 => "a NUL".to_owned(),
        b'\n' => "a line feed".to_owned(),
        b' ' => "a space".to_owned(),
        byte if byte.is_ascii_graphic() => format!("`{}`", char::from(byte)),
        byte => format!("the control character {byte:#04x}"),
    }
}

/// The record that `args` would add to the toolstack's, were they written as they are: what follows a NUL (`simple0`) or a line
/// feed (`simple`) and begins as one of pygrub's records does, or what follows the quotes that pygrub puts around arguments and opens
/// a list (`sxp`). Kernel arguments with a meaning of their own are none of these. Returned are the record's name and the format.
pub fn forged_record(args: &[u8]) -> Option<(&'static str, OutputFormat)> {
    const RECORDS: [&str; 3] = ["kernel", "ramdisk", "args"];
    // Without one of these no value ends.
    memchr::memchr3(0, b'\n', b'"', args)?;
    let begins = |text: &[u8]| {
        RECORDS.into_iter().find(|name| {
            text.strip_prefix(name.as_bytes()).is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_whitespace))
        })
    };
    for (end, format) in [(0, OutputFormat::Simple0), (b'\n', OutputFormat::Simple)] {
        let after = args.split(|&byte| byte == end).skip(1);
        if let Some(name) = after.into_iter().find_map(begins) {
            return Some((name, format));
        }
    }
    let (mut quoted, mut closed) = (true, false);
    let mut bytes = args.iter().enumerate();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'\\' if quoted => drop(bytes.next()),
            b'"' => quoted = !quoted,
            b')' if !quoted => closed = true,
            b'(' if !quoted && closed => {
                let inside = args[at + 1..].trim_ascii_start();
                if let Some(name) = begins(inside) {
                    return Some((name, OutputFormat::Sxp));
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_by_format_and_release() {
        let found = |format, release: &str, kernel: &[u8], args: &[u8]| {
            let values = Values { kernel: Some(kernel), ramdisk: None, args: Some(args) };
            unrepresentable(format, release.parse().unwrap(), values).map(|found| (found.name, found.delimiter))
        };
        assert_eq!(found(OutputFormat::Simple0, "4.6.4", b"/k", b"a\0b"), Some(("args", 0)));
        assert_eq!(found(OutputFormat::Simple0, "4.6.4", b"/k", b"a\nb"), None);
        assert_eq!(found(OutputFormat::Simple, "4.7.1", b"/k\nx", b"a"), Some(("kernel", b'\n')));
        assert_eq!(found(OutputFormat::Sxp, "4.1", b"/a b", b"a"), Some(("kernel", b' ')));
        assert_eq!(found(OutputFormat::Sxp, "4.1", b"/k", b"a (b) 'c'"), None);
        assert_eq!(found(OutputFormat::Sxp, "4.1", b"/k", b"a\""), Some(("args", b'"')));
        // pygrub itself refuses or quotes.
        for release in ["4.6.5", "4.7.2", "4.22"] {
            assert_eq!(found(OutputFormat::Simple0, release, b"/k", b"a\0b"), None);
            assert_eq!(found(OutputFormat::Sxp, release, b"/k", b"a\""), None);
        }
    }

    #[test]
    fn records_that_are_forged() {
        for (args, record) in [
            (&b"ro\0kernel escaped"[..], Some(("kernel", OutputFormat::Simple0))),
            (b"ro\0\0ramdisk escaped", Some(("ramdisk", OutputFormat::Simple0))),
            (b"ro\nargs escaped", Some(("args", OutputFormat::Simple))),
            (b"ro\")(kernel escaped)(args \"", Some(("kernel", OutputFormat::Sxp))),
            (b"ro\" ) ( ramdisk escaped", Some(("ramdisk", OutputFormat::Sxp))),
            // Damage, and arguments as they are.
            (b"ro\0\0\0\0\0", None),
            (b"ro\0kernelx", None),
            (b"dyndbg=\"file a.c +p; func kernel\" ro", None),
            (b"x=\"(kernel a)\"", None),
            (b"init=/bin/sh -c 'echo (kernel x)'", None),
            (b"a\\\"(kernel x)", None),
        ] {
            assert_eq!(forged_record(args), record, "{}", String::from_utf8_lossy(args));
        }
    }
}
