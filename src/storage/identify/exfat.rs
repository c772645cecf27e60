//! exFAT: its name in the boot sector. pygrub's FAT driver refuses it, since it has 0 bytes a sector there.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let why = "pygrub's FAT driver does not read exFAT";
    Ok(head.has(3, b"EXFAT   ").then(|| Identified::refused(Format::Exfat, "", why, super::EXT4_BOOT)))
}
