//! xz for a reader who stops early: what is in the blocks of a stream, without the checksums of what comes out.
//!
//! Computing those takes a seventh of the time, and the reader never reaches the place where they stand. Only what packs kernels
//! is read here: LZMA2, with or without the filter for x86. The headers are verified; the rest is left to
//! [`Xz`](super::xz::Xz).

use std::io::{self, Read};

use lzma_rust2::filter::bcj::BcjReader;
use lzma_rust2::{Lzma2Reader, lzma2_get_memory_usage};

use super::xz::{BEGINNING, HEADER, kibibytes, number};
use super::{DecodeError, Input, Limits};
use crate::size::to_u64;

/// Filters, by their numbers in a block's header.
const X86: u64 = 4;
const LZMA2: u64 = 0x21;
/// How much more than the reader takes is decoded, since filters look ahead.
const AHEAD: u64 = 64 << 10;

/// The decoder of one block.
enum Block<'a, 'b> {
    Plain(Lzma2Reader<&'a mut Input<'b>>),
    X86(BcjReader<Lzma2Reader<&'a mut Input<'b>>>),
}

impl<'a, 'b> Block<'a, 'b> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(out),
            Self::X86(reader) => reader.read(out),
        }
    }

    fn into_input(self) -> &'a mut Input<'b> {
        match self {
            Self::Plain(reader) => reader.into_inner(),
            Self::X86(reader) => reader.into_inner().into_inner(),
        }
    }

    fn input(&mut self) -> &mut Input<'b> {
        match self {
            Self::Plain(reader) => reader.inner_mut(),
            Self::X86(reader) => reader.inner_mut().inner_mut(),
        }
    }
}

/// The blocks of a stream, one after the other.
pub(super) struct XzBlocks<'a, 'b> {
    block: Option<Block<'a, 'b>>,
    /// Where the block's header begins.
    began: u64,
    /// Bytes of the checksum after each block.
    check: u64,
    /// The most that comes out.
    most: u64,
    limits: Limits,
}

impl<'a, 'b> XzBlocks<'a, 'b> {
    /// The stream that begins where `input` stands. It is handed back untouched if it is not one that is read here.
    pub(super) fn new(input: &'a mut Input<'b>, limits: Limits) -> Result<Self, &'a mut Input<'b>> {
        let Some(most) = limits.stops_at else { return Err(input) };
        let beginning = input.ahead(BEGINNING);
        let Some((check, dictionary)) = check_size(beginning).zip(Header::read(beginning.get(HEADER..))) else {
            return Err(input);
        };
        if !dictionary.fits(limits) {
            return Err(input);
        }
        let mut blocks = Self { block: None, began: 0, check, most, limits };
        input.skip(to_u64(HEADER));
        blocks.begin(input, dictionary);
        Ok(blocks)
    }

    fn begin(&mut self, input: &'a mut Input<'b>, header: Header) {
        self.began = input.position();
        input.skip(header.length);
        // Nothing looks further back than to the beginning.
        let dictionary = u64::from(header.dictionary).min(self.most.saturating_add(AHEAD));
        let reader = Lzma2Reader::new(input, u32::try_from(dictionary).unwrap_or(header.dictionary), None);
        self.block = Some(if header.x86 { Block::X86(BcjReader::new_x86(reader, 0)) } else { Block::Plain(reader) });
    }

    /// Goes on to the next block; `false` if there is none.
    fn next(&mut self) -> Result<bool, DecodeError> {
        let Some(block) = self.block.take() else { return Ok(false) };
        let input = block.into_input();
        let length = input.position().saturating_sub(self.began);
        let padding = length.wrapping_neg() % 4;
        input.skip(self.check.saturating_add(padding));
        let ahead = input.ahead(BEGINNING);
        if ahead.first() == Some(&0) {
            return Ok(false);
        }
        let header = Header::read(Some(ahead)).filter(|header| header.fits(self.limits));
        let header =
            header.ok_or_else(|| DecodeError::damaged("the header of a block is not one of those known here"))?;
        self.begin(input, header);
        Ok(true)
    }

    pub(super) fn read(&mut self, out: &mut [u8]) -> Result<usize, DecodeError> {
        loop {
            let Some(block) = &mut self.block else { return Ok(0) };
            match block.read(out) {
                Ok(0) if !out.is_empty() => {
                    if !self.next()? {
                        return Ok(0);
                    }
                }
                Ok(count) => return Ok(count),
                Err(error) => return Err(DecodeError::of(&error, block.input().take_failure())),
            }
        }
    }
}

/// The size of the checksums that a stream's header announces; `None` if it is damaged or names another kind than none, CRC32,
/// CRC64 and SHA-256.
fn check_size(stream: &[u8]) -> Option<u64> {
    let header: &[u8; HEADER] = stream.first_chunk()?;
    let size = match [header[6], header[7]] {
        [0, 0] => 0,
        [0, 1] => 4,
        [0, 4] => 8,
        [0, 10] => 32,
        _ => return None,
    };
    let sum = u32::from_le_bytes(*header.last_chunk()?);
    (header.starts_with(b"\xfd7zXZ\0") && crc32(&header[6..8]) == sum).then_some(size)
}

/// A block's header.
struct Header {
    length: u64,
    x86: bool,
    dictionary: u32,
}

impl Header {
    /// `None` if it is damaged, or names other filters.
    fn read(bytes: Option<&[u8]>) -> Option<Self> {
        let bytes = bytes?;
        let length = usize::from(*bytes.first().filter(|&&size| size != 0)?).saturating_add(1).saturating_mul(4);
        let (content, sum) = bytes.get(..length)?.split_last_chunk()?;
        if crc32(content) != u32::from_le_bytes(*sum) {
            return None;
        }
        let (&[_, flags], mut rest) = content.split_first_chunk()?;
        if flags & 0x3c != 0 {
            return None;
        }
        for present in [flags & 0x40, flags & 0x80] {
            if present != 0 {
                number(&mut rest)?;
            }
        }
        let mut x86 = false;
        if flags & 3 == 1 {
            x86 = (number(&mut rest)?, number(&mut rest)?) == (X86, 0);
        }
        if (flags & 3 == 1) != x86 || flags & 3 > 1 || (number(&mut rest)?, number(&mut rest)?) != (LZMA2, 1) {
            return None;
        }
        let (&bits, padding) = rest.split_first()?;
        let dictionary = match bits {
            0..40 => (2 | u32::from(bits & 1)) << (bits / 2).saturating_add(11),
            _ => return None,
        };
        padding.iter().all(|&byte| byte == 0).then_some(Self { length: to_u64(length), x86, dictionary })
    }

    /// Whether liblzma has the memory for it.
    fn fits(&self, limits: Limits) -> bool {
        lzma2_get_memory_usage(self.dictionary) <= kibibytes(limits)
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}
