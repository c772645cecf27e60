//! The superblock of UFS1, 8 KiB after the start.

use std::num::NonZeroU32;

use crate::storage::filesystem::MountError;

/// Where it lies.
pub(crate) const OFFSET: u64 = 8 << 10;
/// What the plugin reads of it; the image must hold all of that.
pub(crate) const SIZE: usize = 8 << 10;
/// The size of an inode.
pub(crate) const INODE_SIZE: u32 = 128;

const MAGIC: u32 = 0x0001_1954;
const MAGIC_AT: usize = 1372;
/// The largest block that fits the plugin's buffers; it compares signed numbers.
const MOST_BLOCK: i32 = 122_880;

/// The little-endian 32-bit field at `at`; 0 past the end.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |four| u32::from_le_bytes(*four))
}

/// What the plugin uses of a superblock.
#[derive(Debug)]
pub(crate) struct Superblock {
    /// The size of a block in bytes, a power of two.
    pub(crate) block_size: u32,
    /// A fragment is 512 bytes times two to this power (`fs_fsbtodb`).
    pub(crate) fragment_shift: u32,
    /// A block has two to this power of fragments (`fs_fragshift`).
    pub(crate) block_shift: u32,
    /// The size in bytes by its own account.
    pub(crate) claimed: u64,
    inode_offset: u32,
    group_offset: u32,
    group_mask: u32,
    inodes_per_group: NonZeroU32,
    fragments_per_group: u32,
}

impl Superblock {
    /// Judges a superblock.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, MountError> {
        let field = |at| u32_at(bytes, at);
        if field(MAGIC_AT) != MAGIC {
            return Err(MountError::NotThis);
        }
        let block_size = field(48);
        if block_size.cast_signed() > MOST_BLOCK {
            return Err(MountError::Rejected(format!("its blocks of {block_size} bytes are too large for the plugin")));
        }
        let (fragment_shift, block_shift) = (field(100), field(96));
        let sane = block_size.is_power_of_two()
            && block_size >= 512
            && field(72) == block_size.wrapping_neg()
            && field(80) == block_size.trailing_zeros()
            && field(116) == block_size / 4
            && field(120) == block_size / INODE_SIZE
            && fragment_shift < 32
            && block_shift < 32;
        let Some(inodes_per_group) = NonZeroU32::new(field(184)).filter(|_| sane) else {
            return Err(MountError::Unknown(
                "the superblock of the UFS contradicts itself: the plugin mounts it and may crash or never end"
                    .to_owned(),
            ));
        };
        Ok(Self {
            block_size,
            fragment_shift,
            block_shift,
            claimed: u64::from(field(36)).saturating_mul(u64::from(field(52))),
            inode_offset: field(16),
            group_offset: field(24),
            group_mask: field(28),
            inodes_per_group,
            fragments_per_group: field(188),
        })
    }

    /// How many block numbers a block of the block map holds.
    pub(crate) fn numbers_in_block(&self) -> u64 {
        u64::from(self.block_size / 4)
    }

    /// The fragment that holds an inode, and where it begins after the start of that. All of it wraps around in 32 bits,
    /// as in the plugin.
    pub(crate) fn place_of_inode(&self, number: u32) -> (u32, u32) {
        let in_block = self.block_size / INODE_SIZE;
        let group = number / self.inodes_per_group;
        let block = (number % self.inodes_per_group) >> in_block.trailing_zeros();
        let fragment = self
            .fragments_per_group
            .wrapping_mul(group)
            .wrapping_add(self.group_offset.wrapping_mul(group & !self.group_mask))
            .wrapping_add(self.inode_offset)
            .wrapping_add(block.wrapping_shl(self.block_shift));
        (fragment, (number & in_block.wrapping_sub(1)).wrapping_mul(INODE_SIZE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain() -> Vec<u8> {
        let mut bytes = vec![0; SIZE];
        for (at, value) in [
            (16, 32),
            (28, u32::MAX),
            (48, 8192),
            (72, 0xffff_e000),
            (80, 13),
            (96, 3),
            (100, 1),
            (116, 2048),
            (120, 64),
        ] {
            bytes[at..at + 4].copy_from_slice(&u32::to_le_bytes(value));
        }
        bytes[184..188].copy_from_slice(&192_u32.to_le_bytes());
        bytes[188..192].copy_from_slice(&8192_u32.to_le_bytes());
        bytes[MAGIC_AT..MAGIC_AT + 4].copy_from_slice(&MAGIC.to_le_bytes());
        bytes
    }

    #[test]
    fn inodes_lie_in_their_group() {
        let superblock = Superblock::parse(&plain()).unwrap();
        assert_eq!(superblock.place_of_inode(2), (32, 256));
        assert_eq!(superblock.place_of_inode(65), (40, 128));
        assert_eq!(superblock.place_of_inode(192), (8192 + 32, 0));
    }

    #[test]
    fn no_magic_is_not_this_and_large_blocks_are_refused() {
        assert!(matches!(Superblock::parse(&vec![0; SIZE]), Err(MountError::NotThis)));
        let mut large = plain();
        large[48..52].copy_from_slice(&131_072_u32.to_le_bytes());
        assert!(matches!(Superblock::parse(&large), Err(MountError::Rejected(_))));
        let mut odd = plain();
        odd[48..52].copy_from_slice(&4096_u32.to_le_bytes());
        assert!(matches!(Superblock::parse(&odd), Err(MountError::Unknown(_))));
    }
}
