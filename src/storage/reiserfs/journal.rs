//! The journal. The plugin reads blocks from it where it holds later ones; pregrub only looks whether it might.

use super::damaged::damaged;
use super::little_endian::u32_at;
use super::superblock::{Journal, Superblock};
use crate::size::to_usize;
use crate::storage::driver_error::DriverError;
use crate::storage::sector_reader::SectorReader;

/// The header: the last transaction that is in its place, where the next one would begin, and the number of the mount.
const HEADER: usize = 12;
const FIRST_AT: usize = 4;
/// A transaction begins with its number, and has its magic number at the end of the block.
const MAGIC: &[u8] = b"ReIsErLB";
const MAGIC_BEFORE_END: usize = 12;

/// Fails where a transaction may wait in the journal.
pub(crate) fn check(device: &SectorReader, superblock: &Superblock) -> Result<(), DriverError> {
    let Some(Journal { first, size }) = superblock.journal else { return Ok(()) };
    let block_size = u64::from(superblock.block_size);
    let mut header = [0; HEADER];
    let place = u64::from(first).saturating_add(u64::from(size)).saturating_mul(block_size);
    if !device.read(place, &mut header)? {
        return Err(damaged("the image ends before the header of the journal"));
    }
    let flushed = u32_at(&header, 0).unwrap_or(0);
    let start = u32_at(&header, FIRST_AT).unwrap_or(0);
    if start >= size {
        return Err(damaged("the journal begins past its end"));
    }
    let mut block = vec![0; to_usize(u64::from(superblock.block_size))];
    let place = u64::from(first).saturating_add(u64::from(start)).saturating_mul(block_size);
    if !device.read(place, &mut block)? {
        return Err(damaged("the image ends inside the journal"));
    }
    let number = u32_at(&block, 0).unwrap_or(0);
    let magic = block.last_chunk::<MAGIC_BEFORE_END>().is_some_and(|end| end.starts_with(MAGIC));
    if number == flushed.wrapping_add(1) || magic && number > flushed {
        return Err(DriverError::Unknown(
            "the journal of the reiserfs holds changes that are not in their place yet: the guest was not shut down \
             cleanly, and pregrub does not read the journal as pygrub does"
                .to_owned(),
        ));
    }
    Ok(())
}
