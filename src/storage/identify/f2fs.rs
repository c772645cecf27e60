//! F2FS: the superblock at 1 KiB.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    Ok((head.le32(1024) == Some(0xf2f5_2010)).then(|| Identified::no_driver(Format::F2fs, "")))
}
