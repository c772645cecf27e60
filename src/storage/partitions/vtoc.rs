//! The Solaris label (VTOC) inside a partition of the MBR: pygrub boots from its root slice.

use super::unpack::unpack;
use super::{Python, SECTOR, Stop, TableSector, seek};
use crate::size::to_usize;
use crate::storage::source::Source;

const MAGIC: u16 = 0xdabe;
const MAGIC_AT: usize = 508;
const SLICE_COUNT_AT: usize = 30;
const FIRST_SLICE_AT: usize = 72;
const SLICE_SIZE: usize = 12;
const TAG_ROOT: u16 = 2;

/// What the label says.
pub(super) enum Label {
    /// Its root slice.
    Root {
        /// From 0.
        slice: u16,
        /// In bytes from the start of the partition.
        start: u64,
    },
    /// `RuntimeError("Invalid disklabel magic")`.
    NoMagic,
    /// `RuntimeError("No root slice found")`.
    NoRootSlice,
}

/// Reads the label in the second sector of the partition that starts at byte `partition`.
///
/// Fails with `struct.error` (`OSError` on a block device) where the disk ends before the label does, or where the label counts more slices than its
/// sector holds (37) and the root slice is not among those.
pub(super) fn read(source: &dyn Source, partition: u64, slot: u8, python: Python) -> Result<Label, Stop> {
    let place = TableSector::SolarisLabel { slot };
    let mut sector = [0; to_usize(SECTOR)];
    let at = partition.saturating_add(SECTOR);
    seek(source, at, place)?;
    let length = source.read_at(at, &mut sector)?;
    let label = &sector[..length.min(sector.len())];

    if u16::from_le_bytes(unpack(label, MAGIC_AT, place, python)?) != MAGIC {
        return Ok(Label::NoMagic);
    }
    let count = u16::from_le_bytes(unpack(label, SLICE_COUNT_AT, place, python)?);
    for slice in 0..count {
        let at = SLICE_SIZE.saturating_mul(usize::from(slice)).saturating_add(FIRST_SLICE_AT);
        let tag = u16::from_le_bytes(unpack(label, at, place, python)?);
        let start = u32::from_le_bytes(unpack(label, at.saturating_add(4), place, python)?);
        if tag == TAG_ROOT {
            return Ok(Label::Root { slice, start: u64::from(start) * SECTOR });
        }
    }
    Ok(Label::NoRootSlice)
}
