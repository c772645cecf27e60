//! Group descriptors: where they lie, and the one field that reading needs.

use super::blocks::BlockReader;
use super::little_endian::u32_at;
use super::superblock::Superblock;
use crate::size::to_usize;
use crate::storage::driver_error::DriverError;

/// Linux reads at most this many bytes at once; to libext2fs fewer than it asked for are an error.
const LONGEST_READ: u64 = 0x7fff_f000;

impl Superblock {
    /// Fails where `ext2fs_open2` fails to read all descriptors. It reads them on opening; pregrub reads them when they
    /// are needed, so that only the places are checked here.
    pub(crate) fn check_descriptors(&self, blocks: &BlockReader) -> Result<(), DriverError> {
        let all = self.descriptor_blocks();
        let plain = self.plain_descriptor_blocks();
        if u64::from(plain).saturating_mul(u64::from(self.block_size)) > LONGEST_READ {
            return Err(DriverError::Fails("the group descriptors are too large to be read at once".to_owned()));
        }
        if u64::from(all).saturating_mul(u64::from(self.block_size)) > LONGEST_READ {
            return Err(DriverError::Unknown(
                "whether there is memory for the group descriptors depends on the machine".to_owned(),
            ));
        }
        let missing = |fault| match fault {
            DriverError::Fails(reason) => DriverError::Fails(format!("the group descriptors cannot be read: {reason}")),
            other => other,
        };
        if plain > 0 {
            blocks.check(self.descriptor_block(0), u64::from(plain)).map_err(missing)?;
        }
        if all > plain {
            // Their places grow with their number: the last one decides.
            blocks.check(self.descriptor_block(all.saturating_sub(1)), 1).map_err(missing)?;
        }
        Ok(())
    }

    /// The block where the inode table of `group` starts.
    pub(crate) fn inode_table(&self, group: u32, blocks: &BlockReader) -> Result<u64, DriverError> {
        let per_block = self.descriptors_per_block();
        let block = blocks.read(self.descriptor_block(group / per_block))?;
        let offset = (group % per_block).saturating_mul(self.descriptor_size);
        let descriptor = &block[to_usize(u64::from(offset))..];
        let low = u64::from(u32_at(descriptor, 0x8));
        let high = if self.features.sixty_four_bit() { u64::from(u32_at(descriptor, 0x28)) } else { 0 };
        let table = low | high << 32;
        if table == 0 {
            return Err(DriverError::Fails(format!("block group {group} has no inode table")));
        }
        let last = table.checked_add(u64::from(self.inode_blocks_per_group)).map(|end| end.saturating_sub(1));
        if table < u64::from(self.first_data_block) || last.is_none_or(|last| last >= self.blocks_count) {
            return Err(DriverError::Fails(format!(
                "the inode table of block group {group} lies outside the filesystem (block {table})"
            )));
        }
        Ok(table)
    }

    /// How many descriptor blocks follow the superblock. With meta_bg the rest is spread.
    fn plain_descriptor_blocks(&self) -> u32 {
        if self.features.meta_bg() { self.first_meta_bg } else { self.descriptor_blocks() }
    }

    /// The number of the block that holds the descriptor block `index`.
    fn descriptor_block(&self, index: u32) -> u64 {
        let first = u64::from(self.first_data_block);
        if index < self.plain_descriptor_blocks() {
            // With blocks of 1 KiB the superblock is in block 1, even if the data starts at 0.
            let boot_block = u64::from(first == 0 && self.block_size == 1024);
            return first.saturating_add(boot_block).saturating_add(1).saturating_add(u64::from(index));
        }
        let group = self.descriptors_per_block().get().wrapping_mul(index);
        let start = first.saturating_add(u64::from(self.blocks_per_group).saturating_mul(u64::from(group)));
        start.saturating_add(u64::from(self.has_superblock(group)))
    }

    /// Whether `group` starts with a copy of the superblock.
    fn has_superblock(&self, group: u32) -> bool {
        if group == 0 {
            return true;
        }
        if self.features.sparse_super2() {
            return self.backup_groups.contains(&group);
        }
        if group == 1 || !self.features.sparse_super() {
            return true;
        }
        [3, 5, 7].iter().any(|&base| is_power(group, base))
    }
}

/// Whether `value` is `base`, its square, its cube, ...
fn is_power(value: u32, base: u32) -> bool {
    std::iter::successors(Some(base), |power| power.checked_mul(base)).any(|power| power == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers() {
        let found: Vec<u32> = (2..130).filter(|&n| [3, 5, 7].iter().any(|&base| is_power(n, base))).collect();
        assert_eq!(found, [3, 5, 7, 9, 25, 27, 49, 81, 125]);
    }
}
