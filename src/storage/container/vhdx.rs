//! Hyper-V's VHDX: fixed and dynamic.

use std::io;
use std::sync::Arc;

use super::chain::ImageChain;
use super::error::{ContainerError, damaged, damaged_read, unsupported};
use super::fields::Fields;
use super::mapped::{Map, Mapped, MappedPiece, PiecePlace, read_some};
use crate::size::to_usize;
use crate::storage::in_block::InBlock;
use crate::storage::source::{Source, read_padded};

pub(super) const MAGIC: &[u8] = b"vhdxfile";
const KIB_64: u64 = 64 << 10;
const CRC32C: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI);

/// A GUID as it lies on disk: its first three numbers have their lowest byte first.
type Guid = [u8; 16];

const fn guid(a: u32, b: u16, c: u16, rest: [u8; 8]) -> Guid {
    let (a, b, c) = (a.to_le_bytes(), b.to_le_bytes(), c.to_le_bytes());
    let r = rest;
    [a[0], a[1], a[2], a[3], b[0], b[1], c[0], c[1], r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7]]
}

const BLOCK_TABLE: Guid = guid(0x2dc2_7766, 0xf623, 0x4200, [0x9d, 0x64, 0x11, 0x5e, 0x9b, 0xfd, 0x4a, 0x08]);
const METADATA: Guid = guid(0x8b7c_a206, 0x4790, 0x4b9a, [0xb8, 0xfe, 0x57, 0x5f, 0x05, 0x0f, 0x88, 0x6e]);
const PARAMETERS: Guid = guid(0xcaa1_6737, 0xfa36, 0x4d43, [0xb3, 0xb6, 0x33, 0xf0, 0xaa, 0x44, 0xe7, 0x6b]);
const DISK_SIZE: Guid = guid(0x2fa5_4224, 0xcd1b, 0x4876, [0xb2, 0x11, 0x5d, 0xbe, 0xd8, 0x3b, 0xf4, 0xb8]);
const SECTOR_SIZE: Guid = guid(0x8141_bf1d, 0xa96f, 0x4709, [0xba, 0x47, 0xf2, 0x33, 0xa8, 0xfa, 0xab, 0x5f]);

struct Vhdx {
    file: Arc<dyn Source>,
    size: u64,
    table: u64,
    block: u64,
    /// How many blocks there are before each entry of the table that is for a bitmap.
    ratio: u64,
}

pub(super) fn open(file: Arc<dyn Source>, chain: &ImageChain) -> Result<Arc<dyn Source>, ContainerError> {
    if has_log(&*file)? {
        return Err(unsupported("its log has to be replayed first: attach the image once where it was in use"));
    }
    let (table, metadata) = regions(&*file)?;
    let items = read_some(&*file, metadata, to_usize(KIB_64))?;
    let fields = Fields(&items);
    if !fields.starts_with(b"metadata") {
        return Err(damaged("its table of metadata is missing"));
    }
    let count = usize::from(fields.le16(10).unwrap_or(0)).min(2047);
    let item = |wanted: Guid, length: usize| -> Result<Vec<u8>, ContainerError> {
        let mut entries = items.get(32..).unwrap_or_default().chunks(32).take(count);
        let entry = entries.find(|entry| entry.starts_with(&wanted));
        let entry = entry.ok_or_else(|| damaged("an item of its metadata is missing"))?;
        let offset = u64::from(Fields(entry).le32(16).unwrap_or(0));
        let bytes = read_some(&*file, metadata.saturating_add(offset), length)?;
        if bytes.len() == length { Ok(bytes) } else { Err(damaged("its metadata is cut")) }
    };
    let parameters = item(PARAMETERS, 8)?;
    let block = u64::from(Fields(&parameters).le32(0).unwrap_or(0));
    if Fields(&parameters).le32(4).unwrap_or(0) & 2 != 0 {
        return Err(unsupported("it is based on another image: merge its checkpoints first"));
    }
    let size = Fields(&item(DISK_SIZE, 8)?).le64(0).unwrap_or(0);
    let sector = u64::from(Fields(&item(SECTOR_SIZE, 4)?).le32(0).unwrap_or(0));
    if !block.is_power_of_two() || !(1 << 20..=256 << 20).contains(&block) || !matches!(sector, 512 | 4096) {
        return Err(damaged(format!("its blocks have {block} bytes, its sectors {sector}")));
    }
    if size > 64 << 40 {
        return Err(damaged("it is larger than a VHDX can be"));
    }
    // Both are powers of two.
    let ratio = (sector << 23) >> block.trailing_zeros();
    let map = Vhdx { file: Arc::clone(&file), size, table, block, ratio };
    Ok(Arc::new(Mapped::new(map, file, None, chain.unpacking())))
}

/// Whether the newer of the two headers names a log that was not written back.
fn has_log(file: &dyn Source) -> Result<bool, ContainerError> {
    let mut newest: Option<(u64, bool)> = None;
    for at in [KIB_64, 2 * KIB_64] {
        let header = read_some(file, at, 4096)?;
        let fields = Fields(&header);
        if header.len() < 4096 || !fields.starts_with(b"head") || fields.le32(4) != Some(checksum(&header)) {
            continue;
        }
        let sequence = fields.le64(8).unwrap_or(0);
        let log = header[48..64].iter().any(|&byte| byte != 0);
        if newest.is_none_or(|(other, _)| sequence > other) {
            newest = Some((sequence, log));
        }
    }
    newest.map(|(_, log)| log).ok_or_else(|| damaged("neither of its headers is valid"))
}

/// CRC-32C over a structure, its own field read as zeros.
fn checksum(bytes: &[u8]) -> u32 {
    let mut digest = CRC32C.digest();
    digest.update(&bytes[..4]);
    digest.update(&[0; 4]);
    digest.update(&bytes[8..]);
    digest.finalize()
}

/// Where the table of blocks and the metadata are.
fn regions(file: &dyn Source) -> Result<(u64, u64), ContainerError> {
    for at in [3 * KIB_64, 4 * KIB_64] {
        let table = read_some(file, at, to_usize(KIB_64))?;
        let fields = Fields(&table);
        if table.len() < to_usize(KIB_64) || !fields.starts_with(b"regi") || fields.le32(4) != Some(checksum(&table)) {
            continue;
        }
        let count = to_usize(u64::from(fields.le32(8).unwrap_or(0).min(2047)));
        let find = |wanted: Guid| {
            let mut entries = table[16..].chunks(32).take(count);
            Fields(entries.find(|entry| entry.starts_with(&wanted))?).le64(16)
        };
        if let (Some(blocks), Some(metadata)) = (find(BLOCK_TABLE), find(METADATA)) {
            return Ok((blocks, metadata));
        }
    }
    Err(damaged("neither of its tables of regions is valid"))
}

impl Map for Vhdx {
    fn len(&self) -> u64 {
        self.size
    }

    fn piece(&self, offset: u64) -> io::Result<MappedPiece> {
        let InBlock { index, within, rest: length } = InBlock::of(offset, self.block);
        let number = index.saturating_add(InBlock::of(index, self.ratio).index);
        let mut entry = [0; 8];
        read_padded(&*self.file, self.table.saturating_add(number.saturating_mul(8)), &mut entry)?;
        let entry = u64::from_le_bytes(entry);
        let place = match entry & 7 {
            0..=3 => PiecePlace::Zeros,
            6 => PiecePlace::At((entry >> 20 << 20).saturating_add(within)),
            _ => return Err(damaged_read("a block of it has a state that only differencing images have")),
        };
        Ok(MappedPiece { place, length })
    }
}
