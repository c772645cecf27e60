//! An inode of UFS1.

use std::io;

use super::Ufs;
use super::superblock::{INODE_SIZE, u32_at};
use crate::size::to_usize;

/// The inode of the root directory.
pub(crate) const ROOT: u32 = 2;
/// The plugin reads inodes in units of this size, which the image must hold as a whole.
const UNIT: u64 = 512;

/// Fifteen block numbers: twelve of data and the roots of three tables.
pub(crate) const NUMBERS: usize = 15;

/// What matters of an inode.
#[derive(Clone, Debug)]
pub(crate) struct Inode {
    mode: u16,
    /// In bytes; the upper half of the field is not looked at.
    pub(crate) size: u32,
    /// Fragments.
    pub(crate) numbers: [u32; NUMBERS],
}

impl Inode {
    /// Reads an inode; nothing where the image does not hold it.
    pub(crate) fn read(ufs: &Ufs, number: u32) -> io::Result<Option<Self>> {
        let (fragment, offset) = ufs.superblock.place_of_inode(number);
        let Some(start) = ufs.fragments.address(fragment) else { return Ok(None) };
        let place = start.saturating_add(u64::from(offset));
        let mut unit = [0; to_usize(UNIT)];
        if !ufs.fragments.fill(place & !(UNIT - 1), &mut unit)? {
            return Ok(None);
        }
        let bytes = &unit[to_usize(place % UNIT)..][..to_usize(u64::from(INODE_SIZE))];
        let mut numbers = [0; NUMBERS];
        for (number, field) in numbers.iter_mut().zip(bytes[40..].as_chunks().0) {
            *number = u32::from_le_bytes(*field);
        }
        Ok(Some(Self { mode: u16::from_le_bytes([bytes[0], bytes[1]]), size: u32_at(bytes, 8), numbers }))
    }

    fn is(&self, kind: u16) -> bool {
        self.mode & 0o170_000 == kind
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.is(0o040_000)
    }

    pub(crate) fn is_regular(&self) -> bool {
        self.is(0o100_000)
    }

    pub(crate) fn is_symlink(&self) -> bool {
        self.is(0o120_000)
    }
}
