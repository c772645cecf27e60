//! xz: one stream, with every filter and check that liblzma knows.

use std::io::Read;

use lzma_rust2::XzReader;

use super::xz_blocks::XzBlocks;
use super::{DecodeError, Decoder, Input, Limits};

/// Bytes of the stream's header.
pub(super) const HEADER: usize = 12;
/// How much of a stream has the headers: its own, and the longest of a block.
pub const BEGINNING: usize = HEADER + 1024;

/// A decoder of one xz stream.
pub(super) enum Xz<'a, 'b> {
    /// Its checks, its index and its footer are verified.
    Verified(Box<XzReader<&'a mut Input<'b>>>),
    /// For a reader who stops before they come.
    Early(Box<XzBlocks<'a, 'b>>),
}

impl<'a, 'b> Xz<'a, 'b> {
    pub(super) fn new(input: &'a mut Input<'b>, limits: Limits) -> Self {
        match XzBlocks::new(input, limits) {
            Ok(blocks) => Self::Early(Box::new(blocks)),
            Err(input) => Self::Verified(Box::new(XzReader::new_mem_limit(input, false, kibibytes(limits)))),
        }
    }
}

/// The memory limit for a dictionary, in the unit of the decoder.
pub(super) fn kibibytes(limits: Limits) -> u32 {
    u32::try_from(limits.dictionary >> 10).unwrap_or(u32::MAX)
}

impl Decoder for Xz<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, DecodeError> {
        match self {
            Self::Verified(reader) => {
                reader.read(out).map_err(|error| DecodeError::of(&error, reader.inner_mut().take_failure()))
            }
            Self::Early(blocks) => blocks.read(out),
        }
    }
}

/// Whether the first block of a stream names another filter than Linux's decoder has on x86: that for x86, and LZMA2. What is not a
/// header is for a decoder to judge.
pub fn has_other_filter(stream: &[u8]) -> bool {
    /// The filter for machine code of x86, and LZMA2.
    const KNOWN: [u64; 2] = [4, 0x21];
    let header = stream.get(HEADER..).unwrap_or_default();
    let Some((&[size, flags], mut rest)) = header.split_first_chunk() else { return false };
    if size == 0 {
        return false;
    }
    if flags & 0x40 != 0 && number(&mut rest).is_none() || flags & 0x80 != 0 && number(&mut rest).is_none() {
        return false;
    }
    for _ in 0..=flags & 3 {
        let (Some(filter), Some(length)) = (number(&mut rest), number(&mut rest)) else { return false };
        if !KNOWN.contains(&filter) {
            return true;
        }
        let Some(after) = usize::try_from(length).ok().and_then(|length| rest.get(length..)) else { return false };
        rest = after;
    }
    false
}

/// A number of seven bits a byte, the last byte without the eighth.
pub(super) fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
