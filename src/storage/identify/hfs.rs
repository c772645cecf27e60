//! Filesystems of macOS: HFS+ and APFS.

use std::io;

use super::head::Head;
use super::{Format, HVM, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    // The volume header: signature and version.
    if head.has(1024, b"H+\0\x04") || head.has(1024, b"HX\0\x05") {
        return Ok(Some(Identified::refused(Format::HfsPlus, "", "pygrub has no driver for it", HVM)));
    }
    Ok(head.has(32, b"NXSB").then(|| Identified::refused(Format::Apfs, "", "pygrub has no driver for it", HVM)))
}
