//! A disk of which every block is read at most once: several drivers look at the same sectors of it, and the linter after them.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::source::Source;

/// How much is read at a time. The superblocks of all filesystems but btrfs and ZFS lie in the first 64 KiB and a little more.
const BLOCK: usize = 64 << 10;
/// How many blocks are kept: 8 MiB.
const KEPT: usize = 128;

/// A [`Source`] that remembers what it read. A read of more than four blocks goes past it, and so does one in a block that cannot be
/// read in full.
pub struct CachedSource {
    source: Arc<dyn Source>,
    blocks: Mutex<VecDeque<Block>>,
}

struct Block {
    number: u64,
    /// Shorter than a block at the end of the disk.
    bytes: Arc<[u8]>,
}

impl CachedSource {
    /// Remembers what is read of `source`.
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self { source, blocks: Mutex::default() }
    }

    /// The block of this number. `None` if it cannot be read in full.
    fn block(&self, number: u64) -> Option<Arc<[u8]>> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        // What was asked for last is asked for next.
        if let Some(index) = blocks.iter().position(|block| block.number == number) {
            let block = blocks.remove(index)?;
            let bytes = Arc::clone(&block.bytes);
            blocks.push_front(block);
            return Some(bytes);
        }
        let offset = number.checked_mul(BLOCK as u64)?;
        let length = self.source.len().checked_sub(offset)?.min(BLOCK as u64);
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        let whole = self.source.read_at(offset, &mut bytes).is_ok_and(|count| count == bytes.len());
        if !whole {
            return None;
        }
        let bytes: Arc<[u8]> = bytes.into();
        blocks.truncate(KEPT - 1);
        blocks.push_front(Block { number, bytes: Arc::clone(&bytes) });
        Some(bytes)
    }
}

impl Source for CachedSource {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn is_block_device(&self) -> bool {
        self.source.is_block_device()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if buf.len() > 4 * BLOCK || offset >= self.source.len() {
            return self.source.read_at(offset, buf);
        }
        let mut done = 0;
        while done < buf.len() {
            let Some(at) = offset.checked_add(done as u64).filter(|at| *at < self.source.len()) else { break };
            let within = usize::try_from(at % BLOCK as u64).unwrap_or_default();
            let block = self.block(at / BLOCK as u64);
            let Some(piece) = block.as_ref().and_then(|block| block.get(within..)).filter(|piece| !piece.is_empty())
            else {
                return Ok(done + self.source.read_at(at, &mut buf[done..])?);
            };
            let count = piece.len().min(buf.len() - done);
            buf[done..done + count].copy_from_slice(&piece[..count]);
            done += count;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_give_what_the_disk_has() {
        let disk: Vec<u8> = (0..BLOCK * 2 + 1000).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let cached = CachedSource::new(Arc::new(disk.clone()));
        for (offset, length) in
            [(0, 512), (BLOCK - 10, 20), (BLOCK * 2 + 990, 20), (BLOCK * 2 + 1000, 4), (5, BLOCK), (7, BLOCK + 9)]
        {
            let (mut one, mut two) = (vec![0; length], vec![0; length]);
            let counts = (cached.read_at(offset as u64, &mut one), disk.read_at(offset as u64, &mut two));
            assert_eq!((counts.0.unwrap(), one), (counts.1.unwrap(), two), "{offset}");
        }
        assert_eq!(cached.read_at(u64::MAX, &mut [0; 4]).unwrap(), 0);
    }
}
