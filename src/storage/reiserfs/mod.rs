//! ReiserFS 3.5 and 3.6 as pygrub's plugin `reiserfs` shows it.
//!
//! That is not what Linux shows: a hole reads as the first block of the filesystem, five symbolic links are followed in a
//! path, and read errors of data go unnoticed. The plugin reads through the journal; pregrub says *unknown* where that holds
//! anything, and where the tree is damaged. Behaviour was measured with the real library and is tested against it.

use std::cell::RefCell;

use self::damaged::damaged;
use self::file::ReiserfsFile;
use self::superblock::Superblock;
use self::tree::Cache;
use super::filesystem::{Filesystem, MountError, OpenError, OpenFile, Size};
use super::source::Volume;
use crate::storage::path_whitespace;
use crate::storage::sector_reader::SectorReader;

mod content;
mod damaged;
mod directory;
mod file;
mod item;
mod journal;
mod little_endian;
mod superblock;
mod tree;
mod walk;

/// A mounted reiserfs.
#[derive(Debug)]
pub struct Reiserfs {
    superblock: Superblock,
    device: SectorReader,
    /// The level of the root of the tree; leaves have 1.
    level: u16,
    cache: Cache,
}

impl Reiserfs {
    /// Mounts the filesystem that starts at the start of `volume`. Reads the superblock, two blocks of the journal and the
    /// root of the tree.
    ///
    /// # Errors
    ///
    /// [`MountError::NotThis`] without a magic number, [`MountError::Rejected`] for blocks and versions that the plugin does
    /// not take, [`MountError::Unknown`] where the journal holds changes or the root of the tree is damaged.
    pub fn mount(volume: Volume) -> Result<Self, MountError> {
        let superblock = Superblock::read(&volume)?;
        let device = SectorReader::new(volume);
        journal::check(&device, &superblock).map_err(|fault| fault.on_mount(MountError::Unknown))?;
        let mut this = Self { superblock, device, level: 0, cache: RefCell::default() };
        let mut level = [0; 2];
        let root = this.place(this.superblock.root);
        if !this.device.read(root, &mut level)? {
            return Err(damaged("the root of the tree lies past the end of the image").on_mount(MountError::Unknown));
        }
        this.level = u16::from_le_bytes(level);
        if !(tree::LEAF..=tree::HIGHEST).contains(&this.level) {
            return Err(damaged("the root of the tree has an impossible level").on_mount(MountError::Unknown));
        }
        tree::block(&this, this.superblock.root, this.level).map_err(|fault| fault.on_mount(MountError::Unknown))?;
        Ok(this)
    }

    /// Where a block begins.
    fn place(&self, block: u32) -> u64 {
        let sectors = u64::from(self.superblock.block_size / 512);
        SectorReader::place(u64::from(block).wrapping_mul(sectors), 0)
    }
}

impl Filesystem for Reiserfs {
    fn name(&self) -> &str {
        "reiserfs"
    }

    fn size(&self) -> Size {
        let claimed = u64::from(self.superblock.blocks).saturating_mul(u64::from(self.superblock.block_size));
        Size { claimed, there: self.device.length() }
    }

    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError> {
        let found = walk::walk(self, path).map_err(|fault| path_whitespace::explained(path, fault.on_open()))?;
        Ok(Box::new(ReiserfsFile::new(self, found)))
    }
}
