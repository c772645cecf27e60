//! NTFS and BitLocker: the name in the boot sector.

use std::io;

use super::head::Head;
use super::{Format, HVM, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    if head.has(3, b"-FVE-FS-") {
        return Ok(Some(Identified::refused(Format::BitLocker, "", "pygrub cannot decrypt it", HVM)));
    }
    Ok(head.has(3, b"NTFS    ").then(|| Identified::refused(Format::Ntfs, "", "pygrub has no driver for it", HVM)))
}
