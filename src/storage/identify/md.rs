//! Linux software RAID with its metadata at the start: 1.1 and 1.2. Members with 0.90 and 1.0 have it at the end and look
//! like what the array holds (a mirror), to pygrub too.

use std::io;

use super::head::Head;
use super::{Format, Identified};

const MAGIC: u32 = 0xa92b_4efc;

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let places = [(0, "metadata 1.1"), (4096, "metadata 1.2")];
    let found =
        places.iter().find(|(at, _)| head.le32(*at) == Some(MAGIC) && head.le32(at.saturating_add(4)) == Some(1));
    Ok(found.map(|(_, detail)| {
        let why = "the metadata at its start moves the filesystem to where pygrub does not look";
        let instead = "make the array of /boot a mirror with --metadata=1.0";
        Identified::refused(Format::MdRaid, *detail, why, instead)
    }))
}
