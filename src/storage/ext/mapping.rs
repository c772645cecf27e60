//! From a block of a file to a block of the disk, for the two ways of storing that.

use super::inode::Inode;
use super::{Ext, block_map, extent};
use crate::storage::driver_error::DriverError;

/// Neighbouring blocks of a file that lie next to each other on the disk, or that are all holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockRun {
    /// Where the first one lies.
    pub(crate) place: BlockPlace,
    /// At least 1.
    pub(crate) blocks: u64,
}

/// Where a block of a file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockPlace {
    /// Nowhere: it reads as zeros.
    Hole,
    /// Allocated on the disk and never written: it reads as zeros.
    Unwritten(u64),
    /// On the disk.
    Data(u64),
}

/// The highest block that libext2fs 1.47.0 maps is the one before this one.
const LIMIT: u64 = (1 << 32) - 1;

/// The run that starts at the block `block` of the file.
pub(crate) fn map(ext: &Ext, inode: &Inode, block: u64) -> Result<BlockRun, DriverError> {
    let limit = if inode.has_extents() { LIMIT } else { LIMIT.min(block_map::reach(ext.blocks.size())) };
    if block >= limit {
        return Err(DriverError::Fails(format!(
            "the file is longer than {limit} blocks, which is the most that libext2fs reads"
        )));
    }
    let mut run = if inode.has_extents() {
        extent::ExtentCursor::new(ext, inode)?.locate(block)?
    } else {
        block_map::locate(ext, inode, block)?
    };
    run.blocks = run.blocks.min(limit.saturating_sub(block));
    Ok(run)
}

/// Calls `visit` for all blocks of a directory, see [`extent::visit_blocks`].
pub(crate) fn visit_blocks(
    ext: &Ext,
    inode: &Inode,
    visit: &mut dyn FnMut(u64) -> Result<bool, DriverError>,
) -> Result<(), DriverError> {
    if inode.has_extents() {
        extent::visit_blocks(ext, inode, visit)
    } else {
        block_map::visit_blocks(ext, inode, visit)
    }
}

/// The block on the disk that `ext2fs_bmap2` finds for the first block of a symbolic link: 0 for a hole, and whether it
/// was written does not matter.
pub(crate) fn first_block(ext: &Ext, inode: &Inode) -> Result<u64, DriverError> {
    Ok(match map(ext, inode, 0)?.place {
        BlockPlace::Hole => 0,
        BlockPlace::Unwritten(number) | BlockPlace::Data(number) => number,
    })
}
