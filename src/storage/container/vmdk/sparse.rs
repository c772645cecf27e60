//! A sparse extent: grains found through two levels of tables, perhaps compressed.

use std::io::{self, Read};
use std::num::NonZeroU64;
use std::sync::Arc;

use super::super::chain::ImageChain;
use super::super::error::{ContainerError, damaged, damaged_read, unsupported};
use super::super::fields::Fields;
use super::super::mapped::{Map, Mapped, MappedPiece, PackedPiece, PiecePlace, read_some};
use super::{DESCRIPTOR_AT_MOST, SECTOR, SPARSE};
use crate::size::to_usize;
use crate::storage::in_block::InBlock;
use crate::storage::source::{Source, read_padded};

const ZERO_GRAINS: u32 = 1 << 2;
const COMPRESSED: u32 = 1 << 16;
/// The directory of grains is named in the footer.
const AT_THE_END: u64 = u64::MAX;

const IMPOSSIBLE_SIZE: &str = "its grains or tables have an impossible size";

/// What the header says, in sectors.
pub(super) struct SparseHeader {
    flags: u32,
    capacity: u64,
    grain: u64,
    descriptor: (u64, u64),
    /// How many grains a table has.
    entries: u64,
    directory: u64,
}

impl SparseHeader {
    pub(super) fn read(file: &dyn Source) -> Result<Self, ContainerError> {
        let header = Self::read_at(file, 0)?;
        if header.directory != AT_THE_END {
            return Ok(header);
        }
        // The footer lies before the marker of the end.
        let footer = file.len().checked_sub(2 * SECTOR).ok_or_else(|| damaged("its footer is missing"))?;
        let descriptor = header.descriptor;
        Ok(Self { descriptor, ..Self::read_at(file, footer)? })
    }

    fn read_at(file: &dyn Source, at: u64) -> Result<Self, ContainerError> {
        let bytes = read_some(file, at, 512)?;
        let fields = Fields(&bytes);
        let cut = || damaged("its header is cut");
        if !fields.starts_with(SPARSE) {
            return Err(damaged("its footer is missing"));
        }
        let version = fields.le32(4).ok_or_else(cut)?;
        if !(1..=3).contains(&version) {
            return Err(unsupported(format!("it is VMDK of version {version}")));
        }
        let header = Self {
            flags: fields.le32(8).ok_or_else(cut)?,
            capacity: fields.le64(12).ok_or_else(cut)?,
            grain: fields.le64(20).ok_or_else(cut)?,
            descriptor: (fields.le64(28).ok_or_else(cut)?, fields.le64(36).ok_or_else(cut)?),
            entries: u64::from(fields.le32(44).ok_or_else(cut)?),
            directory: fields.le64(56).ok_or_else(cut)?,
        };
        if !header.grain.is_power_of_two() || header.grain > 1 << 15 || !(1..=512).contains(&header.entries) {
            return Err(damaged(IMPOSSIBLE_SIZE));
        }
        if header.flags & COMPRESSED != 0 && fields.le16(77) != Some(1) {
            return Err(unsupported("it has an unknown compression"));
        }
        Ok(header)
    }

    /// The text of the descriptor that is embedded, if one is.
    pub(super) fn descriptor(&self, file: &dyn Source) -> Result<Option<Vec<u8>>, ContainerError> {
        let (start, length) = self.descriptor;
        if start == 0 {
            return Ok(None);
        }
        let length = length.saturating_mul(SECTOR).min(DESCRIPTOR_AT_MOST);
        Ok(Some(read_some(file, start.saturating_mul(SECTOR), usize::try_from(length).unwrap_or_default())?))
    }
}

struct Sparse {
    file: Arc<dyn Source>,
    size: u64,
    /// Bytes.
    grain: u64,
    entries: NonZeroU64,
    directory: u64,
    zero_grains: bool,
    compressed: bool,
}

pub(super) fn open(
    file: Arc<dyn Source>,
    header: &SparseHeader,
    parent: Option<Arc<dyn Source>>,
    chain: &ImageChain,
) -> Result<Arc<dyn Source>, ContainerError> {
    let map = Sparse {
        file: Arc::clone(&file),
        size: header.capacity.checked_mul(SECTOR).ok_or_else(|| damaged("it is larger than a disk can be"))?,
        grain: header.grain.saturating_mul(SECTOR),
        entries: NonZeroU64::new(header.entries).ok_or_else(|| damaged(IMPOSSIBLE_SIZE))?,
        directory: header
            .directory
            .checked_mul(SECTOR)
            .ok_or_else(|| damaged("its directory of grains lies beyond any file"))?,
        zero_grains: header.flags & ZERO_GRAINS != 0,
        compressed: header.flags & COMPRESSED != 0,
    };
    Ok(Arc::new(Mapped::new(map, file, parent, chain.unpacking())))
}

impl Sparse {
    fn number(&self, at: u64) -> io::Result<u32> {
        let mut bytes = [0; 4];
        read_padded(&*self.file, at, &mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }
}

impl Map for Sparse {
    fn len(&self) -> u64 {
        self.size
    }

    fn piece(&self, offset: u64) -> io::Result<MappedPiece> {
        let InBlock { index, within, rest: length } = InBlock::of(offset, self.grain);
        let (first, second) = (index / self.entries, index % self.entries);
        let table = self.number(self.directory.saturating_add(first.saturating_mul(4)))?;
        let entry = match table {
            0 => 0,
            table => self.number((u64::from(table) * SECTOR).saturating_add(second.saturating_mul(4)))?,
        };
        let start = u64::from(entry) * SECTOR;
        let place = match entry {
            0 => PiecePlace::Parent,
            1 if self.zero_grains => PiecePlace::Zeros,
            _ if self.compressed => {
                PiecePlace::Packed(PackedPiece { start, length: self.grain.saturating_mul(2) }, within)
            }
            _ => PiecePlace::At(start.saturating_add(within)),
        };
        Ok(MappedPiece { place, length })
    }

    fn unpack(&self, packed: PackedPiece) -> io::Result<Vec<u8>> {
        // A marker: the grain's first sector, and how many bytes follow.
        let mut marker = [0; 12];
        read_padded(&*self.file, packed.start, &mut marker)?;
        let length = u64::from(Fields(&marker).le32(8).unwrap_or(0));
        if length > packed.length {
            return Err(damaged_read("a compressed grain is longer than it can be"));
        }
        let bytes = read_some(&*self.file, packed.start.saturating_add(12), to_usize(length))?;
        let mut grain = Vec::new();
        flate2::read::ZlibDecoder::new(&bytes[..])
            .take(self.grain)
            .read_to_end(&mut grain)
            .map_err(|_| damaged_read("a compressed grain cannot be unpacked"))?;
        Ok(grain)
    }
}
