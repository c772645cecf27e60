//! JFS: the superblock at 32 KiB.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    Ok(head.has(32 << 10, b"JFS1").then(|| Identified::no_driver(Format::Jfs, "")))
}
