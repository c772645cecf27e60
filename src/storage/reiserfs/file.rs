//! An open file: what pygrub copies, and whether that is the file.

use super::Reiserfs;
use super::walk::RegularFile;
use crate::size::{to_u64, to_usize};
use crate::storage::filesystem::{Damage, FileKind, OpenFile, ReadError};

/// A file of reiserfs.
#[derive(Debug)]
pub(crate) struct ReiserfsFile<'a> {
    fs: &'a Reiserfs,
    found: RegularFile,
}

impl<'a> ReiserfsFile<'a> {
    pub(crate) fn new(fs: &'a Reiserfs, found: RegularFile) -> Self {
        Self { fs, found }
    }

    /// Where the file ends for the plugin.
    fn end(&self) -> u64 {
        self.found.size.min(self.found.content.length(self.fs))
    }

    /// Whether block 0, which the plugin reads for a hole, has anything but zeros.
    fn holes_show(&self) -> Result<bool, ReadError> {
        let mut block = vec![0; to_usize(u64::from(self.fs.superblock.block_size))];
        self.fs.device.read(0, &mut block)?;
        Ok(block.iter().any(|&byte| byte != 0))
    }
}

impl OpenFile for ReiserfsFile<'_> {
    fn size(&self) -> u64 {
        self.found.size
    }

    fn kind(&self) -> FileKind {
        FileKind::Regular
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let left = usize::try_from(self.end().saturating_sub(offset)).unwrap_or(usize::MAX);
        let length = buf.len().min(left);
        Ok(self.found.content.read(self.fs, offset, &mut buf[..length])?)
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        let (end, size) = (self.end(), u64::from(self.fs.superblock.block_size));
        let damage = |reason: String| Ok(Some(Damage { bytes: end, reason }));
        if end < self.found.size {
            return damage(format!("the file has {} bytes by its own account and data for {end}", self.found.size));
        }
        let mut index = 0_usize;
        let mut holes = None;
        while let Some((first, count)) = self.found.content.run(index, usize::MAX) {
            let at = to_u64(index).saturating_mul(size);
            if at >= end {
                break;
            }
            let length = to_u64(count).saturating_mul(size).min(end.saturating_sub(at));
            let available = self.fs.device.available(self.fs.place(first), length);
            if first == 0 {
                holes = holes.or(Some(at));
            } else if available < length {
                return damage(format!(
                    "the image ends before the data at byte {} of the file, and pygrub does not notice",
                    at.saturating_add(available)
                ));
            }
            index = index.saturating_add(count);
        }
        match holes {
            Some(at) if self.holes_show()? => damage(format!(
                "the file has a hole at byte {at}, and pygrub's reiserfs driver reads the first block of the filesystem for it"
            )),
            _ => Ok(None),
        }
    }
}
