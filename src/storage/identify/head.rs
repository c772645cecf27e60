//! The first bytes of a volume, where nearly every format has its magic number, and single reads after them.

use std::io;

use crate::storage::source::Volume;

/// Up to the end of the superblocks at 64 KiB.
const LENGTH: usize = 68 << 10;

/// A volume with its first bytes in memory. Whatever lies past the end of the disk reads as nothing.
pub(super) struct Head<'a> {
    volume: &'a Volume,
    bytes: Vec<u8>,
}

impl<'a> Head<'a> {
    pub(super) fn read(volume: &'a Volume) -> io::Result<Self> {
        let mut bytes = vec![0; usize::try_from(volume.len()).map_or(LENGTH, |length| length.min(LENGTH))];
        let length = volume.read_at(0, &mut bytes)?;
        bytes.truncate(length);
        Ok(Self { volume, bytes })
    }

    /// A volume of which nothing is in memory.
    pub(super) fn unread(volume: &'a Volume) -> Self {
        Self { volume, bytes: Vec::new() }
    }

    /// The volume itself.
    pub(super) fn volume(&self) -> &Volume {
        self.volume
    }

    /// `length` bytes from `at` on, from memory.
    pub(super) fn slice(&self, at: usize, length: usize) -> Option<&[u8]> {
        self.bytes.get(at..at.checked_add(length)?)
    }

    /// Whether `magic` stands at `at`.
    pub(super) fn has(&self, at: usize, magic: &[u8]) -> bool {
        self.slice(at, magic.len()) == Some(magic)
    }

    fn array<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.slice(at, N)?.try_into().ok()
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    pub(super) fn le16(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    pub(super) fn be16(&self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    pub(super) fn le32(&self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    pub(super) fn be32(&self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    pub(super) fn be64(&self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_be_bytes)
    }

    /// As many of the `length` bytes from `at` on as there are, from the disk where they are not in memory.
    pub(super) fn far(&self, at: u64, length: usize) -> io::Result<Vec<u8>> {
        if let Some(near) = usize::try_from(at).ok().and_then(|at| self.slice(at, length)) {
            return Ok(near.to_vec());
        }
        let available = self.volume.len().saturating_sub(at);
        let mut bytes = vec![0; usize::try_from(available).map_or(length, |available| available.min(length))];
        let read = self.volume.read_at(at, &mut bytes)?;
        bytes.truncate(read);
        Ok(bytes)
    }
}
