//! The partitions that Linux shows in a guest, with their numbers: logical ones too, and by a GPT that is valid. pygrub's reading is
//! another one.

use std::io;

use super::SECTOR;
use super::little_endian::{u32_at, u64_at};
use crate::size::to_usize;
use crate::storage::source::Source;

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LinuxPartition {
    /// The number at the end of its device's name: 1 of `xvda1`.
    pub number: u32,
    /// Its first byte.
    pub start: u64,
    /// Its bytes, as the table has it.
    pub length: u64,
    /// Its PARTUUID, in lower case.
    pub partuuid: String,
}

/// How many logical partitions, and how many entries of a GPT, are looked at.
const MOST: u32 = 256;

/// The partitions of a disk. `None` if it has no partition table: then its filesystem is on the whole of it.
///
/// # Errors
///
/// The disk cannot be read.
pub(crate) fn linux_partitions(disk: &dyn Source) -> io::Result<Option<Vec<LinuxPartition>>> {
    let Some(sector) = sector(disk, 0)?.filter(has_signature) else { return Ok(None) };
    let slots = slots(&sector);
    // The boot sector of a FAT ends like a partition table.
    if slots.iter().any(|slot| slot.flag & 0x7f != 0) || looks_like_fat(&sector) {
        return Ok(None);
    }
    if slots.iter().any(|slot| slot.kind == 0xee)
        && let Some(partitions) = gpt(disk)?
    {
        return Ok(Some(partitions));
    }
    let signature = u32::from_le_bytes([sector[440], sector[441], sector[442], sector[443]]);
    let mut partitions = Vec::new();
    let mut add = |number: u32, start: u64, sectors: u32| {
        partitions.push(LinuxPartition {
            number,
            start: start.saturating_mul(SECTOR),
            length: u64::from(sectors) * SECTOR,
            partuuid: format!("{signature:08x}-{number:02x}"),
        });
    };
    let mut extended = None;
    for (number, slot) in (1..).zip(&slots) {
        if slot.kind != 0 && slot.sectors != 0 {
            add(number, slot.start, slot.sectors);
            if is_extended(slot.kind) {
                extended.get_or_insert(slot.start);
            }
        }
    }
    if let Some(first) = extended {
        let mut at = first;
        for number in 5..5 + MOST {
            let Some(sector) = self::sector(disk, at.saturating_mul(SECTOR))?.filter(has_signature) else {
                break;
            };
            let slots = self::slots(&sector);
            if let Some(data) = slots.iter().find(|slot| slot.kind != 0 && slot.sectors != 0 && !is_extended(slot.kind))
            {
                add(number, at.saturating_add(data.start), data.sectors);
            }
            match slots.iter().find(|slot| is_extended(slot.kind) && slot.sectors != 0) {
                Some(next) => at = first.saturating_add(next.start),
                None => break,
            }
        }
    }
    Ok(Some(partitions))
}

struct Slot {
    flag: u8,
    kind: u8,
    start: u64,
    sectors: u32,
}

fn slots(sector: &[u8; to_usize(SECTOR)]) -> [Slot; 4] {
    [446, 462, 478, 494].map(|at| {
        let slot = &sector[at..][..16];
        Slot { flag: slot[0], kind: slot[4], start: u64::from(u32_at(slot, 8)), sectors: u32_at(slot, 12) }
    })
}

fn is_extended(kind: u8) -> bool {
    matches!(kind, 0x05 | 0x0f | 0x85)
}

fn has_signature(sector: &[u8; to_usize(SECTOR)]) -> bool {
    sector.ends_with(&[0x55, 0xaa])
}

fn looks_like_fat(sector: &[u8; to_usize(SECTOR)]) -> bool {
    sector[54..].starts_with(b"FAT") || sector[82..].starts_with(b"FAT32")
}

fn sector(disk: &dyn Source, at: u64) -> io::Result<Option<[u8; to_usize(SECTOR)]>> {
    let mut sector = [0; to_usize(SECTOR)];
    Ok((disk.read_at(at, &mut sector)? == sector.len()).then_some(sector))
}

/// The partitions of a GPT; nothing where there is no header.
fn gpt(disk: &dyn Source) -> io::Result<Option<Vec<LinuxPartition>>> {
    let Some(header) = sector(disk, SECTOR)?.filter(|header| header.starts_with(b"EFI PART")) else { return Ok(None) };
    let table = u64_at(&header, 72);
    let (count, size) = (u32_at(&header, 80).min(MOST), u32_at(&header, 84));
    if size < 128 {
        return Ok(None);
    }
    let mut partitions = Vec::new();
    for index in 0..count {
        let at = table.saturating_mul(SECTOR).saturating_add(u64::from(index).saturating_mul(u64::from(size)));
        let mut entry = [0; 128];
        if disk.read_at(at, &mut entry)? < entry.len() {
            break;
        }
        if entry[..16] != [0; 16] {
            let (start, last) = (u64_at(&entry, 32), u64_at(&entry, 40));
            let sectors = last.checked_sub(start).map_or(0, |more| more.saturating_add(1));
            partitions.push(LinuxPartition {
                number: index.saturating_add(1),
                start: start.saturating_mul(SECTOR),
                length: sectors.saturating_mul(SECTOR),
                partuuid: guid(&entry[16..32]),
            });
        }
    }
    Ok(Some(partitions))
}

/// A GUID as text: its first three groups are little endian.
fn guid(bytes: &[u8]) -> String {
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::with_capacity(36);
    for (count, index) in ORDER.into_iter().enumerate() {
        if matches!(count, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{:02x}", bytes.get(index).copied().unwrap_or(0)));
    }
    text
}
