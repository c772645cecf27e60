//! FAT12, FAT16 and FAT32: the BIOS parameter block in the first sector, and pygrub's mount test.

use std::io;

use super::head::Head;
use super::{EXT4_BOOT, Format, Identified};
use crate::storage::fat::bios_parameter_block::{BiosParameterBlock, SECTOR, Width};

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let volume = head.volume();
    let Some(block) = BiosParameterBlock::read(volume)? else { return Ok(None) };
    let refusal = block.refusal(volume)?;
    if refusal.is_some() && !block.is_plausible(volume)? {
        return Ok(None);
    }
    let own_sectors = u64::from(block.bytes_per_sector) == SECTOR;
    let detail = match block.width() {
        // With other sectors than pygrub's the clusters were counted wrongly.
        Width::Fat12 | Width::Fat16 if !own_sectors => "FAT12 or FAT16",
        width => width.title(),
    };
    if refusal.is_none() {
        return Ok(Some(Identified::readable(Format::Vfat, detail, "fat")));
    }
    let (why, instead) = if own_sectors {
        ("its boot sector and its first FAT do not agree with each other as pygrub's FAT driver expects", EXT4_BOOT)
    } else {
        (
            "pygrub's FAT driver takes sectors of 512 bytes only",
            "format it again with mkfs.fat -S 512 (systemd-repart: make the image with --sector-size=512)",
        )
    };
    let detail = format!("{detail}, {}-byte sectors", block.bytes_per_sector);
    Ok(Some(Identified::refused(Format::Vfat, detail, why, instead)))
}
