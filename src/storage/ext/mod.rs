//! ext2, ext3 and ext4 as pygrub's plugin `ext2fs-lib` shows them, which is as libext2fs 1.47.0 does: opened for
//! reading with no flags, paths by `ext2fs_namei_follow` from the root, data by `ext2fs_file_read`.
//!
//! That is not what Linux shows. The journal is never replayed, a path with an empty component is not found, a
//! directory opens like a file, inline data is padded to 60 bytes, and bigalloc is refused. Behaviour was measured with
//! the real library and is tested against it.

use std::rc::Rc;

use self::blocks::BlockReader;
use self::directory_index::DirectoryIndexes;
pub use self::features::Features;
use self::file::ExtFile;
use self::inode::{Inode, Inodes};
use self::superblock::Superblock;
use super::filesystem::{Filesystem, MountError, Note, OpenError, OpenFile, Size, Topic};
use super::source::Volume;
use crate::storage::driver_error::DriverError;

mod block_map;
mod blocks;
mod checksum;
mod directory;
mod directory_index;
mod extent;
mod features;
mod file;
mod group_descriptor;
mod inline_data;
mod inode;
mod little_endian;
mod mapping;
mod superblock;
mod walk;
mod xattr;

/// A mounted ext2, ext3 or ext4 filesystem.
#[derive(Debug)]
pub struct Ext {
    superblock: Superblock,
    blocks: BlockReader,
    inodes: Inodes,
    directories: DirectoryIndexes,
}

impl Ext {
    /// Mounts the filesystem that starts at the start of `volume`. Reads the superblock and nothing else.
    ///
    /// # Errors
    ///
    /// [`MountError::NotThis`] without the magic number, [`MountError::Rejected`] where `ext2fs_open2` fails.
    pub fn mount(volume: Volume) -> Result<Self, MountError> {
        let mut sb = [0; superblock::SIZE];
        let count = volume.read_at(superblock::OFFSET, &mut sb)?;
        let superblock = Superblock::parse(&sb)?;
        if count < sb.len() {
            return Err(MountError::Rejected("the image ends inside the superblock".to_owned()));
        }
        let blocks = BlockReader::new(volume, superblock.block_size);
        superblock.check_descriptors(&blocks).map_err(|fault| fault.on_mount(MountError::Rejected))?;
        Ok(Self { superblock, blocks, inodes: Inodes::default(), directories: DirectoryIndexes::default() })
    }

    /// Whether the journal holds changes that Linux would replay on mounting. pygrub does not see them: it may see old
    /// files, or miss new ones.
    pub fn needs_recovery(&self) -> bool {
        self.superblock.features.needs_recovery()
    }

    /// The volume label, up to its first NUL. What is not UTF-8 is replaced.
    pub fn label(&self) -> String {
        let label = self.superblock.label.split(|&byte| byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(label).into_owned()
    }

    /// The UUID as `blkid` writes it.
    pub fn uuid(&self) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let uuid = &self.superblock.uuid;
        [&uuid[..4], &uuid[4..6], &uuid[6..8], &uuid[8..10], &uuid[10..]].map(hex).join("-")
    }

    /// The feature bits.
    pub fn features(&self) -> Features {
        self.superblock.features
    }

    /// The size of a block in bytes.
    pub fn block_size(&self) -> u32 {
        self.superblock.block_size
    }

    fn inode(&self, ino: u32) -> Result<Rc<Inode>, DriverError> {
        self.inodes.read(ino, &self.superblock, &self.blocks)
    }
}

impl Filesystem for Ext {
    fn name(&self) -> &str {
        self.superblock.features.filesystem_name()
    }

    fn size(&self) -> Size {
        let claimed = self.superblock.blocks_count.saturating_mul(u64::from(self.block_size()));
        Size { claimed, there: self.blocks.volume_len() }
    }

    fn notes(&self) -> Vec<Note> {
        let journal = "the journal holds changes that were never written to their place: Linux would see them, and pygrub \
                       does not; run e2fsck on the disk, or unmount it cleanly in the guest";
        if self.needs_recovery() { vec![Note::new(Topic::Journal, journal)] } else { Vec::new() }
    }

    fn features(&self) -> Vec<String> {
        self.superblock.features.names()
    }

    fn names(&self, path: &[u8], most: usize) -> Vec<Vec<u8>> {
        let names = walk::resolve(self, path).and_then(|ino| directory::names(self, ino, most));
        names.unwrap_or_default()
    }

    fn opens(&self, path: &[u8]) -> Option<bool> {
        match walk::resolve_unexplained(self, path) {
            // The root without a step is a matter of its own.
            Ok(inode::ROOT) => None,
            Ok(_) => Some(true),
            Err(DriverError::Fails(_)) => Some(false),
            Err(DriverError::Unknown(_) | DriverError::Io(_)) => None,
        }
    }

    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError> {
        let ino = walk::resolve(self, path).map_err(DriverError::on_open)?;
        // The walk has read the inode, unless the path names the root without a step: then the plugin's error is not
        // ENOENT.
        let inode = self.inode(ino).map_err(|fault| match fault {
            DriverError::Fails(reason) => OpenError::Unknown(format!("the root directory cannot be opened: {reason}")),
            other => other.on_open(),
        })?;
        Ok(Box::new(ExtFile::new(self, inode)))
    }
}
