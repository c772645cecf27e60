//! The superblock: the geometry, and whether the plugin mounts the filesystem.

use super::big_endian::{u16_at, u32_at, u64_at};
use crate::size::to_u64;
use crate::storage::filesystem::MountError;

/// As much as the plugin reads.
pub(crate) const SIZE: usize = 200;

const ROOT_INODE_AT: usize = 56;
const AG_BLOCKS_AT: usize = 84;
const VERSION_AT: usize = 100;
const BLOCK_LOG_AT: usize = 120;
const INODE_LOG_AT: usize = 122;
const INODES_PER_BLOCK_LOG_AT: usize = 123;
const AG_BLOCK_LOG_AT: usize = 124;
const DIR_BLOCK_LOG_AT: usize = 192;

const SECTOR_LOG: u32 = 9;

/// What the driver needs of the superblock. All logarithms are to the base 2.
#[derive(Debug)]
pub(crate) struct Superblock {
    pub(crate) root: u64,
    pub(crate) block_log: u32,
    pub(crate) inode_size: usize,
    /// Bytes of a block of a directory: one block of the filesystem or more.
    pub(crate) dir_block_size: u64,
    /// Blocks of an allocation group.
    ag_blocks: u32,
    /// Bits of a block number that tell the block inside its allocation group.
    ag_block_log: u32,
    inodes_per_block_log: u32,
}

impl Superblock {
    /// Judges the superblock as the plugin of 4.17 does. Releases before 4.15.6, 4.16.6 and 4.17.3 check the magic number
    /// and the version only; a superblock that fails the other checks is a damaged one.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, MountError> {
        if bytes.get(..4) != Some(b"XFSB".as_slice()) {
            return Err(MountError::NotThis);
        }
        let short = || MountError::Rejected("the image ends inside the superblock of XFS".to_owned());
        let version = u16_at(bytes, VERSION_AT).ok_or_else(short)? & 0xf;
        if bytes.len() < SIZE {
            return Err(short());
        }
        if version != 4 {
            let crc = if version == 5 { " (crc=1, what mkfs.xfs makes by default)" } else { "" };
            return Err(MountError::Rejected(format!(
                "this is XFS version {version}{crc}, and pygrub's XFS driver reads version 4 only"
            )));
        }
        let log = |at: usize| bytes.get(at).map(|byte| u32::from(*byte)).ok_or_else(short);
        let superblock = Self {
            root: u64_at(bytes, ROOT_INODE_AT).ok_or_else(short)?,
            block_log: log(BLOCK_LOG_AT)?,
            inode_size: 1_usize.checked_shl(log(INODE_LOG_AT)?).unwrap_or(0),
            dir_block_size: 1_u64.checked_shl(log(BLOCK_LOG_AT)?.saturating_add(log(DIR_BLOCK_LOG_AT)?)).unwrap_or(0),
            ag_blocks: u32_at(bytes, AG_BLOCKS_AT).ok_or_else(short)?,
            ag_block_log: log(AG_BLOCK_LOG_AT)?,
            inodes_per_block_log: log(INODES_PER_BLOCK_LOG_AT)?,
        };
        let (block, inode, ag) = (superblock.block_log, log(INODE_LOG_AT)?, superblock.ag_block_log);
        let ag_blocks = u64::from(superblock.ag_blocks);
        let rounded_up = 1_u64.checked_shl(ag).unwrap_or(0);
        let sane = (8..=11).contains(&inode)
            && (9..=16).contains(&block)
            && block >= inode
            && ag <= 32
            && rounded_up >= ag_blocks
            && rounded_up >> 1 < ag_blocks
            && block.saturating_add(log(DIR_BLOCK_LOG_AT)?) < 27;
        if !sane {
            return Err(MountError::Rejected(
                "the superblock of XFS is damaged: its sizes contradict each other".to_owned(),
            ));
        }
        Ok(superblock)
    }

    /// Bytes of a block.
    pub(crate) fn block_size(&self) -> u64 {
        1 << self.block_log
    }

    /// The sector of 512 bytes where a block of the filesystem begins.
    pub(crate) fn sector_of_block(&self, block: u64) -> u64 {
        let group = block.checked_shr(self.ag_block_log).unwrap_or(0);
        self.sector(group, block & self.ag_block_mask())
    }

    /// Where an inode lies: a sector of 512 bytes, and an offset in bytes from there.
    pub(crate) fn place_of_inode(&self, inode: u64) -> (u64, u64) {
        let slot_log = self.inodes_per_block_log;
        let slot = inode & (1_u64.checked_shl(slot_log).unwrap_or(0)).wrapping_sub(1);
        let block = inode.checked_shr(slot_log).unwrap_or(0);
        let group = block.checked_shr(self.ag_block_log).unwrap_or(0);
        (self.sector(group, block & self.ag_block_mask()), slot.wrapping_mul(to_u64(self.inode_size)))
    }

    fn ag_block_mask(&self) -> u64 {
        1_u64.checked_shl(self.ag_block_log).unwrap_or(0).wrapping_sub(1)
    }

    fn sector(&self, group: u64, block: u64) -> u64 {
        group.wrapping_mul(u64::from(self.ag_blocks)).wrapping_add(block) << self.block_log.saturating_sub(SECTOR_LOG)
    }
}
