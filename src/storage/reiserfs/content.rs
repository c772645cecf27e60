//! The bytes of a file: blocks first, then perhaps an end that shares a leaf with others.

use super::Reiserfs;
use super::damaged::damaged;
use super::item::{ItemKind, LeafItem};
use super::tree::TreeCursor;
use crate::size::{to_u64, to_usize};
use crate::storage::driver_error::DriverError;
use crate::storage::in_block::InBlock;

/// More blocks than this pregrub does not keep of a file: 16 GiB of 4 KiB each.
const MOST: usize = 4 << 20;

/// Where the bytes of a file lie.
#[derive(Debug, Default)]
pub(crate) struct FileContent {
    /// The blocks at the start. 0 is a hole, for which the plugin reads block 0.
    pub(crate) blocks: Vec<u32>,
    /// What follows.
    pub(crate) tail: Vec<u8>,
}

impl FileContent {
    /// Collects the items after the stat data at `cursor`.
    pub(crate) fn of(fs: &Reiserfs, mut cursor: TreeCursor<'_>) -> Result<Self, DriverError> {
        let (_, object) = cursor.item().owner();
        let mut content = Self::default();
        while cursor.advance()? {
            let item = cursor.item();
            if item.owner().1 != object {
                break;
            }
            content.append(fs, &item)?;
        }
        Ok(content)
    }

    fn append(&mut self, fs: &Reiserfs, item: &LeafItem) -> Result<(), DriverError> {
        // The plugin finds its way through overlaps and gaps too, by where it was before.
        if item.offset() != self.length(fs).saturating_add(1) {
            return Err(damaged("the items of a file do not follow each other"));
        }
        let body = item.body().ok_or_else(|| damaged("an item goes on after its block"))?;
        fs.device.budget().spend(to_u64(body.len()))?;
        match item.kind() {
            ItemKind::Direct => self.tail.extend_from_slice(body),
            ItemKind::Indirect if self.tail.is_empty() && self.blocks.len() < MOST && body.len().is_multiple_of(4) => {
                self.blocks.extend(body.as_chunks().0.iter().map(|number| u32::from_le_bytes(*number)));
            }
            _ => return Err(damaged("a file has an item that it cannot have, or is larger than pregrub reads")),
        }
        if self.tail.len() > MOST {
            return Err(damaged("the end of a file has no end"));
        }
        Ok(())
    }

    /// How many bytes there are.
    pub(crate) fn length(&self, fs: &Reiserfs) -> u64 {
        let in_blocks = to_u64(self.blocks.len()).saturating_mul(u64::from(fs.superblock.block_size));
        in_blocks.saturating_add(to_u64(self.tail.len()))
    }

    /// Neighbouring blocks from the one with the number `index` on: the first, and how many, up to `most`.
    pub(crate) fn run(&self, index: usize, most: usize) -> Option<(u32, usize)> {
        let rest = self.blocks.get(index..)?;
        let rest = &rest[..most.min(rest.len())];
        let first = *rest.first()?;
        let count =
            rest.iter().zip(0..).take_while(|(block, at)| first != 0 && **block == first.wrapping_add(*at)).count();
        Some((first, count.max(1)))
    }

    /// Fills `buf` from the byte `position` on, zeros where nothing arrives. How many bytes the plugin counts.
    pub(crate) fn read(&self, fs: &Reiserfs, position: u64, buf: &mut [u8]) -> std::io::Result<usize> {
        let size = u64::from(fs.superblock.block_size);
        let mut done = 0;
        while done < buf.len() {
            let at = position.saturating_add(to_u64(done));
            let InBlock { index, within, .. } = InBlock::of(at, size);
            let left = &mut buf[done..];
            let most = to_usize(InBlock::of(to_u64(left.len()), size).index).saturating_add(2);
            let count = if let Some((first, blocks)) = self.run(to_usize(index), most) {
                let count = to_usize(to_u64(blocks).saturating_mul(size).saturating_sub(within)).min(left.len());
                fs.device.read(fs.place(first).saturating_add(within), &mut left[..count])?;
                count
            } else {
                let start = at.saturating_sub(to_u64(self.blocks.len()).saturating_mul(size));
                let tail = self.tail.get(to_usize(start)..).unwrap_or_default();
                let count = tail.len().min(left.len());
                left[..count].copy_from_slice(&tail[..count]);
                count
            };
            if count == 0 {
                break;
            }
            done = done.saturating_add(count);
        }
        Ok(done)
    }
}
