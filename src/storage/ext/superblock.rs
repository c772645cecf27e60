//! The superblock: 1024 bytes at byte 1024, and every reason for libext2fs not to open what it describes.

use std::num::NonZeroU32;

use super::checksum::{self, crc32c};
use super::features::Features;
use super::little_endian::{u16_at, u32_at};
use crate::storage::filesystem::MountError;

/// Where the superblock starts, in bytes.
pub(crate) const OFFSET: u64 = 1024;
/// Its length in bytes.
pub(crate) const SIZE: usize = 1024;

const MAGIC: u16 = 0xef53;

/// What the driver needs of a superblock. Every field has passed the checks of `ext2fs_open2`.
#[derive(Clone, Debug)]
pub(crate) struct Superblock {
    pub(crate) features: Features,
    /// In bytes, 1024 to 65536, a power of two.
    pub(crate) block_size: u32,
    pub(crate) blocks_count: u64,
    pub(crate) first_data_block: u32,
    pub(crate) blocks_per_group: u32,
    pub(crate) groups: u32,
    pub(crate) inodes_count: u32,
    pub(crate) inodes_per_group: NonZeroU32,
    /// In bytes, 128 to the block size, a power of two.
    pub(crate) inode_size: u32,
    /// Blocks of one group's inode table.
    pub(crate) inode_blocks_per_group: u32,
    /// In bytes, 32 to 1024, a power of two.
    pub(crate) descriptor_size: u32,
    pub(crate) first_meta_bg: u32,
    pub(crate) backup_groups: [u32; 2],
    pub(crate) checksum_seed: u32,
    pub(crate) uuid: [u8; 16],
    pub(crate) label: [u8; 16],
}

fn rejected<T>(reason: impl Into<String>) -> Result<T, MountError> {
    Err(MountError::Rejected(reason.into()))
}

impl Superblock {
    /// Reads a superblock and judges it as libext2fs 1.47.0 does when it opens for reading (flags 0). State and mount
    /// count do not matter, nor does a backup.
    pub(crate) fn parse(sb: &[u8; SIZE]) -> Result<Self, MountError> {
        if u16_at(sb, 0x38) != MAGIC {
            return Err(MountError::NotThis);
        }
        let features = Features { compat: u32_at(sb, 0x5c), incompat: u32_at(sb, 0x60), ro_compat: u32_at(sb, 0x64) };
        if features.metadata_csum() {
            let checksum_type = sb[0x175];
            if checksum_type != 1 {
                return rejected(format!(
                    "the checksum type {checksum_type} of the superblock is not supported by libext2fs"
                ));
            }
            if !checksum::superblock_is_right(sb) {
                return rejected("the checksum of the superblock is wrong");
            }
        }
        let revision = u32_at(sb, 0x4c);
        if revision > 1 {
            return rejected(format!("the revision {revision} is not supported by libext2fs"));
        }
        let refused = features.refused();
        if !refused.is_empty() {
            let noun = if refused.len() == 1 { "the feature" } else { "the features" };
            let verb = if refused.len() == 1 { "is" } else { "are" };
            return rejected(format!(
                "{noun} {} {verb} not supported by libext2fs as pygrub calls it",
                refused.join(", ")
            ));
        }
        Self::geometry(sb, features, revision)
    }

    fn geometry(sb: &[u8; SIZE], features: Features, revision: u32) -> Result<Self, MountError> {
        let log_block_size = u32_at(sb, 0x18);
        if log_block_size > 6 {
            return rejected(format!("the block size 2^(10+{log_block_size}) is larger than 64 KiB"));
        }
        // Without bigalloc, which is refused, a cluster is a block.
        if u32_at(sb, 0x1c) != log_block_size {
            return rejected("the cluster size differs from the block size");
        }
        if sb[0x174] > 31 {
            return rejected("the number of groups in a flexible group is too large");
        }
        let block_size = 1024_u32 << log_block_size;
        let inode_size = if revision == 0 { 128 } else { u32::from(u16_at(sb, 0x58)) };
        if inode_size < 128 || inode_size > block_size || !inode_size.is_power_of_two() {
            return rejected(format!("the inode size {inode_size} is impossible"));
        }
        let descriptor_size = if features.sixty_four_bit() { u32::from(u16_at(sb, 0xfe)) } else { 32 };
        if features.sixty_four_bit() && (!(64..=1024).contains(&descriptor_size) || !descriptor_size.is_power_of_two())
        {
            return rejected(format!("the group descriptor size {descriptor_size} is impossible"));
        }
        let blocks_per_group = u32_at(sb, 0x20);
        if blocks_per_group != u32_at(sb, 0x24) {
            return rejected("the numbers of blocks and clusters in a group differ");
        }
        let Some(inodes_per_group) = NonZeroU32::new(u32_at(sb, 0x28)) else {
            return rejected("there are no inodes in a group");
        };
        // libext2fs computes this in 32 bits.
        let inode_bytes = inodes_per_group.get().wrapping_mul(inode_size);
        let inode_blocks_per_group =
            inode_bytes.wrapping_add(block_size.wrapping_sub(1)) >> block_size.trailing_zeros();
        let blocks_high = if features.sixty_four_bit() { u64::from(u32_at(sb, 0x150)) } else { 0 };
        let blocks_count = u64::from(u32_at(sb, 0x4)) | blocks_high << 32;
        let first_data_block = u32_at(sb, 0x14);
        if !(8..=65528).contains(&blocks_per_group) {
            return rejected(format!("{blocks_per_group} blocks in a group are impossible"));
        }
        if inode_blocks_per_group > 65536_u32.saturating_sub(block_size >> inode_size.trailing_zeros()) {
            return rejected(format!("{inodes_per_group} inodes in a group are impossible"));
        }
        if u64::from(first_data_block) >= blocks_count {
            return rejected("the first data block lies after the last block");
        }
        let groups = blocks_count.saturating_sub(u64::from(first_data_block)).div_ceil(u64::from(blocks_per_group));
        let Ok(groups) = u32::try_from(groups) else { return rejected("there are too many block groups") };
        let inodes_count = u32_at(sb, 0);
        if u64::from(groups).saturating_mul(u64::from(inodes_per_group.get())) != u64::from(inodes_count) {
            return rejected(format!(
                "the number of inodes is {inodes_count}, which is not {groups} groups of {inodes_per_group}"
            ));
        }
        let superblock = Self {
            features,
            block_size,
            blocks_count,
            first_data_block,
            blocks_per_group,
            groups,
            inodes_count,
            inodes_per_group,
            inode_size,
            inode_blocks_per_group,
            descriptor_size,
            first_meta_bg: u32_at(sb, 0x104),
            backup_groups: [u32_at(sb, 0x24c), u32_at(sb, 0x250)],
            checksum_seed: checksum_seed(sb, features),
            uuid: field(sb, 0x68),
            label: field(sb, 0x78),
        };
        if features.meta_bg() && superblock.first_meta_bg > superblock.descriptor_blocks() {
            return rejected("the first meta block group does not exist");
        }
        Ok(superblock)
    }

    /// How many descriptors fit in a block.
    pub(crate) fn descriptors_per_block(&self) -> NonZeroU32 {
        // Both are powers of two, and no descriptor is larger than the smallest block.
        NonZeroU32::new(self.block_size >> self.descriptor_size.trailing_zeros()).unwrap_or(NonZeroU32::MIN)
    }

    /// How many blocks all group descriptors take.
    pub(crate) fn descriptor_blocks(&self) -> u32 {
        self.groups.div_ceil(self.descriptors_per_block().get())
    }
}

fn field(sb: &[u8; SIZE], offset: usize) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&sb[offset..][..16]);
    bytes
}

fn checksum_seed(sb: &[u8; SIZE], features: Features) -> u32 {
    if features.csum_seed() { u32_at(sb, 0x270) } else { crc32c(checksum::START, &[&sb[0x68..0x78]]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> [u8; SIZE] {
        let mut sb = [0; SIZE];
        let mut put = |offset: usize, value: u32| sb[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
        put(0x0, 16);
        put(0x4, 100);
        put(0x14, 1);
        put(0x20, 8192);
        put(0x24, 8192);
        put(0x28, 16);
        sb[0x38..0x3a].copy_from_slice(&MAGIC.to_le_bytes());
        sb
    }

    fn reason(sb: &[u8; SIZE]) -> String {
        Superblock::parse(sb).unwrap_err().to_string()
    }

    #[test]
    fn revision_0_has_small_inodes() {
        let parsed = Superblock::parse(&plain()).unwrap();
        assert_eq!((parsed.inode_size, parsed.block_size, parsed.groups), (128, 1024, 1));
    }

    #[test]
    fn no_magic_is_not_this() {
        assert!(matches!(Superblock::parse(&[0; SIZE]), Err(MountError::NotThis)));
    }

    #[test]
    fn impossible_geometries_are_rejected() {
        for (offset, value, part) in [
            (0x18, 7, "larger than 64 KiB"),
            (0x1c, 1, "cluster size"),
            (0x20, 7, "differ"),
            (0x28, 0, "no inodes"),
            (0x14, 100, "after the last"),
            (0x0, 17, "number of inodes"),
            (0x4c, 2, "revision 2"),
            (0x64, 0x200, "the feature bigalloc is not supported"),
            (0x60, 0x9, "the features compression, journal_dev are"),
            (0x64, 0x400, "checksum type 0"),
        ] {
            let mut sb = plain();
            sb[offset..offset + 4].copy_from_slice(&u32::to_le_bytes(value));
            let reason = reason(&sb);
            assert!(reason.contains(part), "{reason} lacks {part}");
        }
    }

    #[test]
    fn a_wrong_checksum_matters_only_with_metadata_csum() {
        let mut sb = plain();
        sb[0x65] = 4;
        sb[0x175] = 1;
        assert_eq!(reason(&sb), "the checksum of the superblock is wrong");
        let checksum = crc32c(checksum::START, &[&sb[..0x3fc]]);
        sb[0x3fc..].copy_from_slice(&checksum.to_le_bytes());
        assert!(Superblock::parse(&sb).is_ok());
    }
}
