//! FAT12, FAT16 and FAT32 as pygrub's plugin `fat` shows them, which is as the one that GRUB Legacy had.
//!
//! That is not what Linux shows. A path ends at its first space, a short name is found in lower case only and a long one by
//! the lower byte of each character, `.` and `..` are names like any other, and nothing that goes wrong while a file is
//! read is noticed: bytes past the end of the image come out as what was in memory, and a broken chain of clusters makes
//! the file shorter. Behaviour was measured with the real plugin and is tested against it.

use self::allocation_table::AllocationTable;
use self::bios_parameter_block::{BiosParameterBlock, SECTOR, Width};
use self::file::FatFile;
use super::filesystem::{Filesystem, MountError, OpenError, OpenFile, Size};
use super::source::Volume;
use crate::storage::path_whitespace;

mod allocation_table;
pub(crate) mod bios_parameter_block;
mod chain;
mod directory;
mod file;
mod long_name;
mod short_name;
mod walk;

/// Where what lies.
#[derive(Debug)]
struct Geometry {
    volume: Volume,
    table: AllocationTable,
    /// Clusters have numbers from 2 to below this.
    clusters: i32,
    cluster_bytes: u64,
    sectors_per_cluster: i32,
    /// The sector of cluster 2.
    data_sector: i32,
    /// The root directory of FAT12 and FAT16; no byte on FAT32.
    root_sector: i32,
    root_bytes: u32,
}

impl Geometry {
    /// The byte of the volume at which a cluster begins. The plugin counts sectors in 32 bits; nothing is where that comes
    /// out negative.
    fn place(&self, cluster: i32) -> Option<u64> {
        let sector = self.data_sector.wrapping_add(cluster.wrapping_sub(2).wrapping_mul(self.sectors_per_cluster));
        u64::try_from(sector).ok().map(|sector| sector.saturating_mul(SECTOR))
    }
}

/// A mounted FAT filesystem.
#[derive(Debug)]
pub struct Fat {
    geometry: Geometry,
    /// The first cluster of the root directory; negative where it does not lie in clusters.
    root: i32,
    width: Width,
    claimed_bytes: u64,
}

impl Fat {
    /// Mounts the filesystem that starts at the start of `volume`. Reads the boot sector and the first entry of the FAT.
    ///
    /// # Errors
    ///
    /// [`MountError::NotThis`] where there is nothing like a FAT, [`MountError::Rejected`] where there is one and the plugin
    /// refuses it.
    pub fn mount(volume: Volume) -> Result<Self, MountError> {
        let Some(block) = BiosParameterBlock::read(&volume)? else { return Err(MountError::NotThis) };
        if let Some(why) = block.refusal(&volume)? {
            return Err(if block.is_plausible(&volume)? { MountError::Rejected(why) } else { MountError::NotThis });
        }
        let (width, clusters) = (block.width(), block.clusters());
        let fat = u64::from(block.fat_sector().unwrap_or_default()) * SECTOR;
        let sectors_per_cluster = block.sectors_per_cluster();
        Ok(Self {
            root: if width == Width::Fat32 { block.root_cluster() } else { -1 },
            width,
            claimed_bytes: block.claimed_bytes(),
            geometry: Geometry {
                table: AllocationTable::new(volume.clone(), fat, width, clusters),
                volume,
                clusters,
                cluster_bytes: u64::from(sectors_per_cluster) * SECTOR,
                sectors_per_cluster: i32::from(sectors_per_cluster),
                data_sector: block.data_sector(),
                root_sector: block.root_sector(),
                root_bytes: block.root_bytes(),
            },
        })
    }

    /// `FAT12`, `FAT16` or `FAT32`, as the plugin tells them apart.
    pub fn width(&self) -> &'static str {
        self.width.title()
    }
}

impl Filesystem for Fat {
    fn name(&self) -> &str {
        "vfat"
    }

    fn size(&self) -> Size {
        Size { claimed: self.claimed_bytes, there: self.geometry.volume.len() }
    }

    fn listed(&self, path: &[u8], most: usize) -> Vec<Vec<u8>> {
        let names = walk::directory(self, path).map(|first| directory::names(&self.geometry, first, most));
        names.and_then(Result::ok).unwrap_or_default()
    }

    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError> {
        let entry = walk::resolve(self, path).map_err(|error| path_whitespace::explained(path, error))?;
        Ok(Box::new(FatFile::new(&self.geometry, entry)))
    }
}
