//! Parallels disk images.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let found = head.has(0, b"WithoutFreeSpace") || head.has(0, b"WithouFreSpacExt");
    Ok(found.then(|| Identified::container(Format::Parallels, "")))
}
