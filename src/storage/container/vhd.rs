//! Microsoft's VHD as XCP-ng, XenServer and QEMU ("vpc") write it: fixed, dynamic and differencing.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::chain::{ImageChain, refused};
use super::error::{ContainerError, damaged, unsupported};
use super::fields::Fields;
use super::mapped::{Map, Mapped, MappedPiece, PiecePlace, read_some};
use super::{ParentFormat, open_parent};
use crate::size::to_usize;
use crate::storage::in_block::InBlock;
use crate::storage::source::{Source, read_padded};

pub(super) const COOKIE: &[u8] = b"conectix";
const SECTOR: u64 = 512;
/// The type of a disk that lies in the file as it is.
const FIXED: u32 = 2;
const UNALLOCATED: u32 = u32::MAX;

/// A disk that lies in the file as it is, before its footer.
struct Fixed {
    file: Arc<dyn Source>,
    size: u64,
}

impl Source for Fixed {
    fn len(&self) -> u64 {
        self.size
    }

    fn is_block_device(&self) -> bool {
        true
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let available = usize::try_from(self.size.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = available.min(buf.len());
        read_padded(&*self.file, offset, &mut buf[..count])?;
        Ok(count)
    }
}

struct Dynamic {
    file: Arc<dyn Source>,
    size: u64,
    table: u64,
    entries: u64,
    block: u64,
    /// Bytes of the bitmap before the data of a block.
    bitmap: u64,
}

pub(super) fn open(
    file: Arc<dyn Source>,
    directory: &Path,
    chain: &mut ImageChain,
) -> Result<Arc<dyn Source>, ContainerError> {
    let Footer { bytes, is_at_end } = footer(&*file)?.ok_or_else(|| damaged("it has no footer"))?;
    let fields = Fields(&bytes);
    let size = fields.be64(48).unwrap_or(0) & !(SECTOR - 1);
    let header_at = fields.be64(16).unwrap_or(0);
    let kind = fields.be32(60).unwrap_or(0);
    if kind == FIXED {
        return Ok(Arc::new(Fixed { file, size }));
    }
    if !matches!(kind, 3 | 4) {
        return Err(unsupported(format!("it is a VHD of type {kind}")));
    }
    let header = read_some(&*file, header_at, 1024)?;
    let fields = Fields(&header);
    if !fields.starts_with(b"cxsparse") || header.len() < 1024 {
        return Err(damaged("its dynamic header is missing"));
    }
    if checksum(&header, 36) != fields.be32(36).unwrap_or(0) {
        return Err(damaged("the checksum of its dynamic header is wrong"));
    }
    let table = fields.be64(16).unwrap_or(0);
    let entries = u64::from(fields.be32(28).unwrap_or(0));
    let block = u64::from(fields.be32(32).unwrap_or(0));
    if !block.is_power_of_two() || !(SECTOR..=1 << 30).contains(&block) {
        return Err(damaged(format!("its blocks have {block} bytes")));
    }
    if size.div_ceil(block) > entries {
        return Err(damaged("its table of blocks is too small for its size"));
    }
    let bitmap = (block / SECTOR).div_ceil(8).next_multiple_of(SECTOR);
    let parent = if kind == 4 {
        // In a fixed image that lost its end, the start is the guest's.
        if !is_at_end && chain.is_beneath() {
            return Err(refused(
                "it has no footer at its end, and a guest may have written the one at its start: what it is based on is not read, unless you \
                 give --follow-backing-files"
                    .to_owned(),
            ));
        }
        let names = parent_names(&*file, &header)?;
        Some(open_first(chain, directory, &names, identifier_at(&header, 40))?)
    } else {
        None
    };
    let map = Dynamic { file: Arc::clone(&file), size, table, entries, block, bitmap };
    Ok(Arc::new(Mapped::new(map, file, parent, chain.unpacking())))
}

/// A footer with a good checksum.
pub(super) struct Footer {
    bytes: Vec<u8>,
    /// Whether it ends the file. Otherwise it is the copy at the start.
    is_at_end: bool,
}

impl Footer {
    /// The identifier of the image that has it.
    pub(super) fn identifier(&self) -> Option<[u8; 16]> {
        identifier_at(&self.bytes, 68)
    }
}

/// The footer, or its copy at the start of the file. `None` if it has neither.
///
/// In a dynamic image that a program has not closed, the last block ends the file, and what looks like a footer there may be the guest's.
/// The copy is not: so both must say the same. In a fixed one the guest's disk begins the file, and only the end counts.
///
/// # Errors
///
/// It cannot be read, its checksum is wrong, or the end says something else than the start.
pub(super) fn footer(file: &dyn Source) -> Result<Option<Footer>, ContainerError> {
    let Some(bytes) = footer_at_end(file)? else {
        return match footer_at(file, 0)? {
            Some((_, false)) => Err(damaged("the checksum of its footer is wrong")),
            start => Ok(start.map(|(bytes, _)| Footer { bytes, is_at_end: false })),
        };
    };
    if Fields(&bytes).be32(60) != Some(FIXED) {
        // Where the dynamic header is, the size, the type, and the identifier.
        let said = |footer: &[u8]| [16..24, 48..56, 60..64, 68..84].map(|range| footer.get(range).map(<[u8]>::to_vec));
        let is_the_same = |(start, is_sound): (Vec<u8>, bool)| is_sound && said(&start) == said(&bytes);
        if !footer_at(file, 0)?.is_some_and(is_the_same) {
            return Err(damaged(
                "the footer at its end is not the one at its start: if no program has closed it, its end is the guest's data",
            ));
        }
    }
    Ok(Some(Footer { bytes, is_at_end: true }))
}

/// The footer at the end, with a good checksum.
fn footer_at_end(file: &dyn Source) -> Result<Option<Vec<u8>>, ContainerError> {
    // Old programs wrote a footer of 511 bytes.
    for at in [512, 511].into_iter().filter_map(|length| file.len().checked_sub(length)) {
        if let Some((footer, true)) = footer_at(file, at)? {
            return Ok(Some(footer));
        }
    }
    Ok(None)
}

/// What begins as a footer at a place, and whether its checksum is good.
fn footer_at(file: &dyn Source, at: u64) -> Result<Option<(Vec<u8>, bool)>, ContainerError> {
    let mut bytes = vec![0; 512];
    read_padded(file, at, &mut bytes)?;
    let is_sound = checksum(&bytes, 64) == Fields(&bytes).be32(64).unwrap_or(0);
    Ok(bytes.starts_with(COOKIE).then_some((bytes, is_sound)))
}

/// An identifier in a structure; `None` for zeros, which stand for none.
fn identifier_at(bytes: &[u8], at: usize) -> Option<[u8; 16]> {
    bytes.get(at..)?.first_chunk().copied().filter(|identifier| *identifier != [0; 16])
}

/// The complement of the sum of all bytes but the checksum's own.
fn checksum(bytes: &[u8], own: usize) -> u32 {
    let sum = bytes.iter().enumerate().filter(|(at, _)| !(own..own.saturating_add(4)).contains(at));
    !sum.fold(0_u32, |sum, (_, &byte)| sum.wrapping_add(u32::from(byte)))
}

/// The names of the image that a differencing one is based on, in the order in which they are tried.
fn parent_names(file: &dyn Source, header: &[u8]) -> Result<Vec<Vec<u8>>, ContainerError> {
    let mut names = Vec::new();
    for locator in header.get(576..768).unwrap_or_default().chunks_exact(24) {
        let fields = Fields(locator);
        let length = fields.be32(8).unwrap_or(0).min(2048);
        let offset = fields.be64(16).unwrap_or(0);
        let text = || read_some(file, offset, to_usize(u64::from(length)));
        match &locator[..4] {
            // XCP-ng's: `file://./parent.vhd`.
            b"MacX" => names.push(plain_url(&text()?)),
            b"W2ru" | b"W2ku" => names.push(from_utf_16(&text()?, u16::from_le_bytes)),
            _ => {}
        }
    }
    let unicode = from_utf_16(header.get(64..576).unwrap_or_default(), u16::from_be_bytes);
    if !unicode.is_empty() {
        names.push(unicode);
    }
    Ok(names)
}

fn plain_url(url: &[u8]) -> Vec<u8> {
    let end = url.iter().position(|&byte| byte == 0).unwrap_or(url.len());
    let path = url[..end].strip_prefix(b"file://").unwrap_or(&url[..end]);
    percent_encoding::percent_decode(path).collect()
}

/// A Windows path as one of this host.
fn from_utf_16(bytes: &[u8], order: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = bytes.chunks_exact(2).map(|pair| order([pair[0], pair[1]])).take_while(|&unit| unit != 0);
    let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    text.replace('\\', "/").into_bytes()
}

fn open_first(
    chain: &mut ImageChain,
    directory: &Path,
    names: &[Vec<u8>],
    parent: Option<[u8; 16]>,
) -> Result<Arc<dyn Source>, ContainerError> {
    let mut first = None;
    for name in names {
        match open_parent(chain, directory, name, ParentFormat::VhdOrRaw(parent)) {
            Ok(parent) => return Ok(parent),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| damaged("it is based on another image, which it does not name")))
}

impl Map for Dynamic {
    fn len(&self) -> u64 {
        self.size
    }

    fn piece(&self, offset: u64) -> io::Result<MappedPiece> {
        let InBlock { index, within, rest } = InBlock::of(offset, self.block);
        let whole = MappedPiece { place: PiecePlace::Parent, length: rest };
        if index >= self.entries {
            return Ok(whole);
        }
        let mut entry = [0; 4];
        read_padded(&*self.file, self.table.saturating_add(index.saturating_mul(4)), &mut entry)?;
        let entry = u32::from_be_bytes(entry);
        if entry == UNALLOCATED {
            return Ok(whole);
        }
        let start = u64::from(entry) * SECTOR;
        let (sector, skip) = (within / SECTOR, within % SECTOR);
        // The bitmap says which sectors were written, the highest bit of a byte first. One read serves what lies before the next
        // byte of it.
        let mut bits = [0; 1];
        read_padded(&*self.file, start.saturating_add(sector / 8), &mut bits)?;
        let from_here = bits[0] << (sector % 8);
        let written = from_here & 0x80 != 0;
        let run = if written { from_here.leading_ones() } else { from_here.leading_zeros() };
        let run = u64::from(run).min(8_u64.saturating_sub(sector % 8));
        let length = run.saturating_mul(SECTOR).saturating_sub(skip);
        let place = if written {
            PiecePlace::At(start.saturating_add(self.bitmap).saturating_add(within))
        } else {
            PiecePlace::Parent
        };
        Ok(MappedPiece { place, length: length.min(rest) })
    }
}
