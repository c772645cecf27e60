//! Filesystems of macOS: HFS+ and APFS.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    // The volume header: signature and version.
    if head.has(1024, b"H+\0\x04") || head.has(1024, b"HX\0\x05") {
        return Ok(Some(Identified::no_driver(Format::HfsPlus, "")));
    }
    Ok(head.has(32, b"NXSB").then(|| Identified::no_driver(Format::Apfs, "")))
}
