//! Partitions that Linux sees and pygrub does not, for telling a user where his filesystem is. pygrub reads none of this.

use std::io;

use super::SECTOR;
use super::little_endian::{u32_at, u64_at};
use crate::size::{to_u64, to_usize};
use crate::storage::source::Source;

/// The sector of disks that have no smaller one (4Kn).
const LARGE_SECTOR: u64 = 4096;
/// The most partitions that are listed.
const MOST: usize = 128;

const SIGNATURE_AT: usize = 510;
const SIGNATURE: [u8; 2] = [0x55, 0xaa];
const FIRST_SLOT_AT: usize = 446;
const SLOT_SIZE: usize = 16;
const SECOND_SLOT_AT: usize = FIRST_SLOT_AT + SLOT_SIZE;
const GPT_MAGIC: &[u8; 8] = b"EFI PART";

/// Whether a slot of the MBR of this type holds logical partitions.
pub(crate) fn is_extended(partition_type: u8) -> bool {
    matches!(partition_type, 0x05 | 0x0f | 0x85)
}

/// The logical partitions in the extended partition that starts at the byte `start`: their offsets in bytes, in the order of
/// Linux (the first is number 5). At most 128, and no further than the chain makes sense.
///
/// # Errors
///
/// The disk cannot be read.
pub(crate) fn logical(disk: &dyn Source, start: u64) -> io::Result<Vec<u64>> {
    let mut found = Vec::new();
    let mut place = start;
    for _ in 0..MOST {
        let mut record = [0; to_usize(SECTOR)];
        if disk.read_at(place, &mut record)? < record.len() || record[SIGNATURE_AT..] != SIGNATURE {
            break;
        }
        let slot = |at: usize| {
            let slot = &record[at..];
            (slot[4], u64::from(u32_at(slot, 8)) * SECTOR)
        };
        let ((kind, first), (next_kind, next)) = (slot(FIRST_SLOT_AT), slot(SECOND_SLOT_AT));
        if kind != 0 && first != 0 {
            found.push(place.saturating_add(first));
        }
        if !is_extended(next_kind) || next == 0 {
            break;
        }
        place = start.saturating_add(next);
    }
    Ok(found)
}

/// Where the partitions of a GPT lie that was written for sectors of 4096 bytes, in bytes, in the order of its table, and at
/// most 128; nothing where there is no such GPT, or one for sectors of 512 bytes as well.
///
/// # Errors
///
/// The disk cannot be read.
pub(crate) fn gpt_of_large_sectors(disk: &dyn Source) -> io::Result<Option<Vec<u64>>> {
    const TABLE_AT: usize = 72;
    const COUNT_AT: usize = 80;
    const ENTRY_SIZE_AT: usize = 84;
    const START_AT: u64 = 32;
    let magic_at = |at: u64| {
        let mut magic = [0; GPT_MAGIC.len()];
        Ok::<_, io::Error>(disk.read_at(at, &mut magic)? == magic.len() && magic == *GPT_MAGIC)
    };
    if !magic_at(LARGE_SECTOR)? || magic_at(SECTOR)? {
        return Ok(None);
    }
    let mut header = [0; 92];
    disk.read_at(LARGE_SECTOR, &mut header)?;
    let table = u64_at(&header, TABLE_AT).saturating_mul(LARGE_SECTOR);
    let count = u64::from(u32_at(&header, COUNT_AT)).min(to_u64(MOST));
    let size = u64::from(u32_at(&header, ENTRY_SIZE_AT));
    let mut found = Vec::new();
    for number in 0..count {
        let mut first = [0; 8];
        let at = table.saturating_add(number.saturating_mul(size)).saturating_add(START_AT);
        if disk.read_at(at, &mut first)? == first.len() && first != [0; 8] {
            found.push(u64::from_le_bytes(first).saturating_mul(LARGE_SECTOR));
        }
    }
    Ok(Some(found))
}

/// Where something lies that is at byte `offset` if sectors have 512 bytes, on a disk whose sectors have 4096.
pub(crate) fn with_large_sectors(offset: u64) -> u64 {
    offset.saturating_mul(LARGE_SECTOR / SECTOR)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put_slot(disk: &mut [u8], record: usize, number: usize, kind: u8, start: u32) {
        let at = record + FIRST_SLOT_AT + SLOT_SIZE * number;
        disk[at + 4] = kind;
        disk[at + 8..at + 12].copy_from_slice(&start.to_le_bytes());
        disk[record + SIGNATURE_AT..record + SIGNATURE_AT + 2].copy_from_slice(&SIGNATURE);
    }

    #[test]
    fn a_chain_is_followed_and_a_ring_ends() {
        let mut disk = vec![0; 64 << 10];
        put_slot(&mut disk, 512, 0, 0x83, 2);
        put_slot(&mut disk, 512, 1, 0x05, 8);
        put_slot(&mut disk, 512 + 8 * 512, 0, 0x83, 3);
        assert_eq!(logical(&disk, 512).unwrap(), [512 + 1024, 512 + 11 * 512]);
        put_slot(&mut disk, 512 + 8 * 512, 1, 0x05, 8);
        assert_eq!(logical(&disk, 512).unwrap().len(), MOST);
        assert_eq!(logical(&disk, 1 << 40).unwrap(), [] as [u64; 0]);
    }

    #[test]
    fn a_hostile_gpt_is_bounded() {
        let mut disk = vec![0xff; 16 << 10];
        disk[4096..4104].copy_from_slice(GPT_MAGIC);
        assert_eq!(gpt_of_large_sectors(&disk).unwrap(), Some(Vec::new()));
        disk[512..520].copy_from_slice(GPT_MAGIC);
        assert_eq!(gpt_of_large_sectors(&disk).unwrap(), None);
    }
}
