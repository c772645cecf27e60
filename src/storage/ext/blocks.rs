//! Blocks of the volume by number, with a small cache for metadata.

use std::cell::RefCell;
use std::rc::Rc;

use crate::size::{to_u64, to_usize};
use crate::storage::budget::Budget;
use crate::storage::driver_error::DriverError;
use crate::storage::in_block::InBlock;
use crate::storage::source::Volume;

/// How many metadata blocks are kept: a path walk comes back to the same few.
const CACHED: usize = 16;

/// Reads whole blocks. As in libext2fs, a block that lies even partly past the end of the image cannot be read.
#[derive(Debug)]
pub(crate) struct BlockReader {
    volume: Volume,
    size: u32,
    /// Most recently used last.
    cache: RefCell<Vec<(u64, Rc<[u8]>)>>,
}

impl BlockReader {
    /// Blocks of `size` bytes on `volume`.
    pub(crate) fn new(volume: Volume, size: u32) -> Self {
        Self { volume, size, cache: RefCell::new(Vec::with_capacity(CACHED)) }
    }

    /// The size of a block in bytes.
    pub(crate) fn size(&self) -> u32 {
        self.size
    }

    /// What may still be done on the disk.
    pub(crate) fn budget(&self) -> &Budget {
        self.volume.budget()
    }

    /// How many bytes the image has after the start of the filesystem.
    pub(crate) fn volume_len(&self) -> u64 {
        self.volume.len()
    }

    /// How many whole blocks the image has.
    pub(crate) fn available(&self) -> u64 {
        InBlock::of(self.volume.len(), u64::from(self.size)).index
    }

    /// Fails unless the `count` blocks from `first` on lie inside the image.
    pub(crate) fn check(&self, first: u64, count: u64) -> Result<(), DriverError> {
        let available = self.available();
        if first.checked_add(count).is_some_and(|end| end <= available) {
            return Ok(());
        }
        let bad = first.max(available);
        // libext2fs multiplies in 64 bits with a sign. Such a number may come out anywhere.
        if bad.checked_mul(u64::from(self.size)).is_none_or(|byte| i64::try_from(byte).is_err()) {
            return Err(DriverError::Unknown(format!("the block number {bad} is too large to be an address")));
        }
        Err(DriverError::Fails(format!("block {bad} lies past the end of the image")))
    }

    /// Reads one block of metadata.
    pub(crate) fn read(&self, number: u64) -> Result<Rc<[u8]>, DriverError> {
        let mut cache = self.cache.borrow_mut();
        if let Some(position) = cache.iter().position(|(cached, _)| *cached == number) {
            let entry = cache.remove(position);
            let block = Rc::clone(&entry.1);
            cache.push(entry);
            return Ok(block);
        }
        let mut block = vec![0; to_usize(u64::from(self.size))];
        self.budget().charge_read(u64::from(self.size));
        self.read_into(number, 0, &mut block)?;
        let block: Rc<[u8]> = block.into();
        if cache.len() == CACHED {
            cache.remove(0);
        }
        cache.push((number, Rc::clone(&block)));
        Ok(block)
    }

    /// Fills `buf` from the byte `skip` of the block `first` on. All blocks that are touched must lie inside the image
    /// as a whole.
    pub(crate) fn read_into(&self, first: u64, skip: u64, buf: &mut [u8]) -> Result<(), DriverError> {
        let touched = skip.saturating_add(to_u64(buf.len())).div_ceil(u64::from(self.size));
        self.check(first, touched)?;
        // No overflow: the check has shown that the end is inside the image.
        let start = first.saturating_mul(u64::from(self.size)).saturating_add(skip);
        let count = self.volume.read_at(start, buf)?;
        if count == buf.len() {
            Ok(())
        } else {
            let end = start.saturating_add(to_u64(count));
            let block = InBlock::of(end, u64::from(self.size)).index;
            Err(DriverError::Fails(format!("the image ends at byte {end}, inside block {block}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn blocks(length: usize) -> BlockReader {
        BlockReader::new(Volume::new(Arc::new(vec![7_u8; length]), 0), 1024)
    }

    #[test]
    fn a_partial_block_cannot_be_read() {
        let blocks = blocks(2047);
        assert_eq!(blocks.read(0).unwrap().len(), 1024);
        assert!(matches!(blocks.read(1), Err(DriverError::Fails(_))));
        assert!(matches!(blocks.read_into(1, 0, &mut [0; 4]), Err(DriverError::Fails(_))));
    }

    #[test]
    fn a_number_that_is_no_address_is_unknown() {
        assert!(matches!(blocks(2048).read(u64::MAX), Err(DriverError::Unknown(_))));
        assert!(matches!(blocks(2048).read(1 << 40), Err(DriverError::Fails(_))));
    }
}
