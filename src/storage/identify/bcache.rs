//! bcache and bcachefs: the same place, nearly the same UUID as magic number.

use std::io;

use super::head::Head;
use super::{Format, Identified, PLAIN_BOOT};

/// In the superblock at sector 8.
const MAGIC_AT: usize = 4096 + 24;
const BCACHE: [u8; 16] =
    [0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca, 0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d, 0x81];
const BCACHEFS: [u8; 16] =
    [0xc6, 0x85, 0x73, 0xf6, 0x66, 0xce, 0x90, 0xa9, 0xd9, 0x6a, 0x60, 0xcf, 0x80, 0x3d, 0xf7, 0xef];

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    if head.has(MAGIC_AT, &BCACHEFS) {
        return Ok(Some(Identified::no_driver(Format::Bcachefs, "")));
    }
    Ok(head
        .has(MAGIC_AT, &BCACHE)
        .then(|| Identified::refused(Format::Bcache, "", "pygrub does not look behind bcache's header", PLAIN_BOOT)))
}
