//! From a block of a file to a fragment: twelve numbers in the inode, then tables in up to three levels.

use std::io;

use super::Ufs;
use super::inode::Inode;
use super::superblock::u32_at;
use crate::size::to_usize;
use crate::storage::in_block::InBlock;

const DIRECT: u64 = 12;
/// What finding a block costs of the budget, but for reading tables.
pub(crate) const LOCATE: u64 = 128;

/// Where a block of a file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FragmentPlace {
    /// At this fragment.
    Data(u32),
    /// Nowhere: it reads as zeros.
    Hole,
    /// A table cannot be read, or the tables do not reach so far. The plugin treats it as a hole.
    Lost,
}

impl FragmentPlace {
    fn of(fragment: u32) -> Self {
        if fragment == 0 { Self::Hole } else { Self::Data(fragment) }
    }
}

/// Where the block `block` of a file lies.
pub(crate) fn locate(ufs: &Ufs, inode: &Inode, block: u64) -> io::Result<FragmentPlace> {
    if block < DIRECT {
        return Ok(FragmentPlace::of(inode.numbers[to_usize(block)]));
    }
    let per_table = ufs.superblock.numbers_in_block();
    let mut index = block.saturating_sub(DIRECT);
    let mut span = per_table;
    for root in &inode.numbers[to_usize(DIRECT)..] {
        if index < span {
            return descend(ufs, *root, index, span);
        }
        index = index.saturating_sub(span);
        span = span.saturating_mul(per_table);
    }
    Ok(FragmentPlace::Lost)
}

/// The entry `index` of the tree below the table `table`, which covers `span` blocks.
fn descend(ufs: &Ufs, mut table: u32, mut index: u64, mut span: u64) -> io::Result<FragmentPlace> {
    while table != 0 && span > 1 {
        let Some(numbers) = ufs.fragments.block(table, ufs.superblock.block_size)? else {
            return Ok(FragmentPlace::Lost);
        };
        span = InBlock::of(span, ufs.superblock.numbers_in_block()).index;
        let entry = InBlock::of(index, span);
        table = u32_at(&numbers, to_usize(entry.index).saturating_mul(4));
        index = entry.within;
    }
    Ok(FragmentPlace::of(table))
}
