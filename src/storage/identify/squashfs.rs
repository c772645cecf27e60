//! SquashFS: the superblock at the start.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    if !head.has(0, b"hsqs") {
        return Ok(None);
    }
    let version = format!("version {}.{}", head.le16(28).unwrap_or(0), head.le16(30).unwrap_or(0));
    Ok(Some(Identified::no_driver(Format::Squashfs, version)))
}
