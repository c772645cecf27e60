//! Fragments of the volume by number: the unit in which UFS counts.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use crate::size::to_usize;
use crate::storage::budget::Budget;
use crate::storage::source::Volume;

/// How many blocks of metadata are kept: three levels of a block map and a few of directories.
const CACHED: usize = 8;
const UNIT: u64 = 512;

/// A block of metadata; none where the image does not hold the whole of it.
type Block = Option<Rc<[u8]>>;

/// The fragments of a volume.
#[derive(Debug)]
pub(crate) struct Fragments {
    volume: Volume,
    shift: u32,
    /// Blocks by fragment and length, most recently used last.
    cache: RefCell<Vec<(u32, u32, Block)>>,
}

impl Fragments {
    /// The fragments of `volume`, of 512 bytes times two to the power `shift`.
    pub(crate) fn new(volume: Volume, shift: u32) -> Self {
        Self { volume, shift, cache: RefCell::default() }
    }

    /// What may still be done on the disk.
    pub(crate) fn budget(&self) -> &Budget {
        self.volume.budget()
    }

    /// How many bytes the image has after the start of the filesystem.
    pub(crate) fn volume_len(&self) -> u64 {
        self.volume.len()
    }

    /// The byte at which a fragment starts. The plugin counts units of 512 bytes in 32 bits with a sign; a negative
    /// number has no address.
    pub(crate) fn address(&self, fragment: u32) -> Option<u64> {
        let unit = fragment.wrapping_shl(self.shift);
        i32::try_from(unit).is_ok().then(|| u64::from(unit) * UNIT)
    }

    /// Fills `buf` from the byte `address` on. Where the image ends before, this is false.
    pub(crate) fn fill(&self, address: u64, buf: &mut [u8]) -> io::Result<bool> {
        Ok(self.volume.read_at(address, buf)? == buf.len())
    }

    /// Reads `length` bytes of metadata from the start of a fragment on.
    pub(crate) fn block(&self, fragment: u32, length: u32) -> io::Result<Block> {
        let mut cache = self.cache.borrow_mut();
        if let Some(position) = cache.iter().position(|entry| (entry.0, entry.1) == (fragment, length)) {
            let entry = cache.remove(position);
            let block = entry.2.clone();
            cache.push(entry);
            return Ok(block);
        }
        self.budget().charge_read(u64::from(length));
        let mut bytes = vec![0; to_usize(u64::from(length))];
        let whole = match self.address(fragment) {
            Some(address) => self.fill(address, &mut bytes)?,
            None => false,
        };
        let block: Block = whole.then(|| bytes.into());
        if cache.len() == CACHED {
            cache.remove(0);
        }
        cache.push((fragment, length, block.clone()));
        Ok(block)
    }
}
