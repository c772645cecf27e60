//! An inode, and how libext2fs comes by it.

use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use super::blocks::BlockReader;
use super::checksum;
use super::little_endian::{u16_at, u32_at};
use super::superblock::Superblock;
use crate::size::to_usize;
use crate::storage::driver_error::DriverError;
use crate::storage::filesystem::FileKind;
use crate::storage::in_block::InBlock;

/// The inode number of the root directory.
pub(crate) const ROOT: u32 = 2;

const EXTENTS: u32 = 0x8_0000;
const INLINE_DATA: u32 = 0x1000_0000;

const BLOCK: usize = 0x28;
/// The length of `i_block` in bytes.
pub(crate) const BLOCK_SIZE: usize = 60;

/// One inode with all its bytes.
#[derive(Debug)]
pub(crate) struct Inode {
    /// Its number.
    pub(crate) ino: u32,
    raw: Box<[u8]>,
}

impl Inode {
    /// All bytes, as many as the superblock's inode size.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    fn format(&self) -> u16 {
        u16_at(&self.raw, 0) & 0o170_000
    }

    /// A directory.
    pub(crate) fn is_directory(&self) -> bool {
        self.format() == 0o040_000
    }

    /// A symbolic link.
    pub(crate) fn is_symlink(&self) -> bool {
        self.format() == 0o120_000
    }

    /// What the user would call it. An inode without a type (a deleted one) counts as a regular file.
    pub(crate) fn kind(&self) -> FileKind {
        match self.format() {
            0o040_000 => FileKind::Directory,
            0o010_000 | 0o020_000 | 0o060_000 | 0o140_000 => FileKind::Special,
            _ => FileKind::Regular,
        }
    }

    /// The low half of the size in bytes: all that libext2fs looks at in a symbolic link.
    pub(crate) fn size_low(&self) -> u32 {
        u32_at(&self.raw, 0x4)
    }

    /// The size in bytes. The high half counts for every type of file.
    pub(crate) fn size(&self) -> u64 {
        u64::from(self.size_low()) | u64::from(u32_at(&self.raw, 0x6c)) << 32
    }

    /// The generation, which seeds checksums.
    pub(crate) fn generation(&self) -> u32 {
        u32_at(&self.raw, 0x64)
    }

    /// The data is mapped by extents.
    pub(crate) fn has_extents(&self) -> bool {
        u32_at(&self.raw, 0x20) & EXTENTS != 0
    }

    /// The data is in the inode.
    pub(crate) fn has_inline_data(&self) -> bool {
        u32_at(&self.raw, 0x20) & INLINE_DATA != 0
    }

    /// `i_block`: block numbers, the root of the extent tree, or data.
    pub(crate) fn block(&self) -> &[u8] {
        &self.raw[BLOCK..BLOCK + BLOCK_SIZE]
    }

    /// The block of extended attributes, 0 for none.
    pub(crate) fn xattr_block(&self, sixty_four_bit: bool) -> u64 {
        let high = if sixty_four_bit { u64::from(u16_at(&self.raw, 0x76)) } else { 0 };
        u64::from(u32_at(&self.raw, 0x68)) | high << 32
    }

    /// `i_extra_isize`: how many of the bytes after the first 128 are fields. 0 in an inode of 128 bytes.
    pub(crate) fn extra_size(&self) -> usize {
        if self.raw.len() > 128 { usize::from(u16_at(&self.raw, 0x80)) } else { 0 }
    }

    /// The target of a symbolic link that is stored in `i_block`, if it is there.
    pub(crate) fn fast_symlink(&self) -> Option<&[u8]> {
        let size = usize::try_from(self.size()).ok().filter(|size| (1..BLOCK_SIZE).contains(size))?;
        self.is_symlink().then(|| &self.block()[..size])
    }
}

/// How many inodes libext2fs caches.
const CACHED: usize = 4;

/// Reads inodes, and knows when libext2fs may mix them up.
///
/// libext2fs 1.47.0 caches four inodes and one block of the inode table. An inode with a wrong checksum is written over
/// the oldest one, and a block that cannot be read over the cached one, and both stay valid under their old names until
/// the next miss takes their place. Whether a later inode is hit by that depends on every path that was opened before
/// and how often, so it is unknown.
#[derive(Debug, Default)]
pub(crate) struct Inodes(RefCell<State>);

#[derive(Debug, Default)]
struct State {
    recent: VecDeque<Rc<Inode>>,
    /// The numbers of all inodes that were read.
    inodes: BTreeSet<u32>,
    /// The numbers of all blocks of the inode table that were read.
    tables: BTreeSet<u64>,
    inode_overwritten: bool,
    table_overwritten: bool,
}

fn mixed_up<T>(ino: u32) -> Result<T, DriverError> {
    Err(DriverError::Unknown(format!("a damaged inode was met before, which libext2fs may mix up with inode {ino}")))
}

impl Inodes {
    /// Reads the inode `ino` as `ext2fs_read_inode` does.
    pub(crate) fn read(
        &self,
        ino: u32,
        superblock: &Superblock,
        blocks: &BlockReader,
    ) -> Result<Rc<Inode>, DriverError> {
        if ino == 0 || ino > superblock.inodes_count {
            return Err(DriverError::Fails(format!("inode {ino} does not exist")));
        }
        let mut state = self.0.borrow_mut();
        if state.inodes.contains(&ino) {
            // As long as all of them fit in the cache, none is ever read from the table again.
            let maybe_evicted = state.inodes.len() > CACHED;
            if state.inode_overwritten || state.table_overwritten && maybe_evicted {
                return mixed_up(ino);
            }
            if let Some(inode) = state.recent.iter().find(|inode| inode.ino == ino) {
                return Ok(Rc::clone(inode));
            }
        }
        let raw = state.read_raw(ino, superblock, blocks)?;
        if superblock.features.metadata_csum() && !checksum::inode_is_right(superblock.checksum_seed, ino, &raw) {
            state.inode_overwritten = state.inodes.len() >= CACHED;
            return Err(DriverError::Fails(format!("the checksum of inode {ino} is wrong")));
        }
        state.inode_overwritten = false;
        state.inodes.insert(ino);
        let inode = Rc::new(Inode { ino, raw });
        if state.recent.len() == CACHED {
            state.recent.pop_front();
        }
        state.recent.push_back(Rc::clone(&inode));
        Ok(inode)
    }
}

impl State {
    fn read_raw(&mut self, ino: u32, superblock: &Superblock, blocks: &BlockReader) -> Result<Box<[u8]>, DriverError> {
        // The first inode is number 1.
        let before = ino.saturating_sub(1);
        let index = before % superblock.inodes_per_group;
        let table = superblock.inode_table(before / superblock.inodes_per_group, blocks)?;
        let offset = u64::from(index).saturating_mul(u64::from(superblock.inode_size));
        let place = InBlock::of(offset, u64::from(superblock.block_size));
        let number = table.saturating_add(place.index);
        if self.table_overwritten && self.tables.contains(&number) {
            return mixed_up(ino);
        }
        let block = match blocks.read(number) {
            Ok(block) => block,
            Err(DriverError::Fails(reason)) => {
                self.table_overwritten = true;
                return Err(DriverError::Fails(format!("inode {ino} cannot be read: {reason}")));
            }
            Err(fault) => return Err(fault),
        };
        self.table_overwritten = false;
        self.tables.insert(number);
        // The inode size divides the block size: no inode crosses a block.
        Ok(block[to_usize(place.within)..][..to_usize(u64::from(superblock.inode_size))].into())
    }
}

#[cfg(test)]
impl Inode {
    /// An inode of 256 bytes for tests.
    pub(crate) fn example(mode: u16, size: u32, flags: u32, block: &[u8]) -> Self {
        let mut raw = vec![0; 256];
        raw[..2].copy_from_slice(&mode.to_le_bytes());
        raw[4..8].copy_from_slice(&size.to_le_bytes());
        raw[0x20..0x24].copy_from_slice(&flags.to_le_bytes());
        raw[BLOCK..BLOCK + block.len()].copy_from_slice(block);
        Self { ino: 12, raw: raw.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_link_is_in_the_inode() {
        assert_eq!(Inode::example(0o120_777, 3, 0, b"abc").fast_symlink(), Some(&b"abc"[..]));
        assert_eq!(Inode::example(0o120_777, 60, 0, b"abc").fast_symlink(), None);
        assert_eq!(Inode::example(0o120_777, 0, 0, b"abc").fast_symlink(), None);
        assert_eq!(Inode::example(0o100_644, 3, 0, b"abc").fast_symlink(), None);
    }

    #[test]
    fn kinds() {
        assert_eq!(Inode::example(0o010_644, 0, 0, b"").kind(), FileKind::Special);
        assert_eq!(Inode::example(0o040_755, 0, 0, b"").kind(), FileKind::Directory);
        assert_eq!(Inode::example(0, 0, 0, b"").kind(), FileKind::Regular);
    }
}
