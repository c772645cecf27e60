//! A bit stream that is read from its end to its beginning.

use super::super::DecodeError;
use crate::size::to_usize;

/// The bits of `bytes`, last first. `bytes` has eight bytes in front that are not of the stream, so that any bit can be loaded
/// with the 63 before it.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// Bits that are left. Negative if more were read than there are: those read as zeros.
    left: i64,
}

/// How many bytes stand in front of a stream.
pub(super) const IN_FRONT: usize = 8;

impl<'a> Bits<'a> {
    /// The stream in `bytes[IN_FRONT..]`: its last byte has a mark above the last bit.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let last = match bytes.last() {
            Some(&last) if bytes.len() > IN_FRONT && last != 0 => last,
            _ => return Err(DecodeError::damaged("a bit stream has no end mark")),
        };
        let length = i64::try_from(bytes.len().saturating_sub(IN_FRONT)).unwrap_or(i64::MAX);
        // The mark, and what is above it.
        let marked = i64::from(last.leading_zeros()).saturating_add(1);
        let left = length.saturating_mul(8).saturating_sub(marked);
        Ok(Self { bytes, left })
    }

    /// The next 57 bits or more, the next one first, at the top of the word. What is before the beginning reads as zeros.
    #[inline(always)]
    pub(super) fn peek(&self) -> u64 {
        if self.left <= 0 {
            return 0;
        }
        // The word that ends with the byte which has the next bit.
        let left = self.left.cast_unsigned();
        let end = to_usize(left.div_ceil(8)).wrapping_add(IN_FRONT);
        let start = end.wrapping_sub(8);
        let word = match self.bytes.get(start..end) {
            Some(word) => u64::from_le_bytes(word.try_into().unwrap_or_default()),
            None => 0,
        };
        let unused = left.wrapping_neg() % 8;
        let word = word << unused;
        if left >= 64 { word } else { word & (u64::MAX << 64_u64.wrapping_sub(left)) }
    }

    /// Goes on by `count` bits.
    #[inline(always)]
    pub(super) fn skip(&mut self, count: u32) {
        self.left = self.left.wrapping_sub(i64::from(count));
    }

    /// The next `count` bits, at most 56, as a number.
    #[inline(always)]
    pub(super) fn read(&mut self, count: u32) -> u64 {
        let value = (self.peek() >> 1) >> 63_u32.wrapping_sub(count);
        self.skip(count);
        value
    }

    /// The bits of a word from [`peek`](Self::peek) after its first `taken`, `count` of them, as a number; 57 bits of the word count.
    #[inline(always)]
    pub(super) fn of(word: u64, taken: u32, count: u32) -> u64 {
        ((word << taken) >> 1) >> 63_u32.wrapping_sub(count)
    }

    /// Bits that are left; negative if too many were read.
    #[inline(always)]
    pub(super) fn left(&self) -> i64 {
        self.left
    }
}
