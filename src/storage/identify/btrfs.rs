//! btrfs: the superblock at 64 KiB.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    Ok(head.has((64 << 10) + 64, b"_BHRfS_M").then(|| Identified::no_driver(Format::Btrfs, "")))
}
