//! NILFS2: the superblock at 1 KiB.

use std::io;

use super::head::Head;
use super::{Format, Identified};

const REVISION: u32 = 2;
const MAGIC: u16 = 0x3434;

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let found = head.le32(1024) == Some(REVISION) && head.le16(1024 + 6) == Some(MAGIC);
    Ok(found.then(|| Identified::no_driver(Format::Nilfs2, "")))
}
