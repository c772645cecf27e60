//! A partition table with one partition, written with the image: no tool of the host's is needed.

use crc::{CRC_32_ISO_HDLC, Crc};
use sha2::{Digest, Sha256};

use crate::generate::devices::PartitionScheme;

const SECTOR: u64 = 512;
/// Where the partition begins, and how much stays free at the end: 1 MiB, as all tools align.
const ALIGNMENT: u64 = 1 << 20;
/// The type of a partition with a Linux filesystem, 0fc63daf-8483-4772-8e79-3d69d8477de4, in the byte order of the disk.
const LINUX: [u8; 16] =
    [0xaf, 0x3d, 0xc6, 0x0f, 0x83, 0x84, 0x72, 0x47, 0x8e, 0x79, 0x3d, 0x69, 0xd8, 0x47, 0x7d, 0xe4];

/// Bytes and where they go.
pub(super) type PlacedBytes = (u64, Vec<u8>);

/// Where the filesystem lies on a disk of `size` bytes: its offset and its length.
pub(super) fn place(table: PartitionScheme, size: u64) -> (u64, u64) {
    match table {
        PartitionScheme::None => (0, size),
        PartitionScheme::Mbr => (ALIGNMENT, size.saturating_sub(ALIGNMENT)),
        PartitionScheme::Gpt => (ALIGNMENT, size.saturating_sub(2 * ALIGNMENT)),
    }
}

/// The table of a disk of `size` bytes whose partition `number` is all of it. `name` is what identifiers are worked out from.
pub(super) fn pieces(table: PartitionScheme, number: u8, size: u64, name: &str) -> Vec<PlacedBytes> {
    let (offset, length) = place(table, size);
    let (first, sectors) = (offset / SECTOR, length / SECTOR);
    match table {
        PartitionScheme::None => Vec::new(),
        PartitionScheme::Mbr => vec![(0, mbr(number, 0x83, first, sectors))],
        PartitionScheme::Gpt => gpt(number, first, sectors, size / SECTOR, name),
    }
}

/// A boot sector with one entry.
fn mbr(number: u8, kind: u8, first: u64, sectors: u64) -> Vec<u8> {
    let mut sector = vec![0; 512];
    let at = 446 + 16 * usize::from(number.clamp(1, 4) - 1);
    let short = |number: u64| u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    // Cylinder, head and sector of long ago: the values that say "see the other numbers".
    sector[at..at + 8].copy_from_slice(&[0, 0xfe, 0xff, 0xff, kind, 0xfe, 0xff, 0xff]);
    sector[at + 8..at + 12].copy_from_slice(&short(first));
    sector[at + 12..at + 16].copy_from_slice(&short(sectors));
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    sector
}

/// The protective boot sector, the table at the start, and its copy at the end.
fn gpt(number: u8, first: u64, sectors: u64, disk: u64, name: &str) -> Vec<PlacedBytes> {
    const ENTRIES: u32 = 128;
    const ENTRY: usize = 128;
    let mut table = vec![0; ENTRIES as usize * ENTRY];
    let entry = &mut table[ENTRY * usize::from(number.clamp(1, 128) - 1)..][..ENTRY];
    entry[..16].copy_from_slice(&LINUX);
    entry[16..32].copy_from_slice(&guid(&format!("partition of {name}")));
    entry[32..40].copy_from_slice(&first.to_le_bytes());
    entry[40..48].copy_from_slice(&(first + sectors - 1).to_le_bytes());
    for (place, unit) in entry[56..].chunks_exact_mut(2).zip("boot".encode_utf16()) {
        place.copy_from_slice(&unit.to_le_bytes());
    }
    let table_sectors = table.len() as u64 / SECTOR;
    let crc = Crc::<u32>::new(&CRC_32_ISO_HDLC);
    let header = |here: u64, other: u64, entries: u64| {
        let mut header = Vec::with_capacity(92);
        header.extend(b"EFI PART");
        header.extend(0x0001_0000_u32.to_le_bytes());
        header.extend(92_u32.to_le_bytes());
        header.extend([0; 8]); // its checksum, and nothing
        header.extend(here.to_le_bytes());
        header.extend(other.to_le_bytes());
        header.extend((2 + table_sectors).to_le_bytes()); // first and last sector for partitions
        header.extend((disk - 2 - table_sectors).to_le_bytes());
        header.extend(guid(&format!("disk of {name}")));
        header.extend(entries.to_le_bytes());
        header.extend(ENTRIES.to_le_bytes());
        header.extend((ENTRY as u32).to_le_bytes());
        header.extend(crc.checksum(&table).to_le_bytes());
        let checksum = crc.checksum(&header);
        header[16..20].copy_from_slice(&checksum.to_le_bytes());
        header
    };
    let (last, copy) = (disk - 1, disk - 1 - table_sectors);
    vec![
        (0, mbr(1, 0xee, 1, disk - 1)),
        (SECTOR, header(1, last, 2)),
        (2 * SECTOR, table.clone()),
        (copy * SECTOR, table.clone()),
        (last * SECTOR, header(last, 1, copy)),
    ]
}

/// An identifier from a text, in the byte order of the disk (version 8, the variant of RFC 9562).
fn guid(text: &str) -> [u8; 16] {
    let digest = Sha256::digest(text);
    let mut guid = [0; 16];
    guid.copy_from_slice(&digest[..16]);
    guid[7] = 0x80 | (guid[7] & 0x0f);
    guid[8] = 0x80 | (guid[8] & 0x3f);
    guid
}
