//! Archives where a disk is expected: tar and cpio (an initramfs).

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let found = |format, detail| Identified::refused(format, detail, WHY, INSTEAD);
    if head.has(257, b"ustar") {
        return Ok(Some(found(Format::Tar, "")));
    }
    Ok([(b"070701", "newc"), (b"070702", "newc with checksums"), (b"070707", "odc")]
        .iter()
        .find(|(magic, _)| head.has(0, *magic))
        .map(|(_, detail)| found(Format::Cpio, *detail)))
}

const WHY: &str = "an archive is not a filesystem";
const INSTEAD: &str = "give pygrub a disk image";
