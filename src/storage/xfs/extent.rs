//! Extents: neighbouring blocks of a file that lie next to each other on the disk.

use std::cell::{Cell, RefCell};

use super::Xfs;
use super::btree::Leaves;
use super::inode::{ForkFormat, Inode};
use crate::storage::driver_error::DriverError;

/// Bytes of a record.
pub(crate) const RECORD: usize = 16;

/// What looking at an extent costs of the budget.
const LOOK: u64 = 16;

/// More extents than this pregrub does not keep. The plugin has no limit.
const MOST: usize = 1 << 18;

/// One extent. All numbers count blocks of the filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The first block of the file.
    pub(crate) offset: u64,
    /// Where that lies on the disk.
    pub(crate) start: u64,
    pub(crate) length: u64,
    /// Allocated and never written. Linux shows zeros; the plugin shows what is on the disk.
    pub(crate) unwritten: bool,
}

impl Extent {
    /// Reads a record: 1 bit for unwritten, 54 for the offset, 52 for the start, 21 for the length.
    pub(crate) fn parse(record: [u8; RECORD]) -> Self {
        let record = u128::from_be_bytes(record);
        let field = |shift: u32, bits: u32| u64::try_from(record >> shift & !(u128::MAX << bits)).unwrap_or(u64::MAX);
        Self { offset: field(73, 54), start: field(21, 52), length: field(0, 21), unwritten: record >> 127 == 1 }
    }

    /// The block of the file after the last one.
    pub(crate) fn end(&self) -> u64 {
        self.offset.saturating_add(self.length)
    }

    /// Whether it holds the block `block` of the file.
    pub(crate) fn holds(&self, block: u64) -> bool {
        block >= self.offset && block < self.end()
    }
}

/// The extents of an inode in their order, read as far as they were asked for.
#[derive(Debug)]
pub(crate) struct Extents {
    known: RefCell<Vec<Extent>>,
    /// How many at the start follow each other without a gap or an overlap.
    dense: Cell<usize>,
    rest: RefCell<Option<Leaves>>,
}

impl Extents {
    /// The extents of `inode`.
    pub(crate) fn of(xfs: &Xfs, inode: &Inode) -> Result<Self, DriverError> {
        let (mut known, mut rest) = (Vec::new(), None);
        match inode.format() {
            ForkFormat::Extents => {
                let count = usize::try_from(inode.extents()).unwrap_or(usize::MAX);
                let (records, _) = inode.fork().as_chunks::<RECORD>();
                if count > records.len() {
                    return Err(DriverError::Unknown(format!(
                        "inode {} claims {count} extents, more than it has room for",
                        inode.number
                    )));
                }
                known.extend(records[..count].iter().copied().map(Extent::parse));
            }
            ForkFormat::Tree => rest = Some(Leaves::of(xfs, inode)?),
            ForkFormat::Local | ForkFormat::Other => {
                return Err(DriverError::Unknown(format!("inode {} has no map of its blocks", inode.number)));
            }
        }
        let this = Self { known: RefCell::new(known), dense: Cell::new(0), rest: RefCell::new(rest) };
        this.note_dense(&this.known.borrow());
        Ok(this)
    }

    /// The extent with the number `index`, counted from 0; nothing after the last one.
    pub(crate) fn get(&self, xfs: &Xfs, index: usize) -> Result<Option<Extent>, DriverError> {
        xfs.device.budget().spend(LOOK)?;
        let mut known = self.known.borrow_mut();
        while index >= known.len() {
            let mut rest = self.rest.borrow_mut();
            let Some(leaves) = rest.as_mut() else { return Ok(None) };
            if known.len() > MOST {
                return Err(DriverError::Unknown("a file has more extents than pregrub follows".to_owned()));
            }
            if !leaves.next(xfs, &mut known)? {
                *rest = None;
            }
            self.note_dense(&known);
        }
        Ok(known.get(index).copied())
    }

    fn note_dense(&self, known: &[Extent]) {
        let mut dense = self.dense.get();
        while dense < known.len() && (dense == 0 || known[dense].offset == known[dense.saturating_sub(1)].end()) {
            dense = dense.saturating_add(1);
        }
        self.dense.set(dense);
    }

    /// The number of the first extent that may matter for the block `block` of the file: those before it do not hold it, and
    /// there is no gap between them. With the end of the one before it.
    pub(crate) fn first_for(&self, block: u64) -> (usize, Option<u64>) {
        let known = self.known.borrow();
        let dense = &known[..self.dense.get()];
        let index = match dense.first() {
            Some(first) if block >= first.offset => dense.partition_point(|extent| extent.end() <= block),
            _ => dense.len(),
        };
        (index, index.checked_sub(1).map(|before| dense[before].end()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_of_two_blocks() {
        let record: u128 = 1 << 127 | 5 << 73 | 0x1_2345_6789 << 21 | 2;
        let extent = Extent::parse(record.to_be_bytes());
        assert_eq!(extent, Extent { offset: 5, start: 0x1_2345_6789, length: 2, unwritten: true });
        assert!(extent.holds(6) && !extent.holds(7) && !extent.holds(4));
    }
}
