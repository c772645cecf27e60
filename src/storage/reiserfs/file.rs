//! An open file: what pygrub copies, and whether that is the file.

use super::Reiserfs;
use super::walk::Found;
use crate::storage::filesystem::{Damage, FileKind, OpenFile, ReadError};

/// A file of reiserfs.
#[derive(Debug)]
pub(crate) struct ReiserfsFile<'a> {
    fs: &'a Reiserfs,
    found: Found,
}

impl<'a> ReiserfsFile<'a> {
    pub(crate) fn new(fs: &'a Reiserfs, found: Found) -> Self {
        Self { fs, found }
    }

    /// Where the file ends for the plugin.
    fn end(&self) -> u64 {
        self.found.size.min(self.found.content.length(self.fs))
    }

    /// Whether block 0, which the plugin reads for a hole, has anything but zeros.
    fn holes_show(&self) -> Result<bool, ReadError> {
        let mut block = vec![0; self.fs.superblock.block_size as usize];
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
        let mut index = 0;
        let mut holes = None;
        while let Some((first, count)) = self.found.content.run(index, usize::MAX) {
            let at = index as u64 * size;
            if at >= end {
                break;
            }
            let length = (count as u64 * size).min(end - at);
            let available = self.fs.device.available(self.fs.place(first), length);
            if first == 0 {
                holes = holes.or(Some(at));
            } else if available < length {
                return damage(format!(
                    "the image ends before the data at byte {} of the file, and pygrub does not notice",
                    at + available
                ));
            }
            index += count;
        }
        match holes {
            Some(at) if self.holes_show()? => damage(format!(
                "the file has a hole at byte {at}, and pygrub's reiserfs driver reads the first block of the filesystem for it"
            )),
            _ => Ok(None),
        }
    }
}
