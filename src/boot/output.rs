//! What pygrub prints: its result for the toolstack, and the last line on standard error.

use serde::Serialize;

use super::options::Options;
use crate::python::{Python, Text, bytes, repr};
use crate::release::{Change, Release};

/// How the process ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Process {
    /// The exit status; 139 where a plugin crashes.
    pub exit: i32,
    /// Standard output, as with `-q` and the default format. The random part of the file names is shown as `XXXXXXXX`.
    pub stdout: Text,
    /// The last line on standard error, without its line feed; empty where there is none.
    pub stderr_last_line: Text,
}

/// Where the copies of kernel and initrd are put by default.
fn directory(release: Release) -> &'static str {
    if release.has(Change::RunDirectory) { "/var/run/xen/pygrub" } else { "/var/run/xend/boot" }
}

/// The result in the format `sxp`: `linux (kernel '...')(ramdisk '...')(args '...')`, without a line feed.
pub(super) fn sxp(options: &Options, has_ramdisk: bool, args: Option<&Text>) -> Text {
    let release = options.release;
    let directory = directory(release);
    let quoted = |value: &[u8]| -> Vec<u8> {
        if !release.has(Change::OutputQuoted) {
            return value.to_vec();
        }
        match release.python() {
            Python::Two => repr::repr(&bytes::wrap(value), Python::Two).into_bytes(),
            Python::Three => repr::repr(&String::from_utf8_lossy(value), Python::Three).into_bytes(),
        }
    };
    let file = |name: &str| quoted(format!("{directory}/boot_{name}.XXXXXXXX").as_bytes());
    let mut out = b"linux (kernel ".to_vec();
    out.extend(file("kernel"));
    out.push(b')');
    if has_ramdisk {
        out.extend_from_slice(b"(ramdisk ");
        out.extend(file("ramdisk"));
        out.push(b')');
    }
    if let Some(args) = args.filter(|args| !args.is_empty()) {
        out.extend_from_slice(b"(args ");
        if release.has(Change::OutputQuoted) {
            out.extend(quoted(args.as_bytes()));
        } else {
            out.push(b'"');
            out.extend_from_slice(args.as_bytes());
            out.push(b'"');
        }
        out.push(b')');
    }
    out.into()
}

/// The last line of a text with several, as a terminal shows it: a message may have line feeds of its own.
pub(super) fn last_line(text: &[u8]) -> Text {
    let start = memchr::memrchr(b'\n', text).map_or(0, |newline| newline + 1);
    text[start..].to_vec().into()
}
