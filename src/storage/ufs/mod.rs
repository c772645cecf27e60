//! UFS1 (the Berkeley fast file system) as pygrub's plugin `ufs` shows it.
//!
//! That is not what a BSD shows. Symbolic links are never followed, an inode has 32 bits of size, and a read of which a
//! part cannot be had gives nothing at all. Behaviour was measured with the plugin and is tested against it.

use self::file::UfsFile;
use self::fragments::Fragments;
use self::superblock::Superblock;
use super::filesystem::{Filesystem, MountError, OpenError, OpenFile, Size};
use super::source::Volume;
use crate::storage::path_whitespace;

mod block_map;
mod directory;
mod file;
mod fragments;
mod inode;
mod superblock;
mod walk;

/// A mounted UFS1 filesystem.
#[derive(Debug)]
pub struct Ufs {
    superblock: Superblock,
    fragments: Fragments,
}

impl Ufs {
    /// Mounts the filesystem that starts at the start of `volume`. Reads the superblock and nothing else.
    ///
    /// # Errors
    ///
    /// [`MountError::NotThis`] without a little-endian UFS1 superblock at 8 KiB, [`MountError::Rejected`] where its
    /// blocks are too large, [`MountError::Unknown`] where it contradicts itself.
    pub fn mount(volume: Volume) -> Result<Self, MountError> {
        let mut bytes = vec![0; superblock::SIZE];
        let whole = volume.read_at(superblock::OFFSET, &mut bytes)? == bytes.len();
        if !whole {
            return Err(MountError::NotThis);
        }
        let superblock = Superblock::parse(&bytes)?;
        let fragments = Fragments::new(volume, superblock.fragment_shift);
        Ok(Self { superblock, fragments })
    }
}

impl Filesystem for Ufs {
    fn name(&self) -> &str {
        "ufs"
    }

    fn size(&self) -> Size {
        Size { claimed: self.superblock.claimed, there: self.fragments.volume_len() }
    }

    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError> {
        let inode = walk::resolve(self, path).map_err(|error| path_whitespace::explained(path, error))?;
        Ok(Box::new(UfsFile::new(self, inode)))
    }
}
