//! Programs where a disk is expected: a kernel given as a disk, or written to a partition without a filesystem.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let found = |format, detail: String| {
        let instead = "give the kernel to the toolstack itself (kernel= in an xl configuration)";
        Identified::refused(format, detail, "a program is not a filesystem", instead)
    };
    // Linux' setup header, present in bzImages with and without an EFI stub.
    if head.has(0x202, b"HdrS") && head.has(510, &[0x55, 0xaa]) {
        let version = head.le16(0x206).unwrap_or(0);
        return Ok(Some(found(Format::BzImage, format!("boot protocol {}.{:02}", version >> 8, version & 0xff))));
    }
    if head.has(0, b"\x7fELF") {
        return Ok(Some(found(Format::Elf, String::new())));
    }
    let pe = head.has(0, b"MZ")
        && head.le32(0x3c).and_then(|at| usize::try_from(at).ok()).is_some_and(|at| head.has(at, b"PE\0\0"));
    Ok(pe.then(|| found(Format::Pe, String::new())))
}
