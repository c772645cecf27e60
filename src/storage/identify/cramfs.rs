//! Small read-only filesystems: cramfs and romfs.

use std::io;

use super::head::Head;
use super::{Format, Identified};

const CRAMFS: &[u8] = b"Compressed ROMFS";

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    // The second place leaves room for a boot sector.
    if [0, 512].iter().any(|at| head.has(at + 16, CRAMFS)) {
        return Ok(Some(Identified::no_driver(Format::Cramfs, "")));
    }
    Ok(head.has(0, b"-rom1fs-").then(|| Identified::no_driver(Format::Romfs, "")))
}
