//! Layers of the device mapper that have a header of their own: dm-integrity and dm-verity.

use std::io;

use super::head::Head;
use super::{Format, Identified, PLAIN_BOOT};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let found = |format| Identified::refused(format, "", "pygrub does not know the device mapper", PLAIN_BOOT);
    if head.has(0, b"integrt\0") {
        return Ok(Some(found(Format::DmIntegrity)));
    }
    Ok(head.has(0, b"verity\0\0").then(|| found(Format::DmVerity)))
}
