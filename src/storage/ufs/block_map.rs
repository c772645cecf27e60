//! From a block of a file to a fragment: twelve numbers in the inode, then tables in up to three levels.

use std::io;

use super::Ufs;
use super::inode::Inode;
use super::superblock::u32_at;

const DIRECT: u64 = 12;
/// What finding a block costs of the budget, but for reading tables.
pub(crate) const LOCATE: u64 = 128;

/// Where a block of a file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At this fragment.
    Data(u32),
    /// Nowhere: it reads as zeros.
    Hole,
    /// A table cannot be read, or the tables do not reach so far. The plugin treats it as a hole.
    Lost,
}

impl Place {
    fn of(fragment: u32) -> Self {
        if fragment == 0 { Self::Hole } else { Self::Data(fragment) }
    }
}

/// Where the block `block` of a file lies.
pub(crate) fn locate(ufs: &Ufs, inode: &Inode, block: u64) -> io::Result<Place> {
    if block < DIRECT {
        return Ok(Place::of(inode.numbers[block as usize]));
    }
    let per_table = ufs.superblock.numbers_in_block();
    let mut index = block - DIRECT;
    let mut span = per_table;
    for root in &inode.numbers[DIRECT as usize..] {
        if index < span {
            return descend(ufs, *root, index, span);
        }
        index -= span;
        span *= per_table;
    }
    Ok(Place::Lost)
}

/// The entry `index` of the tree below the table `table`, which covers `span` blocks.
fn descend(ufs: &Ufs, mut table: u32, mut index: u64, mut span: u64) -> io::Result<Place> {
    while table != 0 && span > 1 {
        let Some(numbers) = ufs.fragments.block(table, ufs.superblock.block_size)? else { return Ok(Place::Lost) };
        span /= ufs.superblock.numbers_in_block();
        table = u32_at(&numbers, (index / span) as usize * 4);
        index %= span;
    }
    Ok(Place::of(table))
}
