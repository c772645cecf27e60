//! The tree of extents of a file with too many of them for the inode: down to its first leaf, then from leaf to leaf.

use super::Xfs;
use super::big_endian::{u16_at, u64_at};
use super::extent::{Extent, RECORD};
use super::inode::Inode;
use crate::size::{to_u64, to_usize};
use crate::storage::driver_error::DriverError;
use crate::storage::sector_reader::SectorReader;

/// A block of the tree begins with magic number, level, number of records, left and right neighbour.
const HEADER: usize = 24;
const LEVEL_AT: usize = 4;
const RECORDS_AT: usize = 6;
const RIGHT_AT: usize = 16;

/// The root in the inode has level and number of records only.
const ROOT_HEADER: usize = 4;
/// A key and a pointer in a block that is not a leaf. All keys come first, then all pointers.
const KEY: usize = 8;
const PAIR: usize = 16;

/// No tree is higher than this; a higher one is a loop.
const MOST_LEVELS: usize = 64;

/// The leaves from one on to the right.
#[derive(Debug)]
pub(crate) struct Leaves {
    sector: u64,
}

impl Leaves {
    /// Goes down to the first leaf.
    pub(crate) fn of(xfs: &Xfs, inode: &Inode) -> Result<Self, DriverError> {
        let room = inode.fork_length().saturating_sub(ROOT_HEADER) / PAIR;
        let pointers = room.saturating_mul(KEY).saturating_add(ROOT_HEADER);
        let mut block = u64_at(inode.fork(), pointers).ok_or_else(|| {
            DriverError::Unknown(format!("the attributes of inode {} begin past its end", inode.number))
        })?;
        for _ in 0..MOST_LEVELS {
            let sector = xfs.superblock.sector_of_block(block);
            let mut header = [0; HEADER];
            read(xfs, sector, 0, &mut header)?;
            if u16_at(&header, LEVEL_AT) == Some(0) {
                return Ok(Self { sector });
            }
            let room = to_usize(xfs.superblock.block_size()).saturating_sub(HEADER) / PAIR;
            let pointers = room.saturating_mul(KEY).saturating_add(HEADER);
            let mut pointer = [0; 8];
            read(xfs, sector, to_u64(pointers), &mut pointer)?;
            block = u64::from_be_bytes(pointer);
        }
        Err(DriverError::Unknown("the tree of extents of a file goes round in circles".to_owned()))
    }

    /// Appends the extents of the next leaf. Whether there was one.
    pub(crate) fn next(&mut self, xfs: &Xfs, extents: &mut Vec<Extent>) -> Result<bool, DriverError> {
        if self.sector == 0 {
            return Ok(false);
        }
        let mut header = [0; HEADER];
        read(xfs, self.sector, 0, &mut header)?;
        let count = usize::from(u16_at(&header, RECORDS_AT).unwrap_or(0));
        xfs.device.budget().charge_read(to_u64(count * RECORD));
        xfs.device.budget().spend(to_u64(HEADER))?;
        let mut records = vec![0; count * RECORD];
        read(xfs, self.sector, to_u64(HEADER), &mut records)?;
        extents.extend(records.as_chunks::<RECORD>().0.iter().copied().map(Extent::parse));
        let right = u64_at(&header, RIGHT_AT).unwrap_or(0);
        self.sector = xfs.superblock.sector_of_block(right);
        Ok(true)
    }
}

fn read(xfs: &Xfs, sector: u64, offset: u64, buf: &mut [u8]) -> Result<(), DriverError> {
    if xfs.device.read(SectorReader::place(sector, offset), buf)? {
        return Ok(());
    }
    // The last leaf has no right neighbour, which the plugin does not notice: its number is not 0.
    Err(DriverError::Unknown(
        "pygrub's XFS driver looks for an extent after the last one of a tree, or one past the end of the image"
            .to_owned(),
    ))
}
