//! The BIOS parameter block: the fields of the first sector that say where everything else lies.

use std::io;

use crate::size::to_usize;
use crate::storage::source::Volume;

/// The block as far as the plugin reads it.
pub(crate) const LENGTH: usize = 64;
/// The only size of a sector that the plugin knows.
pub(crate) const SECTOR: u64 = 512;
/// With more clusters than these it is FAT16 to the plugin. Microsoft says 4085 and counts two less.
const MAX_CLUSTERS_FAT12: i32 = 4087;

/// How wide an entry of the allocation table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Width {
    Fat12,
    Fat16,
    Fat32,
}

impl Width {
    /// `FAT12`, `FAT16` or `FAT32`.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Fat12 => "FAT12",
            Self::Fat16 => "FAT16",
            Self::Fat32 => "FAT32",
        }
    }

    /// The half bytes of an entry.
    pub(crate) fn nibbles(self) -> i32 {
        match self {
            Self::Fat12 => 3,
            Self::Fat16 => 4,
            Self::Fat32 => 8,
        }
    }
}

/// The fields as they stand on the disk, and what the plugin makes of them in the wrapping arithmetic of its C.
#[derive(Clone, Debug)]
pub(crate) struct BiosParameterBlock {
    pub(crate) bytes_per_sector: u16,
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
    root_cluster: u32,
    /// Whether the boot sector names itself a FAT, or has the signature of a boot sector.
    named: bool,
}

impl BiosParameterBlock {
    /// The block of a volume; nothing where the image ends before it does.
    pub(crate) fn read(volume: &Volume) -> io::Result<Option<Self>> {
        let mut sector = [0; to_usize(SECTOR)];
        let count = volume.read_at(0, &mut sector)?;
        Ok((count >= LENGTH).then(|| Self::parse(&sector)))
    }

    fn parse(sector: &[u8; to_usize(SECTOR)]) -> Self {
        let le16 = |at: usize| sector[at..].first_chunk().map_or(0, |bytes| u16::from_le_bytes(*bytes));
        let le32 = |at: usize| sector[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let few_sectors = le16(19);
        Self {
            bytes_per_sector: le16(11),
            sectors_per_cluster: sector[13],
            reserved_sectors: le16(14),
            fats: sector[16],
            root_entries: le16(17),
            sectors: if few_sectors == 0 { le32(32) } else { u32::from(few_sectors) },
            media: sector[21],
            fat_length: le16(22),
            fat32_length: le32(36),
            fat32_flags: le16(40),
            root_cluster: le32(44),
            named: &sector[54..57] == b"FAT" || &sector[82..87] == b"FAT32" || sector[510..] == [0x55, 0xaa],
        }
    }

    /// Sectors a FAT; the plugin has it in a signed number.
    fn length_of_fat(&self) -> i32 {
        if self.fat_length == 0 { self.fat32_length.cast_signed() } else { i32::from(self.fat_length) }
    }

    /// The bytes of the root directory of FAT12 and FAT16, which lies in front of the clusters.
    pub(crate) fn root_bytes(&self) -> u32 {
        32 * u32::from(self.root_entries)
    }

    /// The sector of that root directory.
    pub(crate) fn root_sector(&self) -> i32 {
        i32::from(self.reserved_sectors).wrapping_add(i32::from(self.fats).wrapping_mul(self.length_of_fat()))
    }

    /// The sector of cluster 2, the first one.
    pub(crate) fn data_sector(&self) -> i32 {
        let root_sectors = (self.root_bytes().cast_signed().wrapping_sub(1) >> 9).wrapping_add(1);
        self.root_sector().wrapping_add(root_sectors)
    }

    /// The clusters as the plugin counts them, two reserved ones included. Means nothing with 0 sectors a cluster or other
    /// sectors than of 512 bytes.
    pub(crate) fn clusters(&self) -> i32 {
        let sectors = self.sectors.cast_signed().wrapping_sub(self.data_sector());
        sectors.checked_div(i32::from(self.sectors_per_cluster)).unwrap_or(0).wrapping_add(2)
    }

    pub(crate) fn sectors_per_cluster(&self) -> u8 {
        self.sectors_per_cluster
    }

    /// What the filesystem says of its own length, in bytes.
    pub(crate) fn claimed_bytes(&self) -> u64 {
        u64::from(self.sectors) * SECTOR
    }

    /// The first cluster of the root directory of FAT32.
    pub(crate) fn root_cluster(&self) -> i32 {
        self.root_cluster.cast_signed()
    }

    pub(crate) fn width(&self) -> Width {
        if self.fat_length == 0 {
            Width::Fat32
        } else if self.clusters() > MAX_CLUSTERS_FAT12 {
            Width::Fat16
        } else {
            Width::Fat12
        }
    }

    /// The first sector of the FAT that is in use, or nothing where the plugin refuses.
    pub(crate) fn fat_sector(&self) -> Option<u32> {
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
        self.clusters().wrapping_mul(self.width().nibbles()) / 1024 <= self.length_of_fat()
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

    /// The plugin's mount test: nothing where it mounts, and else why it does not, as a clause.
    pub(crate) fn refusal(&self, volume: &Volume) -> io::Result<Option<String>> {
        if u64::from(self.bytes_per_sector) != SECTOR {
            return Ok(Some(format!(
                "its sectors have {} bytes, and pygrub's FAT driver takes sectors of 512 bytes only",
                self.bytes_per_sector
            )));
        }
        if !self.sectors_per_cluster.is_power_of_two() {
            return Ok(Some(format!(
                "it has {} sectors a cluster, which is not a power of two",
                self.sectors_per_cluster
            )));
        }
        let Some(sector) = self.fat_sector() else {
            return Ok(Some("its boot sector does not say where the root directory or the FAT in use is".to_owned()));
        };
        if self.clusters() <= 2 {
            return Ok(Some("it has no cluster by its own account".to_owned()));
        }
        if !self.fat_is_long_enough() {
            return Ok(Some("its FAT is too short for all its clusters".to_owned()));
        }
        let mut entry = [0; 4];
        if volume.read_at(u64::from(sector) * SECTOR, &mut entry)? < entry.len() {
            return Ok(Some("the image ends before its FAT".to_owned()));
        }
        let matches = self.media_matches(u32::from_le_bytes(entry));
        Ok((!matches)
            .then(|| format!("its FAT does not begin with the media byte {:02x} of its boot sector", self.media)))
    }

    /// Whether this can be meant for a FAT at all; to be asked only of what the plugin refuses.
    pub(crate) fn is_plausible(&self, volume: &Volume) -> io::Result<bool> {
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
        if self.named {
            return Ok(true);
        }
        // Atari has neither a name nor a signature.
        let first_fat = u64::from(self.reserved_sectors).saturating_mul(u64::from(self.bytes_per_sector));
        let mut entry = [0; 2];
        Ok(volume.read_at(first_fat, &mut entry)? == 2 && entry == [self.media, 0xff])
    }
}
