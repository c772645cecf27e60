//! The block map of ext2 and ext3: twelve blocks, then tables of blocks in up to three levels.

use super::Ext;
use super::inode::Inode;
use super::little_endian::u32_at;
use super::mapping::{BlockPlace, BlockRun};
use crate::size::{to_u64, to_usize};
use crate::storage::driver_error::DriverError;
use crate::storage::in_block::InBlock;

const DIRECT: u64 = 12;
/// How many block numbers `i_block` holds: the direct ones and the roots of the three trees.
const FIELDS: u64 = 15;

/// What going to a table costs of the budget.
const TABLE: u64 = 64;

/// How many blocks a file can have with blocks of `block_size` bytes.
pub(crate) fn reach(block_size: u32) -> u64 {
    let per_table = u64::from(block_size / 4);
    [1, 2, 3].iter().fold(DIRECT, |sum, level| sum.saturating_add(per_table.saturating_pow(*level)))
}

/// Block numbers of a table or of `i_block`.
fn number(table: &[u8], index: u64) -> u32 {
    u32_at(table, to_usize(index).saturating_mul(4))
}

/// The run from the entry `index` of `table` on.
fn run_in(table: &[u8], index: u64, end: u64) -> BlockRun {
    let first = u64::from(number(table, index));
    let expected = |distance: u64| if first == 0 { 0 } else { first.saturating_add(distance) };
    let entries = (index..end).zip(0..);
    let blocks = entries.take_while(|&(at, distance)| u64::from(number(table, at)) == expected(distance)).count();
    BlockRun { place: if first == 0 { BlockPlace::Hole } else { BlockPlace::Data(first) }, blocks: to_u64(blocks) }
}

/// The run that starts at the block `block` of the file, which is below [`reach`]. Tables are read wherever they are,
/// as `ext2fs_bmap2` does.
pub(crate) fn locate(ext: &Ext, inode: &Inode, block: u64) -> Result<BlockRun, DriverError> {
    if block < DIRECT {
        return Ok(run_in(inode.block(), block, DIRECT));
    }
    let per_table = u64::from(ext.blocks.size() / 4);
    let mut index = block.saturating_sub(DIRECT);
    let mut field = DIRECT;
    let mut span = per_table;
    while let Some(rest) = index.checked_sub(span) {
        index = rest;
        span = span.saturating_mul(per_table);
        field = field.saturating_add(1);
    }
    let mut table = u64::from(number(inode.block(), field));
    loop {
        ext.blocks.budget().spend(TABLE)?;
        if table == 0 {
            return Ok(BlockRun { place: BlockPlace::Hole, blocks: span.saturating_sub(index) });
        }
        let entries = ext.blocks.read(table).map_err(|fault| match fault {
            DriverError::Fails(reason) => {
                DriverError::Fails(format!("a table of the block map cannot be read: {reason}"))
            }
            other => other,
        })?;
        span = InBlock::of(span, per_table).index;
        if span == 1 {
            return Ok(run_in(&entries, index, per_table));
        }
        let entry = InBlock::of(index, span);
        table = u64::from(number(&entries, entry.index));
        index = entry.within;
    }
}

/// State of a walk over all blocks. libext2fs goes on with the next tree when a table is bad, and reports what the last
/// table that it touched gave.
struct Walk<'a> {
    ext: &'a Ext,
    visit: &'a mut dyn FnMut(u64) -> Result<bool, DriverError>,
    last: Option<String>,
    failed: bool,
}

/// How a walk over one table ended.
#[derive(PartialEq, Eq)]
enum End {
    Complete,
    Failed,
    Found,
}

/// As [`super::extent::visit_blocks`].
pub(crate) fn visit_blocks(
    ext: &Ext,
    inode: &Inode,
    visit: &mut dyn FnMut(u64) -> Result<bool, DriverError>,
) -> Result<(), DriverError> {
    let mut walk = Walk { ext, visit, last: None, failed: false };
    for index in 0..FIELDS {
        let number = number(inode.block(), index);
        if number == 0 {
            continue;
        }
        match index.checked_sub(DIRECT) {
            None if (walk.visit)(u64::from(number))? => return Ok(()),
            Some(levels) if walk.table(number, levels)? == End::Found => break,
            _ => {}
        }
    }
    match walk.last {
        Some(reason) if walk.failed => Err(DriverError::Fails(reason)),
        _ => Ok(()),
    }
}

impl Walk<'_> {
    /// Visits the blocks below the table `number`, which holds tables where `levels` is not 0.
    fn table(&mut self, number: u32, levels: u64) -> Result<End, DriverError> {
        let superblock = &self.ext.superblock;
        if u64::from(number) >= superblock.blocks_count || number < superblock.first_data_block {
            self.last = Some(format!("a table of the block map lies outside the filesystem (block {number})"));
            self.failed = true;
            return Ok(End::Failed);
        }
        self.ext.blocks.budget().spend(TABLE.saturating_add(u64::from(self.ext.blocks.size() / 2)))?;
        let table = match self.ext.blocks.read(u64::from(number)) {
            Ok(table) => table,
            Err(DriverError::Fails(reason)) => {
                self.last = Some(format!("a table of the block map cannot be read: {reason}"));
                self.failed = true;
                return Ok(End::Failed);
            }
            Err(fault) => return Err(fault),
        };
        self.last = None;
        for entry in table.chunks_exact(4).map(|bytes| u32_at(bytes, 0)).filter(|&entry| entry != 0) {
            let Some(below) = levels.checked_sub(1) else {
                if (self.visit)(u64::from(entry))? {
                    return Ok(End::Found);
                }
                continue;
            };
            match self.table(entry, below)? {
                End::Complete => {}
                end => return Ok(end),
            }
        }
        Ok(End::Complete)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_neighbours_or_holes() {
        let table: Vec<u8> = [5_u32, 6, 7, 9, 0, 0].iter().flat_map(|n| n.to_le_bytes()).collect();
        assert_eq!(run_in(&table, 0, 6), BlockRun { place: BlockPlace::Data(5), blocks: 3 });
        assert_eq!(run_in(&table, 3, 6), BlockRun { place: BlockPlace::Data(9), blocks: 1 });
        assert_eq!(run_in(&table, 4, 6), BlockRun { place: BlockPlace::Hole, blocks: 2 });
        assert_eq!(run_in(&table, 0, 2), BlockRun { place: BlockPlace::Data(5), blocks: 2 });
    }

    #[test]
    fn three_levels() {
        assert_eq!(reach(1024), 12 + 256 + 65536 + 16_777_216);
    }
}
