//! EROFS: the superblock at 1 KiB.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    Ok((head.le32(1024) == Some(0xe0f5_e1e2)).then(|| Identified::no_driver(Format::Erofs, "")))
}
