//! Extent trees: a cursor that moves through one exactly as libext2fs's does, also where the tree is damaged.

use std::rc::Rc;

use super::Ext;
use super::checksum;
use super::inode::Inode;
use super::little_endian::{u16_at, u32_at};
use super::mapping::{BlockPlace, BlockRun};
use crate::storage::budget::BudgetExhausted;
use crate::storage::driver_error::DriverError;

const MAGIC: u16 = 0xf30a;
const HEADER: usize = 12;
const ENTRY: usize = 12;
/// A longer extent is an unwritten one of the rest.
const LONGEST: u16 = 1 << 15;
/// Linux makes no deeper tree than 5. libext2fs would follow 65535 levels.
const DEEPEST: u16 = 16;

/// What it costs of the budget to go to a node, and from one entry to the next.
const CURSOR: u64 = 128;
const SIBLING: u64 = 8;

/// An entry of the tree: an extent in a leaf, an index entry above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The first logical block.
    pub(crate) logical: u64,
    /// The first physical block; of an index entry, the block of the next level.
    pub(crate) physical: u64,
    /// In blocks; 0 in an index entry.
    pub(crate) length: u64,
    /// Allocated and never written: reads as zeros.
    pub(crate) unwritten: bool,
    /// In a leaf.
    pub(crate) leaf: bool,
}

/// Why a cursor did not move.
pub(crate) enum CursorStop {
    /// There is no next entry.
    NoNext,
    /// As elsewhere.
    DriverError(DriverError),
}

impl From<BudgetExhausted> for CursorStop {
    fn from(spent: BudgetExhausted) -> Self {
        Self::DriverError(spent.into())
    }
}

impl From<DriverError> for CursorStop {
    fn from(fault: DriverError) -> Self {
        Self::DriverError(fault)
    }
}

/// A position in one level of the tree.
#[derive(Clone)]
struct Level {
    node: Rc<[u8]>,
    entries: usize,
    /// Entries after the current one.
    left: usize,
    /// The level below has been visited from the current entry.
    visited: bool,
    current: Option<usize>,
    /// The block of `node`, 0 for the root.
    block: u64,
}

/// A position in the tree.
pub(crate) struct ExtentCursor<'a> {
    ext: &'a Ext,
    inode: &'a Inode,
    path: Vec<Level>,
    level: usize,
    depth: usize,
}

fn verify_header(node: &[u8]) -> Result<(), DriverError> {
    let most = node.len().saturating_sub(HEADER) / ENTRY;
    let (entries, max) = (usize::from(u16_at(node, 2)), usize::from(u16_at(node, 4)));
    if u16_at(node, 0) != MAGIC || entries > max || max > most || max.saturating_add(2) < most {
        return Err(DriverError::Fails("a node of the extent tree has a bad header".to_owned()));
    }
    Ok(())
}

impl<'a> ExtentCursor<'a> {
    /// A cursor before the first entry of the tree of `inode`.
    pub(crate) fn new(ext: &'a Ext, inode: &'a Inode) -> Result<Self, DriverError> {
        let mut root: Rc<[u8]> = inode.block().into();
        if root.iter().all(|&byte| byte == 0) {
            // libext2fs treats an empty field as an empty tree.
            let mut empty = [0; super::inode::BLOCK_SIZE];
            empty[..2].copy_from_slice(&MAGIC.to_le_bytes());
            empty[4] = 4;
            root = Rc::new(empty);
        }
        ext.blocks.budget().spend(CURSOR)?;
        verify_header(&root)?;
        let depth = u16_at(&root, 6);
        if depth > DEEPEST {
            return Err(DriverError::Unknown(format!("the extent tree claims to be {depth} levels deep")));
        }
        let entries = usize::from(u16_at(&root, 2));
        let top = Level { node: root, entries, left: entries, visited: true, current: None, block: 0 };
        Ok(Self { ext, inode, path: vec![top], level: 0, depth: usize::from(depth) })
    }

    /// Goes to the first entry of the root.
    pub(crate) fn root(&mut self) -> Result<Extent, CursorStop> {
        self.level = 0;
        let level = &mut self.path[0];
        level.left = level.entries;
        level.current = None;
        self.next_sibling()
    }

    /// Goes on in the order down, right, up. Index entries are met twice.
    pub(crate) fn next(&mut self) -> Result<Extent, CursorStop> {
        let level = &mut self.path[self.level];
        if self.level < self.depth && !level.visited {
            level.visited = true;
            self.down()
        } else if level.left > 0 {
            self.next_sibling()
        } else if self.level > 0 {
            self.level = self.level.saturating_sub(1);
            self.current()
        } else {
            Err(CursorStop::NoNext)
        }
    }

    fn next_sibling(&mut self) -> Result<Extent, CursorStop> {
        self.ext.blocks.budget().spend(SIBLING)?;
        let level = &mut self.path[self.level];
        if level.left == 0 {
            return Err(CursorStop::NoNext);
        }
        level.left = level.left.saturating_sub(1);
        level.current = Some(level.current.map_or(0, |current| current.saturating_add(1)));
        level.visited = false;
        self.current()
    }

    /// Only called after the first entry, where there is a previous one.
    fn previous_sibling(&mut self) {
        let level = &mut self.path[self.level];
        level.current = level.current.map(|current| current.saturating_sub(1));
        level.left = level.left.saturating_add(1);
        level.visited = true;
    }

    fn current(&self) -> Result<Extent, CursorStop> {
        let Some(extent) = self.path[self.level].current.and_then(|index| self.entry(index)) else {
            return Err(DriverError::Fails("the extent tree has no current entry".to_owned()).into());
        };
        Ok(extent)
    }

    /// The entry `index` of the current level.
    fn entry(&self, index: usize) -> Option<Extent> {
        let bytes = self.path[self.level].node.get(HEADER..)?.as_chunks::<ENTRY>().0.get(index)?;
        let logical = u64::from(u32_at(bytes, 0));
        if self.level < self.depth {
            let physical = u64::from(u32_at(bytes, 4)) | u64::from(u16_at(bytes, 8)) << 32;
            return Some(Extent { logical, physical, length: 0, unwritten: false, leaf: false });
        }
        let physical = u64::from(u32_at(bytes, 8)) | u64::from(u16_at(bytes, 6)) << 32;
        let length = u16_at(bytes, 4);
        let unwritten = length > LONGEST;
        let length = if unwritten { length.saturating_sub(LONGEST) } else { length };
        Some(Extent { logical, physical, length: u64::from(length), unwritten, leaf: true })
    }

    /// Goes to the first entry of the node below the current entry.
    fn down(&mut self) -> Result<Extent, CursorStop> {
        let fails = |reason: &str| CursorStop::DriverError(DriverError::Fails(reason.to_owned()));
        if self.level >= self.depth || self.path[self.level].current.is_none() {
            return Err(fails("the extent tree ends early"));
        }
        let number = self.current()?.physical;
        if self.path[1..=self.level].iter().any(|level| level.block == number) {
            return Err(fails("the extent tree has a cycle"));
        }
        let deeper = self.level.saturating_add(1);
        if self.path.len() == deeper {
            let unused = Level { node: Rc::new([0; 0]), entries: 0, left: 0, visited: false, current: None, block: 0 };
            self.path.push(unused);
        }
        // With its checksum.
        self.ext.blocks.budget().spend(CURSOR.saturating_add(u64::from(self.ext.blocks.size() / 2)))?;
        let below = &mut self.path[deeper];
        below.block = number;
        let node = self.ext.blocks.read(number).map_err(|fault| match fault {
            DriverError::Fails(reason) => {
                DriverError::Fails(format!("a node of the extent tree cannot be read: {reason}"))
            }
            other => other,
        });
        // A node that cannot be read or is damaged has replaced the old one all the same.
        below.node = match &node {
            Ok(node) => Rc::clone(node),
            Err(_) => Rc::new([0; 0]),
        };
        let node = node?;
        verify_header(&node)?;
        self.level = deeper;
        let below = &mut self.path[self.level];
        below.entries = usize::from(u16_at(&node, 2));
        below.left = below.entries;
        if below.entries == 0 {
            return Err(fails("a node of the extent tree is empty"));
        }
        below.current = Some(0);
        below.left = below.entries.saturating_sub(1);
        below.visited = false;
        // The cursor has moved although the checksum is wrong: who goes on in spite of the error goes on from here.
        if self.ext.superblock.features.metadata_csum() {
            let seed = checksum::inode_seed(self.ext.superblock.checksum_seed, self.inode.ino, self.inode.generation());
            if !checksum::extent_block_is_right(seed, &node) {
                return Err(fails("the checksum of a node of the extent tree is wrong"));
            }
        }
        self.current()
    }

    /// Finds what the logical block `block` is mapped to, as `ext2fs_extent_goto` does, and for how many blocks from
    /// there on the same search ends in the same place.
    pub(crate) fn locate(&mut self, block: u64) -> Result<BlockRun, DriverError> {
        // The first block after `block` for which a comparison on the way could come out differently.
        let mut bound = u64::MAX;
        let hole = |bound: u64| Ok(BlockRun { place: BlockPlace::Hole, blocks: bound.saturating_sub(block) });
        let mut extent = match self.root() {
            Ok(extent) => extent,
            Err(CursorStop::NoNext) => return hole(bound),
            Err(CursorStop::DriverError(fault)) => return Err(fault),
        };
        loop {
            if self.level == self.depth {
                if block < extent.logical {
                    return hole(bound.min(extent.logical));
                }
                let end = extent.logical.saturating_add(extent.length);
                if block < end {
                    let physical = extent.physical.saturating_add(block.saturating_sub(extent.logical));
                    // Block 0 is not a block of a file: libext2fs treats it as a hole.
                    if physical == 0 {
                        return Ok(BlockRun { place: BlockPlace::Hole, blocks: 1 });
                    }
                    let place =
                        if extent.unwritten { BlockPlace::Unwritten(physical) } else { BlockPlace::Data(physical) };
                    return Ok(BlockRun { place, blocks: bound.min(end).saturating_sub(block) });
                }
                extent = match self.next_sibling() {
                    Ok(extent) => extent,
                    Err(CursorStop::NoNext) => return hole(bound),
                    Err(CursorStop::DriverError(fault)) => return Err(fault),
                };
                continue;
            }
            match self.next_sibling() {
                Ok(entry) if block > entry.logical => continue,
                Ok(entry) if block == entry.logical => {
                    let level = &self.path[self.level];
                    if level.left > 0
                        && let Some(next) = level.current.and_then(|index| self.entry(index.saturating_add(1)))
                    {
                        bound = bound.min(next.logical.max(block.saturating_add(1)));
                    }
                }
                Ok(entry) => {
                    bound = bound.min(entry.logical);
                    self.previous_sibling();
                }
                Err(CursorStop::NoNext) => {}
                Err(CursorStop::DriverError(fault)) => return Err(fault),
            }
            extent = match self.down() {
                Ok(extent) => extent,
                Err(CursorStop::NoNext) => return Err(DriverError::Fails("the extent tree ends early".to_owned())),
                Err(CursorStop::DriverError(fault)) => return Err(fault),
            };
        }
    }
}

/// Calls `visit` for the physical blocks of `inode` in the order in which `ext2fs_block_iterate3` meets them, until it
/// returns `true`. The size of the file does not matter, nor whether an extent was written.
pub(crate) fn visit_blocks(
    ext: &Ext,
    inode: &Inode,
    visit: &mut dyn FnMut(u64) -> Result<bool, DriverError>,
) -> Result<(), DriverError> {
    let mut cursor = ExtentCursor::new(ext, inode)?;
    let mut count = 0_u64;
    let mut ahead = None;
    let mut started = false;
    loop {
        let result = match ahead.take() {
            Some(extent) => Ok(extent),
            None if started => cursor.next(),
            None => cursor.root(),
        };
        started = true;
        let extent: Extent = match result {
            Ok(extent) => extent,
            Err(CursorStop::NoNext) => return Ok(()),
            Err(CursorStop::DriverError(fault)) => return Err(fault),
        };
        if !extent.leaf {
            continue;
        }
        // libext2fs looks at the next entry first. What goes wrong there is forgotten, and the walk goes on from where
        // that ended.
        let next = match cursor.next() {
            Ok(next) => Some(next),
            Err(CursorStop::DriverError(fault @ (DriverError::Unknown(_) | DriverError::Io(_)))) => return Err(fault),
            Err(_) => None,
        };
        let end = extent.logical.saturating_add(extent.length);
        if end <= count {
            continue;
        }
        // An extent that overlaps the last one is read too far, all of its length.
        let overlap = count.saturating_sub(extent.logical);
        let first = extent.physical.saturating_add(overlap);
        for block in first..first.saturating_add(extent.length) {
            if visit(block)? {
                return Ok(());
            }
        }
        count = end;
        ahead = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_must_fit_its_node() {
        let node = |magic: u16, entries: u16, max: u16| {
            let mut node = vec![0; 60];
            node[..2].copy_from_slice(&magic.to_le_bytes());
            node[2..4].copy_from_slice(&entries.to_le_bytes());
            node[4..6].copy_from_slice(&max.to_le_bytes());
            verify_header(&node).is_ok()
        };
        assert!(node(MAGIC, 4, 4));
        assert!(node(MAGIC, 0, 2));
        assert!(!node(MAGIC, 0, 1));
        assert!(!node(MAGIC, 0, 5));
        assert!(!node(MAGIC, 4, 3));
        assert!(!node(0, 0, 4));
    }
}
