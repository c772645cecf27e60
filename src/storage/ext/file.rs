//! An opened file: reads as `ext2fs_file_read` does, and a check that does without reading.

use std::rc::Rc;

use super::Ext;
use super::inline_data;
use super::inode::Inode;
use super::mapping::{self, Place};
use crate::storage::driver_error::DriverError;
use crate::storage::filesystem::{self, Damage, FileExtent, FileKind, OpenFile, ReadError};

/// How many runs a check looks at before it gives up: a file of 256 MiB of which no two blocks of 1 KiB are neighbours
/// has as many.
const MOST_RUNS: u32 = 1 << 18;

/// What libfsimage's plugin sets for every error of libext2fs while it reads.
const EINVAL: i32 = 22;

/// A file of an [`Ext`].
#[derive(Debug)]
pub(crate) struct ExtFile<'a> {
    ext: &'a Ext,
    inode: Rc<Inode>,
    size: u64,
}

impl<'a> ExtFile<'a> {
    /// The file with this inode.
    pub(crate) fn new(ext: &'a Ext, inode: Rc<Inode>) -> Self {
        let inline = if inode.has_inline_data() { inline_data::read(ext, &inode).ok() } else { None };
        let size = inline.map_or(inode.size(), |data| data.len() as u64);
        Self { ext, inode, size }
    }

    fn read(&self, offset: u64, buf: &mut [u8]) -> Result<usize, DriverError> {
        if self.inode.has_inline_data() {
            let data = inline_data::read(self.ext, &self.inode)?;
            let rest = usize::try_from(offset).ok().and_then(|start| data.get(start..)).unwrap_or_default();
            let count = rest.len().min(buf.len());
            buf[..count].copy_from_slice(&rest[..count]);
            return Ok(count);
        }
        let block_size = u64::from(self.ext.blocks.size());
        let rest = self.size.saturating_sub(offset);
        let wanted = buf.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
        let mut done = 0;
        while done < wanted {
            let position = offset + done as u64;
            let run =
                mapping::map(self.ext, &self.inode, position / block_size).map_err(|fault| at(position, fault))?;
            let skip = position % block_size;
            let in_run = run.blocks.saturating_mul(block_size) - skip;
            let count = (wanted - done).min(usize::try_from(in_run).unwrap_or(usize::MAX));
            let part = &mut buf[done..done + count];
            match run.place {
                Place::Data(first) => {
                    self.ext.blocks.read_into(first, skip as u32, part).map_err(|fault| at(position, fault))?
                }
                Place::Hole | Place::Unwritten(_) => part.fill(0),
            }
            done += count;
        }
        Ok(wanted)
    }

    fn stretch(&self, offset: u64) -> Result<FileExtent, DriverError> {
        let block_size = u64::from(self.ext.blocks.size());
        let rest = self.size.saturating_sub(offset);
        if rest == 0 {
            return Ok(FileExtent { bytes: 0, place: filesystem::Place::Zeros });
        }
        let run = mapping::map(self.ext, &self.inode, offset / block_size).map_err(|fault| at(offset, fault))?;
        let skip = offset % block_size;
        let bytes = (run.blocks.saturating_mul(block_size) - skip).min(rest);
        let place = match run.place {
            Place::Data(first) => {
                let touched = (skip + bytes).div_ceil(block_size);
                self.ext.blocks.check(first, touched).map_err(|fault| at(offset, fault))?;
                // No overflow: the check has shown that the end is inside the image.
                filesystem::Place::Disk(first * block_size + skip)
            }
            Place::Hole | Place::Unwritten(_) => filesystem::Place::Zeros,
        };
        Ok(FileExtent { bytes, place })
    }

    fn check(&self) -> Result<(), DriverError> {
        if self.inode.has_inline_data() {
            return inline_data::read(self.ext, &self.inode).map(drop);
        }
        let blocks = self.size.div_ceil(u64::from(self.ext.blocks.size()));
        let mut block = 0;
        for _ in 0..MOST_RUNS {
            if block >= blocks {
                return Ok(());
            }
            let position = block * u64::from(self.ext.blocks.size());
            let run = mapping::map(self.ext, &self.inode, block).map_err(|fault| at(position, fault))?;
            let count = run.blocks.min(blocks - block);
            if let Place::Data(first) = run.place {
                self.ext.blocks.check(first, count).map_err(|fault| at(position, fault))?;
            }
            block += count;
        }
        Err(DriverError::Unknown("the file lies in too many pieces to be checked".to_owned()))
    }
}

/// Says where in the file a fault was met; the bad block is there or in the neighbours that follow.
fn at(position: u64, fault: DriverError) -> DriverError {
    match fault {
        DriverError::Fails(reason) => DriverError::Fails(format!("{reason} (at or after byte {position} of the file)")),
        other => other,
    }
}

/// The fault of a read: the plugin makes `EINVAL` of every error of libext2fs.
fn failed(fault: DriverError) -> ReadError {
    fault.on_read(|reason| ReadError::Failed { errno: EINVAL, reason })
}

impl OpenFile for ExtFile<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn kind(&self) -> FileKind {
        self.inode.kind()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        self.read(offset, buf).map_err(failed)
    }

    fn stretch_at(&self, offset: u64) -> Result<Option<FileExtent>, ReadError> {
        if self.inode.has_inline_data() {
            return Ok(Some(FileExtent { bytes: self.size, place: filesystem::Place::Unknown }));
        }
        self.stretch(offset).map(Some).map_err(failed)
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        self.check().map(|()| None).map_err(failed)
    }
}
