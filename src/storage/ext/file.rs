//! An opened file: reads as `ext2fs_file_read` does, and a check that does without reading.

use std::rc::Rc;

use super::Ext;
use super::inline_data;
use super::inode::Inode;
use super::mapping::{self, BlockPlace};
use crate::size::{to_u64, to_usize};
use crate::storage::driver_error::DriverError;
use crate::storage::filesystem::{self, Damage, FileExtent, FileKind, OpenFile, ReadError};
use crate::storage::in_block::InBlock;

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
        let size = inline.map_or(inode.size(), |data| to_u64(data.len()));
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
            let position = offset.saturating_add(to_u64(done));
            let InBlock { index, within, .. } = InBlock::of(position, block_size);
            let run = mapping::map(self.ext, &self.inode, index).map_err(|fault| at(position, fault))?;
            let in_run = run.blocks.saturating_mul(block_size).saturating_sub(within);
            let left = &mut buf[done..wanted];
            let count = left.len().min(to_usize(in_run));
            let part = &mut left[..count];
            match run.place {
                BlockPlace::Data(first) => {
                    self.ext.blocks.read_into(first, within, part).map_err(|fault| at(position, fault))?
                }
                BlockPlace::Hole | BlockPlace::Unwritten(_) => part.fill(0),
            }
            done = done.saturating_add(count);
        }
        Ok(wanted)
    }

    fn stretch(&self, offset: u64) -> Result<FileExtent, DriverError> {
        let block_size = u64::from(self.ext.blocks.size());
        let rest = self.size.saturating_sub(offset);
        if rest == 0 {
            return Ok(FileExtent { bytes: 0, place: filesystem::Place::Zeros });
        }
        let InBlock { index, within, .. } = InBlock::of(offset, block_size);
        let run = mapping::map(self.ext, &self.inode, index).map_err(|fault| at(offset, fault))?;
        let bytes = run.blocks.saturating_mul(block_size).saturating_sub(within).min(rest);
        let place = match run.place {
            BlockPlace::Data(first) => {
                let touched = within.saturating_add(bytes).div_ceil(block_size);
                self.ext.blocks.check(first, touched).map_err(|fault| at(offset, fault))?;
                // No overflow: the check has shown that the end is inside the image.
                filesystem::Place::Disk(first.saturating_mul(block_size).saturating_add(within))
            }
            BlockPlace::Hole | BlockPlace::Unwritten(_) => filesystem::Place::Zeros,
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
            let position = block.saturating_mul(u64::from(self.ext.blocks.size()));
            let run = mapping::map(self.ext, &self.inode, block).map_err(|fault| at(position, fault))?;
            let count = run.blocks.min(blocks.saturating_sub(block));
            if let BlockPlace::Data(first) = run.place {
                self.ext.blocks.check(first, count).map_err(|fault| at(position, fault))?;
            }
            block = block.saturating_add(count);
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
