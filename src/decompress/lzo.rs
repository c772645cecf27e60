//! lzop's container of LZO1X blocks, as libxenguest walks it: checksums are skipped, and a stored block is not known.

use super::{DecodeError, Decoder, Input};
use crate::size::{to_u64, to_usize};

/// The magic number in full.
const MAGIC: &[u8] = b"\x89LZO\x00\x0d\x0a\x1a\x0a";
/// From this version of lzop on, a header has a level and the upper half of a time.
const HAS_LEVEL: u16 = 0x0940;
/// A header with this flag names a filter.
const HAS_FILTER: u32 = 0x0800;
/// Larger blocks are refused by libxenguest.
const LARGEST: usize = 64 << 20;
/// Larger blocks are refused by pregrub; lzop writes 256 KiB.
const LARGEST_HELD: usize = 8 << 20;

/// A decoder of an lzop file.
pub(super) struct Lzo<'a, 'b> {
    input: &'a mut Input<'b>,
    begun: bool,
    ended: bool,
    block: Vec<u8>,
    given: usize,
}

impl<'a, 'b> Lzo<'a, 'b> {
    pub(super) fn new(input: &'a mut Input<'b>) -> Self {
        Self { input, begun: false, ended: false, block: Vec::new(), given: 0 }
    }

    fn skip(&mut self, count: usize) -> Result<(), DecodeError> {
        let mut skipped = [0; 512];
        self.input.exact(&mut skipped[..count])
    }

    fn read_header(&mut self) -> Result<(), DecodeError> {
        let head: [u8; 16] = self.input.array()?;
        if !head.starts_with(MAGIC) {
            return Err(DecodeError::damaged("the magic number of lzop is not in full"));
        }
        let with_level = u16::from_be_bytes([head[9], head[10]]) >= HAS_LEVEL;
        self.skip(usize::from(with_level))?;
        let flags = u32::from_be_bytes(self.input.array()?);
        self.skip(if flags & HAS_FILTER == 0 { 0 } else { 4 })?;
        // Mode and time, of which later versions have another half.
        self.skip(if with_level { 12 } else { 8 })?;
        let [name_length] = self.input.array()?;
        self.skip(usize::from(name_length) + 4)
    }

    /// Decodes the next block; `false` at the end.
    fn next_block(&mut self) -> Result<bool, DecodeError> {
        let length = to_usize(u64::from(u32::from_be_bytes(self.input.array()?)));
        if length == 0 {
            return Ok(false);
        }
        if length > LARGEST {
            return Err(DecodeError::damaged("a block is larger than 64 MiB"));
        }
        let packed_length = to_usize(u64::from(u32::from_be_bytes(self.input.array()?)));
        self.skip(4)?;
        if packed_length == 0 || packed_length > length || to_u64(packed_length) > self.input.remaining() {
            return Err(DecodeError::damaged("the length of a block is wrong"));
        }
        if length > LARGEST_HELD {
            return Err(DecodeError::Memory);
        }
        let mut packed = vec![0; packed_length];
        self.input.exact(&mut packed)?;
        self.block.resize(length, 0);
        self.given = 0;
        match lzokay::decompress::decompress(&packed, &mut self.block) {
            Ok(count) if count == length => Ok(true),
            Ok(_) => Err(DecodeError::damaged("a block is shorter than its header says")),
            Err(error) => Err(DecodeError::Damaged(error.to_string())),
        }
    }
}

impl Decoder for Lzo<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, DecodeError> {
        if !self.begun {
            self.begun = true;
            self.read_header()?;
        }
        if self.given == self.block.len() && !self.ended {
            self.ended = !self.next_block()?;
        }
        if self.ended {
            return Ok(0);
        }
        let rest = &self.block[self.given..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.given = self.given.saturating_add(count);
        Ok(count)
    }
}
