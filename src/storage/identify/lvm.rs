//! LVM2: the label of a physical volume, in one of the first four sectors.

use std::io;

use super::head::Head;
use super::{Format, Identified, PLAIN_BOOT};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let labelled =
        (0..4).map(|sector| sector * 512).any(|at| head.has(at, b"LABELONE") && head.has(at + 24, b"LVM2 001"));
    let why = "pygrub does not look for logical volumes";
    Ok(labelled.then(|| Identified::refused(Format::Lvm2, "", why, PLAIN_BOOT)))
}
