//! The primary volume descriptor (ECMA-119, 8.4).

use std::io;

use super::directory_record::{self, Extent};
use super::sectors::{SIZE_ON_DISK, Sectors};

/// Where the plugin looks.
const SECTORS: std::ops::Range<u32> = 16..32;
/// Type 1 and the identifier. The version does not matter.
const PRIMARY: &[u8] = b"\x01CD001";
const SPACE_SIZE_AT: usize = 80;
const ROOT_AT: usize = 156;

/// What matters of a primary volume descriptor.
#[derive(Debug)]
pub(crate) struct VolumeDescriptor {
    /// The root directory.
    pub(crate) root: Extent,
    /// How many bytes the volume has, counted in sectors of 2 KiB.
    pub(crate) claimed: u64,
}

/// The first primary volume descriptor. The search ends where the image does.
pub(crate) fn find(sectors: &Sectors) -> io::Result<Option<VolumeDescriptor>> {
    for number in SECTORS {
        let Some(sector) = sectors.read(number)? else { break };
        if sector.starts_with(PRIMARY) {
            let claimed = u64::from(directory_record::u32_at(&sector, SPACE_SIZE_AT)) * SIZE_ON_DISK;
            return Ok(Some(VolumeDescriptor { root: Extent::at(&sector, ROOT_AT), claimed }));
        }
    }
    Ok(None)
}
