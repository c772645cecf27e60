//! lz4's legacy frame: chunks with their lengths, without an end mark or a checksum.
//!
//! A decoder of our own, since the chunks of a hostile file are of any size: this one holds the packed chunk and 64 KiB of
//! output, and what the decoder of libxenguest (up to 4.21) accepts beyond the format and refuses within it decides.

use super::window::OutputWindow;
use super::{DecodeError, Decoder, Input, Limits};
use crate::size::{to_u64, to_usize};

const MAGIC: u32 = 0x184c_2102;
/// How far a match may look back.
const REACH: usize = 64 << 10;
/// How much is decoded before it is handed out.
const STEP: usize = 256 << 10;
/// Larger packed chunks are refused by pregrub; `lz4 -l` packs 8 MiB at a time.
const LARGEST_HELD: usize = 32 << 20;
/// A match is at least this long.
const SHORTEST_MATCH: usize = 4;
/// Within this many bytes of the end of a chunk, or of the output, only the last literals may stand.
const MARGIN: usize = 8;

/// A decoder of a legacy frame. It ends where the input does.
pub(super) struct Lz4<'a, 'b> {
    input: &'a mut Input<'b>,
    begun: bool,
    chunk: Vec<u8>,
    /// How much of the chunk is decoded.
    at: usize,
    /// What is left of a match: distance and length.
    unfinished: Option<(usize, usize)>,
    window: OutputWindow,
    /// How much output there may be.
    most: u64,
}

impl<'a, 'b> Lz4<'a, 'b> {
    pub(super) fn new(input: &'a mut Input<'b>, limits: Limits) -> Self {
        Self {
            input,
            begun: false,
            chunk: Vec::new(),
            at: 0,
            unfinished: None,
            window: OutputWindow::new(REACH),
            most: limits.output,
        }
    }

    /// Reads the next chunk; `false` at the end.
    fn next_chunk(&mut self) -> Result<bool, DecodeError> {
        if self.begun && self.input.remaining() == 0 {
            return Ok(false);
        }
        if !self.begun {
            self.begun = true;
            if u32::from_le_bytes(self.input.array()?) != MAGIC {
                return Err(DecodeError::damaged("it is not a legacy frame of lz4"));
            }
        }
        let mut length = u32::from_le_bytes(self.input.array()?);
        while length == MAGIC {
            length = u32::from_le_bytes(self.input.array()?);
        }
        if u64::from(length) > self.input.remaining() {
            return Err(DecodeError::Truncated);
        }
        let length = to_usize(u64::from(length));
        if length > LARGEST_HELD {
            return Err(DecodeError::Memory);
        }
        self.chunk.resize(length, 0);
        self.at = 0;
        self.input.exact(&mut self.chunk)?;
        Ok(true)
    }

    /// Adds to a length all bytes up to the first that is not 255.
    fn length(&mut self, base: usize) -> usize {
        let mut length = base;
        while let Some(&byte) = self.chunk.get(self.at) {
            self.at = self.at.saturating_add(1);
            length = length.saturating_add(usize::from(byte));
            if byte != 255 {
                break;
            }
        }
        length
    }

    /// Decodes one sequence: literals, and a match unless they are the last of the chunk.
    fn sequence(&mut self) -> Result<(), DecodeError> {
        let token = self.chunk[self.at];
        self.at = self.at.saturating_add(1);
        let mut literals = usize::from(token >> 4);
        if literals == 15 {
            literals = self.length(literals);
        }
        let space = self.most.saturating_sub(self.window.total());
        let left = self.chunk.len().saturating_sub(self.at);
        let with_margin = literals.saturating_add(MARGIN);
        let last = to_u64(with_margin) > space || with_margin > left;
        if last && (to_u64(literals) > space || literals != left) {
            return Err(DecodeError::damaged("its literals do not end where the data does"));
        }
        self.window.append_start(&self.chunk[self.at..], literals);
        self.at = self.at.saturating_add(literals);
        if last {
            return Ok(());
        }
        let distance = &self.chunk[self.at..][..2];
        let distance = usize::from(u16::from_le_bytes([distance[0], distance[1]]));
        self.at = self.at.saturating_add(2);
        let mut length = usize::from(token & 15);
        if length == 15 {
            length = self.length(length);
        }
        length = length.saturating_add(SHORTEST_MATCH);
        let space = space.saturating_sub(to_u64(literals));
        if to_u64(length) > space || to_u64(distance) > self.window.total() {
            return Err(DecodeError::damaged("a match reaches outside of the data"));
        }
        if to_u64(length.saturating_add(MARGIN)) > space
            && (to_u64(length) == space || to_u64(MARGIN.saturating_sub(distance)) > space)
        {
            return Err(DecodeError::damaged("a match reaches to the end of the data"));
        }
        self.unfinished = Some((distance, length));
        Ok(())
    }

    /// Copies what is left of a match, or a part of it.
    fn copy(&mut self, distance: usize, length: usize) -> Result<(), DecodeError> {
        let count = length.min(STEP);
        if distance == 0 {
            // Nothing is what stands there: the decoder of libxenguest copies what its buffer has.
            self.window.append_with(count, |out| {
                out.fill(0);
                Ok::<(), DecodeError>(())
            })?;
        } else {
            self.window.repeat(distance, count)?;
        }
        self.unfinished = (count < length).then_some((distance, length.saturating_sub(count)));
        Ok(())
    }
}

impl Decoder for Lz4<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, DecodeError> {
        while self.window.pending() < STEP {
            if let Some((distance, length)) = self.unfinished {
                self.copy(distance, length)?;
            } else if self.at < self.chunk.len() {
                self.sequence()?;
            } else if self.window.pending() > 0 || !self.next_chunk()? {
                break;
            }
        }
        Ok(self.window.give(out))
    }
}
