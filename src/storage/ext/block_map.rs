//! The block map of ext2 and ext3: twelve blocks, then tables of blocks in up to three levels.

use super::Ext;
use super::inode::Inode;
use super::little_endian::u32_at;
use super::mapping::{Place, Run};
use crate::storage::driver_error::DriverError;

const DIRECT: u64 = 12;
/// How many block numbers `i_block` holds: the direct ones and the roots of the three trees.
const FIELDS: usize = 15;

/// What going to a table costs of the budget.
const TABLE: u64 = 64;

/// How many blocks a file can have with blocks of `block_size` bytes.
pub(crate) fn reach(block_size: u32) -> u64 {
    let per_table = u64::from(block_size / 4);
    DIRECT + per_table + per_table.pow(2) + per_table.pow(3)
}

/// Block numbers of a table or of `i_block`.
fn number(table: &[u8], index: u64) -> u32 {
    u32_at(table, index as usize * 4)
}

/// The run from the entry `index` of `table` on.
fn run_in(table: &[u8], index: u64, end: u64) -> Run {
    let first = u64::from(number(table, index));
    let same = |distance: u64| {
        let value = u64::from(number(table, index + distance));
        if first == 0 { value == 0 } else { value == first + distance }
    };
    let blocks = 1 + (1..end - index).take_while(|&distance| same(distance)).count() as u64;
    Run { place: if first == 0 { Place::Hole } else { Place::Data(first) }, blocks }
}

/// The run that starts at the block `block` of the file, which is below [`reach`]. Tables are read wherever they are,
/// as `ext2fs_bmap2` does.
pub(crate) fn locate(ext: &Ext, inode: &Inode, block: u64) -> Result<Run, DriverError> {
    if block < DIRECT {
        return Ok(run_in(inode.block(), block, DIRECT));
    }
    let per_table = u64::from(ext.blocks.size() / 4);
    let mut index = block - DIRECT;
    let mut field = DIRECT;
    let mut span = per_table;
    while index >= span {
        index -= span;
        span *= per_table;
        field += 1;
    }
    let mut table = u64::from(number(inode.block(), field));
    loop {
        ext.blocks.budget().spend(TABLE)?;
        if table == 0 {
            return Ok(Run { place: Place::Hole, blocks: span - index });
        }
        let entries = ext.blocks.read(table).map_err(|fault| match fault {
            DriverError::Fails(reason) => {
                DriverError::Fails(format!("a table of the block map cannot be read: {reason}"))
            }
            other => other,
        })?;
        span /= per_table;
        if span == 1 {
            return Ok(run_in(&entries, index, per_table));
        }
        table = u64::from(number(&entries, index / span));
        index %= span;
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
    for index in 0..FIELDS as u64 {
        let number = number(inode.block(), index);
        if number == 0 {
            continue;
        }
        if index < DIRECT {
            if (walk.visit)(u64::from(number))? {
                return Ok(());
            }
        } else if walk.table(number, (index - DIRECT) as u32)? == End::Found {
            break;
        }
    }
    match walk.last {
        Some(reason) if walk.failed => Err(DriverError::Fails(reason)),
        _ => Ok(()),
    }
}

impl Walk<'_> {
    /// Visits the blocks below the table `number`, which holds tables where `levels` is not 0.
    fn table(&mut self, number: u32, levels: u32) -> Result<End, DriverError> {
        let superblock = &self.ext.superblock;
        if u64::from(number) >= superblock.blocks_count || number < superblock.first_data_block {
            self.last = Some(format!("a table of the block map lies outside the filesystem (block {number})"));
            self.failed = true;
            return Ok(End::Failed);
        }
        self.ext.blocks.budget().spend(TABLE + u64::from(self.ext.blocks.size() / 2))?;
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
            if levels == 0 {
                if (self.visit)(u64::from(entry))? {
                    return Ok(End::Found);
                }
                continue;
            }
            match self.table(entry, levels - 1)? {
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
        assert_eq!(run_in(&table, 0, 6), Run { place: Place::Data(5), blocks: 3 });
        assert_eq!(run_in(&table, 3, 6), Run { place: Place::Data(9), blocks: 1 });
        assert_eq!(run_in(&table, 4, 6), Run { place: Place::Hole, blocks: 2 });
        assert_eq!(run_in(&table, 0, 2), Run { place: Place::Data(5), blocks: 2 });
    }

    #[test]
    fn three_levels() {
        assert_eq!(reach(1024), 12 + 256 + 65536 + 16_777_216);
    }
}
