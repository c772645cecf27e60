//! Partition tables, where a filesystem is expected: the whole disk, tried at offset 0, or an extended partition.

use std::io;

use super::head::Head;
use super::{Format, Identified};

const FLAGS: [u8; 2] = [0, 0x80];

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let found = |format, detail| {
        let why = "a partition table is not a filesystem";
        Identified::refused(format, detail, why, "let pygrub try the partitions in it (--offset)")
    };
    for sector in [512, 4096] {
        if head.has(sector, b"EFI PART") {
            return Ok(Some(found(Format::Gpt, format!("{sector}-byte sectors"))));
        }
    }
    let slots = [446, 462, 478, 494];
    let dos = head.has(510, &[0x55, 0xaa])
        && slots.iter().all(|at| head.byte(*at).is_some_and(|flag| FLAGS.contains(&flag)))
        && slots.iter().any(|at| head.byte(at.saturating_add(4)).is_some_and(|kind| kind != 0));
    Ok(dos.then(|| found(Format::Dos, String::new())))
}
