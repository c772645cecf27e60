//! The GPT as pygrub reads it: entry count and size from the second sector, the entries right after it from byte 1024 on.
//! Signature, checksums and the place of the table are not looked at.

use super::unpack::{too_short, unpack};
use super::{Candidate, Origin, PartitionsError, Python, SECTOR, Stop, TableSector, seek};
use crate::size::to_usize;
use crate::storage::source::Source;

const COUNT_AT: usize = 80;
const ENTRY_SIZE_AT: usize = 84;
/// Where an entry has its first sector, a 64-bit number.
const START_AT: u64 = 32;
const START_END: u64 = START_AT + 8;
const TABLE_AT: u64 = 2 * SECTOR;

/// The most bytes that one read(2) of Linux gives.
const MAX_READ: u64 = 0x7fff_f000;
/// The most entries that are read. pygrub leaks about 1.5 MiB for each offset that it cannot mount and would have used
/// up 96 GiB by then.
const MAX_ENTRIES: u32 = 65536;
/// The largest entry for which pygrub is taken to get the memory: from 4.19 on it may have no more than 256 MiB.
const MAX_ENTRY_SIZE: u32 = 64 << 20;

/// Appends every entry, unused ones too: they start at 0.
pub(super) fn all_entries(source: &dyn Source, python: Python, candidates: &mut Vec<Candidate>) -> Result<(), Stop> {
    let mut sector = [0; to_usize(SECTOR)];
    let length = source.read_at(SECTOR, &mut sector)?;
    let header = &sector[..length.min(sector.len())];
    let count = u32::from_le_bytes(unpack(header, COUNT_AT, TableSector::GptHeader, python)?);
    let size = u32::from_le_bytes(unpack(header, ENTRY_SIZE_AT, TableSector::GptHeader, python)?);
    if count == 0 {
        return Ok(());
    }

    let first = TableSector::GptEntry { number: 1 };
    if python == Python::Two && i32::try_from(size).is_err() {
        // Python 2's os.read takes a C int. From its source, not measured.
        return Err(Stop::Failure(PartitionsError::Raised {
            exception: "OverflowError",
            message: "signed integer is greater than maximum".to_owned(),
            place: first,
        }));
    }
    let step = u64::from(size).min(MAX_READ);
    let whole = whole_entries(source.len(), step);
    if whole < u64::from(count) {
        let number = u32::try_from(whole).unwrap_or(u32::MAX).saturating_add(1);
        return Err(too_short(8, TableSector::GptEntry { number }, python));
    }
    if count > MAX_ENTRIES {
        return Err(undecided(format!("the GPT counts {count} entries, and pygrub may run out of memory over them")));
    }
    if size > MAX_ENTRY_SIZE {
        return Err(undecided(format!("the GPT has entries of {size} bytes, and pygrub may not get that much memory")));
    }

    for number in 1..=count {
        let at = u64::from(number.saturating_sub(1)).saturating_mul(step).saturating_add(TABLE_AT + START_AT);
        push(candidates, number, start_at(source, at, TableSector::GptEntry { number }, python)?);
    }
    Ok(())
}

/// The first entry alone, as releases before 4.1.3 read it.
pub(super) fn first_entry(source: &dyn Source, python: Python) -> Result<u128, Stop> {
    let place = TableSector::GptEntry { number: 1 };
    seek(source, TABLE_AT, place)?;
    start_at(source, TABLE_AT + START_AT, place, python)
}

/// How many entries of `step` bytes a disk of `length` bytes holds as far as their first sector; the rest of the last one
/// may be missing.
fn whole_entries(length: u64, step: u64) -> u64 {
    let after_first = length.checked_sub(TABLE_AT + START_END).filter(|_| step >= START_END);
    after_first.and_then(|length| length.checked_div(step)).map_or(0, |more| more.saturating_add(1))
}

fn start_at(source: &dyn Source, at: u64, place: TableSector, python: Python) -> Result<u128, Stop> {
    let mut start = [0; 8];
    let length = source.read_at(at, &mut start)?;
    let start = u64::from_le_bytes(unpack(&start[..length.min(8)], 0, place, python)?);
    Ok(u128::from(start).saturating_mul(u128::from(SECTOR)))
}

/// Equal offsets in a row become one candidate.
fn push(candidates: &mut Vec<Candidate>, number: u32, offset: u128) {
    match candidates.last_mut() {
        Some(last) if last.offset == offset && matches!(last.origin, Origin::GptEntry { .. }) => {
            last.count = last.count.saturating_add(1);
        }
        _ => candidates.push(Candidate::once(offset, Origin::GptEntry { number })),
    }
}

fn undecided(reason: String) -> Stop {
    Stop::Failure(PartitionsError::Undecided { reason })
}
