//! Where the bytes of a disk come from: positioned reads, never a write.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt};
use std::sync::Arc;

use super::budget::Budget;
use super::opened;
use crate::decompress::ReadAt;
use crate::size::to_u64;

/// A disk (or an image of one) that can be read at any byte offset.
///
/// There is no method that writes: a disk under inspection stays as it is.
pub trait Source: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Whether there is no byte at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is a block device: there Linux refuses to seek past the end (`EINVAL`), in a file it does not.
    fn is_block_device(&self) -> bool {
        false
    }

    /// Reads into `buf` from the byte `offset` on and returns how many bytes were read. Fewer than
    /// `buf.len()` are read only where the source ends.
    ///
    /// # Errors
    ///
    /// What the operating system reports (a bad sector, a vanished device).
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;
}

/// Reads all of `out`. Past the end there are zeros, as QEMU pads an image.
pub(super) fn read_padded(source: &dyn Source, offset: u64, out: &mut [u8]) -> io::Result<()> {
    let count = source.read_at(offset, out)?;
    out[count..].fill(0);
    Ok(())
}

impl Source for Vec<u8> {
    fn len(&self) -> u64 {
        to_u64(Vec::len(self))
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).map_or(self.as_slice().len(), |o| o.min(Vec::len(self)));
        let available = &self[start..];
        let count = available.len().min(buf.len());
        buf[..count].copy_from_slice(&available[..count]);
        Ok(count)
    }
}

/// A regular file or a block device, opened for reading only.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    len: u64,
    block_device: bool,
}

impl FileSource {
    /// Takes over an open file. The length is found by seeking to the end, which works for block devices too. What kind of file it
    /// is, is asked here and not again: a process that gives up its privileges may ask before, not after.
    ///
    /// # Errors
    ///
    /// Fails where the file cannot be seeked (a pipe, a terminal).
    pub fn new(mut file: File) -> io::Result<Self> {
        let len = io::Seek::seek(&mut file, io::SeekFrom::End(0))?;
        let block_device = file.metadata()?.file_type().is_block_device();
        opened::note(&file);
        Ok(Self { file, len, block_device })
    }
}

impl FileSource {
    /// The file itself.
    pub fn file(&self) -> &File {
        &self.file
    }
}

impl Source for FileSource {
    fn len(&self) -> u64 {
        self.len
    }

    fn is_block_device(&self) -> bool {
        self.block_device
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            let Some(position) = offset.checked_add(to_u64(done)) else { break };
            match self.file.read_at(&mut buf[done..], position) {
                Ok(0) => break,
                Ok(count) => done = done.saturating_add(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // Beyond what the kernel can address there is nothing to read.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => break,
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }
}

impl ReadAt for FileSource {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        Source::read_at(self, offset, buf)
    }
}

/// The part of a [`Source`] that starts at a partition offset and goes to the end of the disk: what
/// `xenfsimage.open(disk, offset)` gives to a filesystem driver. The end of the partition is not known to pygrub, so it is
/// not known here.
#[derive(Clone)]
pub struct Volume {
    source: Arc<dyn Source>,
    offset: u64,
    budget: Budget,
}

impl Volume {
    /// The volume that starts at the byte `offset` of `source`.
    ///
    /// What is mounted from it answers *unknown* once some seconds of work went into finding files: a disk can be made to keep a
    /// reader busy. Clones share that limit; a new volume begins again.
    pub fn new(source: Arc<dyn Source>, offset: u64) -> Self {
        Self::sharing(source, offset, Budget::new())
    }

    /// The volume that starts at the byte `offset` of `source`, with what is left of `budget`.
    pub(crate) fn sharing(source: Arc<dyn Source>, offset: u64, budget: Budget) -> Self {
        Self { source, offset, budget }
    }

    /// What may still be done on the disk.
    pub(crate) fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The partition offset in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Bytes from the partition offset to the end of the disk; 0 where the offset lies past the end.
    pub fn len(&self) -> u64 {
        self.source.len().saturating_sub(self.offset)
    }

    /// Whether the volume has no byte.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As [`Source::read_at`], relative to the partition offset.
    ///
    /// # Errors
    ///
    /// As [`Source::read_at`].
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        match self.offset.checked_add(offset) {
            Some(position) => self.source.read_at(position, buf),
            None => Ok(0),
        }
    }
}

impl fmt::Debug for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Volume").field("offset", &self.offset).finish_non_exhaustive()
    }
}
