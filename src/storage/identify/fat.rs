//! FAT12, FAT16 and FAT32: the BIOS parameter block in the first sector, and pygrub's mount test.

use std::io;

use super::head::Head;
use super::{EXT4_BOOT, Format, Identified};

/// The parameter block as far as the plugin reads it.
const BLOCK_LENGTH: usize = 64;
const SECTOR: u16 = 512;
/// The plugin takes more clusters than these for FAT16. Microsoft says 4085 and counts two less.
const MAX_CLUSTERS_FAT12: i32 = 4087;

struct Parameters {
    bytes_per_sector: u16,
    sectors_per_cluster: u8,
    reserved_sectors: u16,
    fats: u8,
    root_entries: u16,
    sectors: u32,
    media: u8,
    /// Sectors a FAT, as FAT12 and FAT16 have it; 0 on FAT32.
    fat_length: u16,
    fat32_length: u32,
    fat32_flags: u16,
}

#[derive(Clone, Copy)]
enum Width {
    Fat12,
    Fat16,
    Fat32,
}

impl Parameters {
    fn read(head: &Head<'_>) -> Option<Self> {
        head.slice(0, BLOCK_LENGTH)?;
        let few_sectors = head.le16(19)?;
        Some(Self {
            bytes_per_sector: head.le16(11)?,
            sectors_per_cluster: head.byte(13)?,
            reserved_sectors: head.le16(14)?,
            fats: head.byte(16)?,
            root_entries: head.le16(17)?,
            sectors: if few_sectors == 0 { head.le32(32)? } else { u32::from(few_sectors) },
            media: head.byte(21)?,
            fat_length: head.le16(22)?,
            fat32_length: head.le32(36)?,
            fat32_flags: head.le16(40)?,
        })
    }

    /// Sectors a FAT; the plugin has it in a signed number.
    fn length_of_fat(&self) -> i32 {
        if self.fat_length == 0 { self.fat32_length.cast_signed() } else { i32::from(self.fat_length) }
    }

    /// The clusters as the plugin counts them, two reserved ones included, in the wrapping arithmetic of its C. Not to be
    /// asked with 0 sectors a cluster or other sectors than 512 bytes.
    fn clusters(&self) -> i32 {
        let root_bytes = 32 * i32::from(self.root_entries);
        let data = i32::from(self.reserved_sectors)
            .wrapping_add(i32::from(self.fats).wrapping_mul(self.length_of_fat()))
            .wrapping_add(((root_bytes - 1) >> 9) + 1);
        let sectors = self.sectors.cast_signed().wrapping_sub(data);
        sectors.checked_div(i32::from(self.sectors_per_cluster)).unwrap_or(0).wrapping_add(2)
    }

    fn width(&self) -> Width {
        if self.fat_length == 0 {
            Width::Fat32
        } else if self.clusters() > MAX_CLUSTERS_FAT12 {
            Width::Fat16
        } else {
            Width::Fat12
        }
    }

    /// The first sector of the FAT that is in use, or nothing where the plugin refuses.
    fn first_fat_sector(&self) -> Option<u32> {
        let first = u32::from(self.reserved_sectors);
        if self.fat_length != 0 {
            return (self.root_entries != 0).then_some(first);
        }
        if self.root_entries != 0 {
            return None;
        }
        if self.fat32_flags & 0x80 == 0 {
            return Some(first);
        }
        let active = self.fat32_flags & 0xf;
        (active < u16::from(self.fats)).then(|| first.wrapping_add(u32::from(active).wrapping_mul(self.fat32_length)))
    }

    /// Whether a FAT is long enough for all clusters. The plugin's C overflows with 2^28 clusters and more; Debian's build wraps
    /// around (measured), and one that did not would refuse more.
    fn fat_is_long_enough(&self) -> bool {
        let nibbles = match self.width() {
            Width::Fat12 => 3,
            Width::Fat16 => 4,
            Width::Fat32 => 8,
        };
        self.clusters().wrapping_mul(nibbles) / 1024 <= self.length_of_fat()
    }

    /// Whether the first entry of the FAT repeats the media byte. Bit 3 is ignored.
    fn media_matches(&self, entry: u32) -> bool {
        let (mask, magic) = match self.width() {
            Width::Fat12 => (0xfff, 0xf00),
            Width::Fat16 => (0xffff, 0xff00),
            Width::Fat32 => (0x0fff_ffff, 0x0fff_ff00),
        };
        (entry & mask) | 8 == magic | u32::from(self.media) | 8
    }

    /// Whether this can be meant for a FAT at all; used only for what the plugin refuses.
    fn is_plausible(&self, head: &Head<'_>) -> io::Result<bool> {
        let sensible = self.bytes_per_sector.is_power_of_two()
            && (512..=4096).contains(&self.bytes_per_sector)
            && self.sectors_per_cluster.is_power_of_two()
            && self.reserved_sectors != 0
            && matches!(self.fats, 1 | 2)
            && (self.media == 0xf0 || self.media >= 0xf8)
            && (self.fat_length != 0 || self.fat32_length != 0);
        if !sensible {
            return Ok(false);
        }
        let named = head.has(54, b"FAT") || head.has(82, b"FAT32");
        let signed = head.has(510, &[0x55, 0xaa]);
        // Atari has neither a name nor a signature.
        let first_fat = u64::from(self.reserved_sectors) * u64::from(self.bytes_per_sector);
        Ok(named || signed || head.far(first_fat, 2)? == [self.media, 0xff])
    }
}

/// The mount test of pygrub's plugin.
pub(super) fn may_mount(head: &Head<'_>) -> io::Result<bool> {
    let Some(parameters) = Parameters::read(head) else { return Ok(false) };
    if !parameters.sectors_per_cluster.is_power_of_two() || parameters.bytes_per_sector != SECTOR {
        return Ok(false);
    }
    let Some(sector) = parameters.first_fat_sector() else { return Ok(false) };
    if parameters.clusters() <= 2 || !parameters.fat_is_long_enough() {
        return Ok(false);
    }
    let entry = head.far(u64::from(sector) * u64::from(SECTOR), 4)?;
    Ok(<[u8; 4]>::try_from(entry).is_ok_and(|entry| parameters.media_matches(u32::from_le_bytes(entry))))
}

pub(super) fn probe(head: &Head<'_>) -> io::Result<Option<Identified>> {
    let Some(parameters) = Parameters::read(head) else { return Ok(None) };
    let readable = may_mount(head)?;
    if !readable && !parameters.is_plausible(head)? {
        return Ok(None);
    }
    let detail = match parameters.width() {
        Width::Fat32 => "FAT32",
        // With other sectors than pygrub's the clusters were counted wrongly.
        _ if parameters.bytes_per_sector != SECTOR => "FAT12 or FAT16",
        Width::Fat16 => "FAT16",
        Width::Fat12 => "FAT12",
    };
    if readable {
        return Ok(Some(Identified::readable(Format::Vfat, detail, "fat")));
    }
    let (why, instead) = if parameters.bytes_per_sector == SECTOR {
        ("its boot sector and its first FAT do not agree with each other as pygrub's FAT driver wants it", EXT4_BOOT)
    } else {
        ("pygrub's FAT driver takes sectors of 512 bytes only", "format it again with mkfs.fat -S 512")
    };
    let detail = format!("{detail}, {}-byte sectors", parameters.bytes_per_sector);
    Ok(Some(Identified::refused(Format::Vfat, detail, why, instead)))
}
