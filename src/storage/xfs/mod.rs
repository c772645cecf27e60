//! XFS version 4 as pygrub's plugin `xfs` shows it.
//!
//! That is not what Linux shows. Version 5 (crc=1) is refused; with ftype=1 small directories are misread; `..` is found in
//! large directories only; a symbolic link that leads to another one mostly leads nowhere, since the text of the second is
//! written over the rest of the path; sparse files come out wrong. The log is never replayed. The plugin reports no read
//! error: it goes on with what its buffer held. Where that decides, the answer is unknown.
//! Behaviour was measured with the real library and is tested against it.

use self::file::XfsFile;
use self::superblock::Superblock;
use super::filesystem::{Filesystem, MountError, Note, OpenError, OpenFile, Size, Topic};
use super::source::Volume;
use crate::storage::driver_error::DriverError;
use crate::storage::path_whitespace;
use crate::storage::sector_reader::SectorReader;

mod big_endian;
mod btree;
mod content;
mod directory;
mod extent;
mod file;
mod inode;
mod superblock;
mod walk;

/// A mounted XFS.
#[derive(Debug)]
pub struct Xfs {
    superblock: Superblock,
    device: SectorReader,
    /// Whether directories hold the types of files (ftype=1), which the plugin does not know.
    has_file_types: bool,
    /// The length that the filesystem claims, in bytes.
    claimed: u64,
}

/// In the superblock, after what the plugin reads.
const BLOCKS_AT: usize = 8;
const FEATURES2_AT: usize = 200;
const FEATURE2_FTYPE: u32 = 0x200;

impl Xfs {
    /// Mounts the filesystem that starts at the start of `volume`. Reads the superblock and nothing else.
    ///
    /// # Errors
    ///
    /// [`MountError::NotThis`] without the magic number, [`MountError::Rejected`] for other versions than 4 and where the
    /// sizes in the superblock contradict each other. Superblocks are judged as by the plugin of 4.17.3 and later; earlier
    /// ones (and those before 4.15.6 and 4.16.6) also mount what is damaged in this way.
    pub fn mount(volume: Volume) -> Result<Self, MountError> {
        let mut bytes = vec![0; superblock::SIZE + 8];
        let count = volume.read_at(0, &mut bytes)?;
        bytes.truncate(count);
        let superblock = Superblock::parse(&bytes)?;
        let features = big_endian::u32_at(&bytes, FEATURES2_AT).unwrap_or(0);
        let blocks = big_endian::u64_at(&bytes, BLOCKS_AT).unwrap_or(0);
        Ok(Self {
            has_file_types: features & FEATURE2_FTYPE != 0,
            claimed: blocks.saturating_mul(superblock.block_size()),
            superblock,
            device: SectorReader::new(volume),
        })
    }
}

impl Filesystem for Xfs {
    fn name(&self) -> &str {
        "xfs"
    }

    fn size(&self) -> Size {
        Size { claimed: self.claimed, there: self.device.length() }
    }

    fn notes(&self) -> Vec<Note> {
        let text = "this XFS was made with ftype=1, and pygrub finds no name in its small directories: make it with \
                    mkfs.xfs -m crc=0 -n ftype=0, or put /boot on an ext4 filesystem";
        if self.has_file_types { vec![Note::new(Topic::FileTypes, text)] } else { Vec::new() }
    }

    fn features(&self) -> Vec<String> {
        if self.has_file_types { vec!["ftype=1".to_owned()] } else { Vec::new() }
    }

    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError> {
        let inode = walk::walk(self, path).map_err(|fault| path_whitespace::explained(path, fault.on_open()))?;
        Ok(Box::new(XfsFile::new(self, inode).map_err(DriverError::on_open)?))
    }
}
