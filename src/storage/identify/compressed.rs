//! Compressed files where a disk is expected.

use std::io;

use super::head::Head;
use super::{Format, Identified};

/// The block magic of bzip2 behind `BZh` and the level.
const BZIP2_BLOCK: &[u8] = &[0x31, 0x41, 0x59, 0x26, 0x53, 0x59];

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let format = if head.has(0, &[0x1f, 0x8b, 8]) {
        Format::Gzip
    } else if head.has(0, &[0xfd, b'7', b'z', b'X', b'Z', 0]) {
        Format::Xz
    } else if head.has(0, &[0x28, 0xb5, 0x2f, 0xfd]) {
        Format::Zstd
    } else if head.has(0, b"BZh") && head.has(4, BZIP2_BLOCK) {
        Format::Bzip2
    } else if head.has(0, &[0x04, 0x22, 0x4d, 0x18]) {
        Format::Lz4
    } else if head.has(0, b"PK\x03\x04") {
        Format::Zip
    } else {
        return Ok(None);
    };
    Ok(Some(Identified::refused(format, "", "pygrub does not decompress disk images", "decompress the image")))
}
