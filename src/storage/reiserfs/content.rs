//! The bytes of a file: blocks first, then perhaps an end that shares a leaf with others.

use super::Reiserfs;
use super::damaged::damaged;
use super::item::{Item, Kind};
use super::little_endian::u32_at;
use super::tree::Cursor;
use crate::storage::driver_error::DriverError;

/// More blocks than this pregrub does not keep of a file: 16 GiB of 4 KiB each.
const MOST: usize = 4 << 20;

/// Where the bytes of a file lie.
#[derive(Debug, Default)]
pub(crate) struct Content {
    /// The blocks at the start. 0 is a hole, for which the plugin reads block 0.
    pub(crate) blocks: Vec<u32>,
    /// What follows.
    pub(crate) tail: Vec<u8>,
}

impl Content {
    /// Collects the items after the stat data at `cursor`.
    pub(crate) fn of(fs: &Reiserfs, mut cursor: Cursor<'_>) -> Result<Self, DriverError> {
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

    fn append(&mut self, fs: &Reiserfs, item: &Item) -> Result<(), DriverError> {
        // The plugin finds its way through overlaps and gaps too, by where it was before.
        if item.offset() != self.length(fs) + 1 {
            return Err(damaged("the items of a file do not follow each other"));
        }
        let body = item.body().ok_or_else(|| damaged("an item goes on after its block"))?;
        fs.device.budget().spend(body.len() as u64)?;
        match item.kind() {
            Kind::Direct => self.tail.extend_from_slice(body),
            Kind::Indirect if self.tail.is_empty() && self.blocks.len() < MOST && body.len().is_multiple_of(4) => {
                self.blocks.extend((0..body.len() / 4).filter_map(|index| u32_at(body, index * 4)));
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
        self.blocks.len() as u64 * u64::from(fs.superblock.block_size) + self.tail.len() as u64
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
            let at = position.saturating_add(done as u64);
            let index = usize::try_from(at / size).unwrap_or(usize::MAX);
            let left = buf.len() - done;
            let most = left / fs.superblock.block_size as usize + 2;
            let count = if let Some((first, blocks)) = self.run(index, most) {
                let skip = at % size;
                let count = usize::try_from(blocks as u64 * size - skip).unwrap_or(left).min(left);
                fs.device.read(fs.place(first) + skip, &mut buf[done..done + count])?;
                count
            } else {
                let start = usize::try_from(at - self.blocks.len() as u64 * size).unwrap_or(usize::MAX);
                let tail = self.tail.get(start..).unwrap_or_default();
                let count = tail.len().min(left);
                buf[done..done + count].copy_from_slice(&tail[..count]);
                count
            };
            if count == 0 {
                break;
            }
            done += count;
        }
        Ok(done)
    }
}
