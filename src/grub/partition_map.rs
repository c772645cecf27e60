//! Partitions as GRUB sees them: MBR with logical ones, and GPT with its signature. pygrub's own reading of a table is another one
//! ([`storage::partitions`](crate::storage::partitions)).

use std::io;

use crate::storage::source::Source;

/// Bytes in a sector, unless a GPT says otherwise.
const SECTOR: u64 = 512;
/// The most logical partitions and GPT entries that are read.
const MOST_LOGICAL: u32 = 256;
const MOST_ENTRIES: u32 = 4096;
/// The longest entry of a GPT.
const LONGEST_ENTRY: u32 = 4096;
/// The type of the partition that protects a GPT.
const PROTECTIVE: u8 = 0xee;

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Partition {
    /// `msdos1`, `gpt2`.
    pub name: String,
    /// From 1.
    pub number: u32,
    /// Its first byte.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
}

/// The partitions of a disk, in the order of their numbers.
pub(super) fn partitions(disk: &dyn Source) -> io::Result<Vec<Partition>> {
    let record = sector(disk, 0)?;
    if record[510..] != [0x55, 0xaa] {
        return Ok(Vec::new());
    }
    let types = [0, 1, 2, 3].map(|slot| record[446 + slot * 16 + 4]);
    if types.contains(&PROTECTIVE) {
        // GRUB reads no other table beside it.
        return gpt(disk);
    }
    msdos(disk, &record)
}

fn sector(disk: &dyn Source, at: u64) -> io::Result<[u8; 512]> {
    let mut bytes = [0; 512];
    disk.read_at(at, &mut bytes)?;
    Ok(bytes)
}

fn le32(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn le64(bytes: &[u8]) -> u64 {
    bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn is_extended(kind: u8) -> bool {
    matches!(kind, 0x05 | 0x0f | 0x85)
}

fn msdos(disk: &dyn Source, record: &[u8; 512]) -> io::Result<Vec<Partition>> {
    let mut found = Vec::new();
    let mut extended = None;
    for slot in 0..4 {
        let entry = &record[446 + slot * 16..][..16];
        let (flag, kind, start, length) = (entry[0], entry[4], le32(&entry[8..]), le32(&entry[12..]));
        if flag & 0x7f != 0 {
            // A boot sector of a filesystem, not a table.
            return Ok(Vec::new());
        }
        if is_extended(kind) {
            extended = extended.or(Some(start));
        } else if kind != 0 && length != 0 {
            let number = slot as u32 + 1;
            found.push(Partition {
                name: format!("msdos{number}"),
                number,
                offset: u64::from(start) * SECTOR,
                length: u64::from(length) * SECTOR,
            });
        }
    }
    let Some(base) = extended else { return Ok(found) };
    let (mut at, mut number) = (base, 5);
    for _ in 0..MOST_LOGICAL {
        let record = sector(disk, u64::from(at) * SECTOR)?;
        if record[510..] != [0x55, 0xaa] {
            break;
        }
        let mut next = None;
        for slot in 0..4 {
            let entry = &record[446 + slot * 16..][..16];
            let (kind, start, length) = (entry[4], le32(&entry[8..]), le32(&entry[12..]));
            if is_extended(kind) {
                next = next.or(Some(base.wrapping_add(start)));
            } else if kind != 0 && length != 0 {
                let offset = (u64::from(at) + u64::from(start)) * SECTOR;
                let length = u64::from(length) * SECTOR;
                found.push(Partition { name: format!("msdos{number}"), number, offset, length });
                number += 1;
            }
        }
        match next {
            Some(next) if next != at => at = next,
            _ => break,
        }
    }
    Ok(found)
}

fn gpt(disk: &dyn Source) -> io::Result<Vec<Partition>> {
    for log in [9, 10, 11, 12] {
        let unit = 1_u64 << log;
        let header = sector(disk, unit)?;
        if &header[..8] != b"EFI PART" {
            continue;
        }
        let table = le64(&header[72..]);
        let (count, size) = (le32(&header[80..]), le32(&header[84..]));
        if !(128..=LONGEST_ENTRY).contains(&size) {
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for index in 0..count.min(MOST_ENTRIES) {
            let place = table.saturating_mul(unit).saturating_add(u64::from(index) * u64::from(size));
            let mut entry = [0; 48];
            if place >= disk.len() || disk.read_at(place, &mut entry)? < entry.len() {
                break;
            }
            if entry[..16] != [0; 16] {
                let number = index + 1;
                let offset = le64(&entry[32..]).saturating_mul(unit);
                let last = le64(&entry[40..]);
                let length = last.saturating_sub(le64(&entry[32..])).saturating_add(1).saturating_mul(unit);
                found.push(Partition { name: format!("gpt{number}"), number, offset, length });
            }
        }
        return Ok(found);
    }
    Ok(Vec::new())
}
