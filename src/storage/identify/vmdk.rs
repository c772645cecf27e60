//! VMware disk images: sparse ones, and the text that describes where the data of one lies.

use std::io;

use super::head::Head;
use super::{Format, Identified};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    if head.has(0, b"KDMV") || head.has(0, b"COWD") {
        return Ok(Some(Identified::container(Format::Vmdk, "sparse")));
    }
    Ok(head.has(0, b"# Disk DescriptorFile").then(|| {
        let instead = "give pygrub the flat file that the descriptor names";
        Identified::refused(Format::Vmdk, "descriptor", "it describes a disk and holds no data", instead)
    }))
}
