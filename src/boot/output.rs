//! What pygrub prints: its result for the toolstack, and the last line on standard error.

use serde::Serialize;

use super::options::Options;
use crate::config::{Cause, Raised, Stage};
use crate::flavour::Build;
use crate::python::{PyStr, Python, bytes, repr};
use crate::release::{Change, Release};

/// How the process ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Process {
    /// The exit status; 139 where a plugin crashes.
    pub exit: i32,
    /// Standard output, as with `-q` and the default format. The random part of the file names is shown as `XXXXXXXX`.
    pub stdout: PyStr,
    /// The last line on standard error, without its line feed; empty where there is none.
    pub stderr_last_line: PyStr,
}

/// `--output-format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum OutputFormat {
    /// `linux (kernel '...')(ramdisk '...')(args '...')`, without a line feed.
    #[default]
    Sxp,
    /// `kernel ...`, `ramdisk ...`, `args ...` and an empty item, each ended by a line feed.
    Simple,
    /// The same, each ended by a NUL: what libxl asks for.
    Simple0,
}

impl OutputFormat {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sxp => "sxp",
            Self::Simple => "simple",
            Self::Simple0 => "simple0",
        }
    }

    /// The format with this name.
    pub fn from_name(name: &[u8]) -> Option<Self> {
        [Self::Sxp, Self::Simple, Self::Simple0].into_iter().find(|format| format.name().as_bytes() == name)
    }
}

/// What is printed: values as bytes, in which a Python 3 would have lone surrogates for what is not UTF-8.
#[derive(Clone, Copy, Debug, Default)]
pub struct Values<'a> {
    /// The path of the copy of the kernel; nothing is printed as `None` (`-n`).
    pub kernel: Option<&'a [u8]>,
    /// The path of the copy of the initrd.
    pub ramdisk: Option<&'a [u8]>,
    /// The arguments.
    pub args: Option<&'a [u8]>,
}

impl Values<'_> {
    pub(super) fn items(&self) -> [(&'static str, Option<&[u8]>); 3] {
        let present = |value: Option<_>| value.filter(|value: &&[u8]| !value.is_empty());
        [("kernel", self.kernel), ("ramdisk", present(self.ramdisk)), ("args", present(self.args))]
    }
}

/// The result in a format, byte for byte as the release prints it.
///
/// # Errors
///
/// The exception that ends pygrub there, after the files were copied: a simple format (from XSA-198 on) with a value that
/// has the delimiter, or (under Python 3) what is not UTF-8.
pub fn render(format: OutputFormat, release: Release, values: Values<'_>) -> Result<Vec<u8>, Raised> {
    let end = match format {
        OutputFormat::Sxp => return Ok(sxp(release, values)),
        OutputFormat::Simple => b'\n',
        OutputFormat::Simple0 => 0,
    };
    let delimited = values.items().iter().any(|(_, value)| value.is_some_and(|value| value.contains(&end)));
    if release.has(Change::OutputQuoted) && delimited {
        let message = "simple format cannot represent delimiter-containing value";
        return Err(Raised::new(Stage::Copy, "RuntimeError", message, Cause::Output));
    }
    let mut out = Vec::new();
    for (name, value) in values.items() {
        if value.is_none() && name != "kernel" {
            continue;
        }
        out.extend_from_slice(name.as_bytes());
        out.push(b' ');
        out.extend_from_slice(value.unwrap_or(b"None"));
        out.push(end);
    }
    out.push(end);
    if release.python() == Python::Three {
        encodable(&out)?;
    }
    Ok(out)
}

fn sxp(release: Release, values: Values<'_>) -> Vec<u8> {
    let quoted = |name: &str, value: &[u8]| -> Vec<u8> {
        match release.python() {
            _ if !release.has(Change::OutputQuoted) => match name {
                "args" => [b"\"", value, b"\""].concat(),
                _ => value.to_vec(),
            },
            Python::Two => repr::repr(&bytes::wrap(value), Python::Two).into_bytes(),
            Python::Three => repr::repr_os(value).into_bytes(),
        }
    };
    let mut out = b"linux ".to_vec();
    for (name, value) in values.items() {
        let value = match value {
            Some(value) => quoted(name, value),
            None if name == "kernel" => b"None".to_vec(),
            None => continue,
        };
        out.push(b'(');
        out.extend_from_slice(name.as_bytes());
        out.push(b' ');
        out.extend(value);
        out.push(b')');
    }
    out
}

/// `text.encode()`, which refuses the lone surrogates that stand for bytes that are not UTF-8.
pub(super) fn encodable(text: &[u8]) -> Result<(), Raised> {
    let mut position = 0;
    let mut bad: Vec<(usize, u8)> = Vec::new();
    for chunk in text.utf8_chunks() {
        position += chunk.valid().chars().count();
        if !bad.is_empty() && !chunk.valid().is_empty() {
            break;
        }
        for &byte in chunk.invalid() {
            bad.push((position, byte));
            position += 1;
        }
    }
    let message = match bad.as_slice() {
        [] => return Ok(()),
        [(at, byte)] => {
            format!("'utf-8' codec can't encode character '\\udc{byte:02x}' in position {at}: surrogates not allowed")
        }
        [(first, _), .., (last, _)] => {
            format!("'utf-8' codec can't encode characters in position {first}-{last}: surrogates not allowed")
        }
    };
    Err(Raised::new(Stage::Copy, "UnicodeEncodeError", message, Cause::Output))
}

/// Where the copies of kernel and initrd are put by default.
pub fn default_directory(build: impl Into<Build>) -> &'static str {
    let Build { release, flavour } = build.into();
    if let Some(directory) = flavour.directory() {
        return directory;
    }
    if release.has(Change::RunDirectory) { "/var/run/xen/pygrub" } else { "/var/run/xend/boot" }
}

/// The result in the default format and directory, as `pygrub -q` prints it.
pub(super) fn of_run(options: &Options, has_ramdisk: bool, args: Option<&PyStr>) -> PyStr {
    let directory = default_directory(options.build());
    let file = |name: &str| format!("{directory}/boot_{name}.XXXXXXXX");
    let (kernel, ramdisk) = (file("kernel"), file("ramdisk"));
    let values = Values {
        kernel: Some(kernel.as_bytes()),
        ramdisk: has_ramdisk.then_some(ramdisk.as_bytes()),
        args: args.map(PyStr::as_bytes),
    };
    sxp(options.release, values).into()
}

/// The last line of a text with several, as a terminal shows it: a message may have line feeds of its own.
pub(super) fn last_line(text: &[u8]) -> PyStr {
    let start = memchr::memrchr(b'\n', text).map_or(0, |newline| newline + 1);
    text[start..].to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: OutputFormat, release: &str, args: &[u8]) -> Result<String, String> {
        let values = Values { kernel: Some(b"/o/k"), ramdisk: None, args: Some(args) };
        let rendered = render(format, release.parse().unwrap(), values);
        rendered.map(|out| String::from_utf8(out).unwrap()).map_err(|raised| raised.to_string())
    }

    // Expected values: pygrub 4.17 and the recorded runs of older releases.
    #[test]
    fn formats() {
        assert_eq!(text(OutputFormat::Sxp, "4.17", b"a 'b'").unwrap(), "linux (kernel '/o/k')(args \"a 'b'\")");
        assert_eq!(text(OutputFormat::Sxp, "4.6.0", b"a 'b'").unwrap(), "linux (kernel /o/k)(args \"a 'b'\")");
        assert_eq!(text(OutputFormat::Sxp, "4.17", b"\xe9").unwrap(), "linux (kernel '/o/k')(args '\\udce9')");
        assert_eq!(text(OutputFormat::Simple, "4.17", b"a").unwrap(), "kernel /o/k\nargs a\n\n");
        assert_eq!(text(OutputFormat::Simple0, "4.17", b"a\nb").unwrap(), "kernel /o/k\0args a\nb\0\0");
        assert_eq!(text(OutputFormat::Simple, "4.6.0", b"a\nb").unwrap(), "kernel /o/k\nargs a\nb\n\n");
        assert_eq!(
            text(OutputFormat::Simple, "4.17", b"a\nb").unwrap_err(),
            "RuntimeError: simple format cannot represent delimiter-containing value"
        );
    }
}
