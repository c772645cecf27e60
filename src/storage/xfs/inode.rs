//! Inodes, version 1 and 2.

use super::Xfs;
use super::big_endian::{u16_at, u32_at, u64_at};
use crate::size::to_u64;
use crate::storage::driver_error::DriverError;
use crate::storage::sector_reader::SectorReader;

/// Where the fork with the data (or its map) begins, in an inode.
pub(crate) const FORK_AT: usize = 100;

/// What an inode costs of the budget, but for reading it.
const COST: u64 = 512;

const MODE_AT: usize = 2;
const FORMAT_AT: usize = 5;
const SIZE_AT: usize = 56;
const EXTENTS_AT: usize = 76;
const FORK_OFFSET_AT: usize = 82;

const KIND: u16 = 0o170_000;
const REGULAR: u16 = 0o100_000;
const DIRECTORY: u16 = 0o040_000;
const LINK: u16 = 0o120_000;

/// How an inode holds what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ForkFormat {
    /// In the inode itself.
    Local,
    /// As a list of extents in the inode.
    Extents,
    /// As a tree of extents with its root in the inode.
    Tree,
    /// Not at all, or in a way that the plugin does not know.
    Other,
}

/// An inode as it lies on the disk. Its magic number does not matter.
#[derive(Clone, Debug)]
pub(crate) struct Inode {
    pub(crate) number: u64,
    bytes: Vec<u8>,
}

impl Inode {
    /// Reads the inode `number` over the `previous` one, which stays where nothing of the new one arrives.
    pub(crate) fn read(xfs: &Xfs, number: u64, previous: Option<Self>) -> Result<Self, DriverError> {
        let (sector, offset) = xfs.superblock.place_of_inode(number);
        let place = SectorReader::place(sector, offset);
        xfs.device.budget().spend(COST)?;
        let mut bytes = vec![0; xfs.superblock.inode_size];
        if xfs.device.read(place, &mut bytes)? {
            return Ok(Self { number, bytes });
        }
        match previous {
            Some(previous) if xfs.device.available(place, to_u64(bytes.len())) == 0 => Ok(previous),
            _ => Err(DriverError::Unknown(format!(
                "inode {number} lies past the end of the image, and pygrub takes for it what it read before"
            ))),
        }
    }

    fn mode(&self) -> u16 {
        u16_at(&self.bytes, MODE_AT).unwrap_or(0) & KIND
    }

    /// Whether it is a regular file.
    pub(crate) fn is_regular(&self) -> bool {
        self.mode() == REGULAR
    }

    /// Whether it is a directory.
    pub(crate) fn is_directory(&self) -> bool {
        self.mode() == DIRECTORY
    }

    /// Whether it is a symbolic link.
    pub(crate) fn is_link(&self) -> bool {
        self.mode() == LINK
    }

    /// How the content is held.
    pub(crate) fn format(&self) -> ForkFormat {
        match self.bytes.get(FORMAT_AT) {
            Some(1) => ForkFormat::Local,
            Some(2) => ForkFormat::Extents,
            Some(3) => ForkFormat::Tree,
            _ => ForkFormat::Other,
        }
    }

    /// The length in bytes.
    pub(crate) fn size(&self) -> u64 {
        u64_at(&self.bytes, SIZE_AT).unwrap_or(0)
    }

    /// How many extents the list in the inode has.
    pub(crate) fn extents(&self) -> u32 {
        u32_at(&self.bytes, EXTENTS_AT).unwrap_or(0)
    }

    /// From the start of the data fork to the end of the inode, attributes included.
    pub(crate) fn fork(&self) -> &[u8] {
        self.bytes.get(FORK_AT..).unwrap_or_default()
    }

    /// Writes a NUL into the fork, as the plugin does after every name that it reads there.
    pub(crate) fn end_name(&mut self, at: usize) {
        if let Some(byte) = self.bytes.get_mut(at.saturating_add(FORK_AT)) {
            *byte = 0;
        }
    }

    /// The length of the data fork in bytes: the attributes may begin before the end of the inode.
    pub(crate) fn fork_length(&self) -> usize {
        match self.bytes.get(FORK_OFFSET_AT) {
            Some(0) | None => self.fork().len(),
            Some(eighths) => usize::from(*eighths) << 3,
        }
    }
}
