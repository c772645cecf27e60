//! zstd, by RFC 8878: all frames that follow one another, as `ZSTD_decompress` reads them.
//!
//! A decoder of our own, since the crates hand nothing out before a whole window is decoded, and a kernel's window is as large
//! as the kernel.

mod bits;
mod block;
mod fse;
mod huffman;
mod literals;
mod sequences;

use std::hash::Hasher;

use twox_hash::XxHash64;

use self::block::Tables;
use super::window::OutputWindow;
use super::{DecodeError, Decoder, Input, Limits, Members};
use crate::size::{lower_half, to_u64, to_usize};

const MAGIC: u32 = 0xfd2f_b528;
/// The magic numbers of frames that are skipped differ in their last four bits.
const SKIPPABLE: u32 = 0x184d_2a50;
/// The largest block, packed or unpacked.
const LARGEST_BLOCK: usize = 128 << 10;

/// A frame that is being decoded.
struct Frame {
    /// The length that its header says.
    content_size: Option<u64>,
    /// What was put out before it began.
    began_at: u64,
    /// Of what was put out, if somebody will look at it.
    checksum: Option<XxHash64>,
    has_checksum: bool,
    largest_block: usize,
    window: u64,
}

/// A decoder of zstd frames. Lengths and checksums are verified.
pub(super) struct Zstd<'a, 'b> {
    input: &'a mut Input<'b>,
    limits: Limits,
    window: OutputWindow,
    frame: Option<Frame>,
    tables: Tables,
    packed: Vec<u8>,
    any: bool,
    frames: Members,
}

impl<'a, 'b> Zstd<'a, 'b> {
    pub(super) fn new(input: &'a mut Input<'b>, limits: Limits) -> Self {
        Self {
            input,
            limits,
            window: OutputWindow::new(0),
            frame: None,
            tables: Tables::default(),
            packed: Vec::new(),
            any: false,
            frames: Members::default(),
        }
    }

    /// Begins the next frame; `false` if there is none.
    fn next_frame(&mut self) -> Result<bool, DecodeError> {
        if self.any && (self.limits.one_frame || self.input.peek::<1>()?.is_empty()) {
            return Ok(false);
        }
        self.frames.begin(self.window.total())?;
        let magic = u32::from_le_bytes(self.input.array()?);
        if magic & !0xf == SKIPPABLE && !self.limits.one_frame {
            let mut left = u64::from(u32::from_le_bytes(self.input.array()?));
            if left > self.input.remaining() {
                return Err(DecodeError::Truncated);
            }
            let mut skipped = [0; 4096];
            while left > 0 {
                let count = usize::try_from(left).unwrap_or(skipped.len()).min(skipped.len());
                self.input.exact(&mut skipped[..count])?;
                left = left.saturating_sub(to_u64(count));
            }
            self.any = true;
            return Ok(true);
        }
        if magic != MAGIC {
            return Err(DecodeError::damaged("what follows is not a zstd frame"));
        }
        self.any = true;
        let [descriptor] = self.input.array()?;
        if descriptor & 0x08 != 0 {
            return Err(DecodeError::Unsupported("a reserved bit of its header is set".to_owned()));
        }
        let single_segment = descriptor & 0x20 != 0;
        let mut window = None;
        if !single_segment {
            let [byte] = self.input.array()?;
            let base = 1_u64 << (10 + u32::from(byte >> 3));
            window = Some((base / 8).saturating_mul(u64::from(byte & 7)).saturating_add(base));
        }
        let dictionary = match descriptor & 3 {
            0 => 0,
            1 => u32::from(self.input.array::<1>()?[0]),
            2 => u32::from(u16::from_le_bytes(self.input.array()?)),
            _ => u32::from_le_bytes(self.input.array()?),
        };
        if dictionary != 0 {
            return Err(DecodeError::Unsupported("it needs a dictionary".to_owned()));
        }
        let content_size = match descriptor >> 6 {
            0 if single_segment => Some(u64::from(self.input.array::<1>()?[0])),
            0 => None,
            1 => Some(u64::from(u16::from_le_bytes(self.input.array()?)) + 256),
            2 => Some(u64::from(u32::from_le_bytes(self.input.array()?))),
            _ => Some(u64::from_le_bytes(self.input.array()?)),
        };
        let window = window.or(content_size).unwrap_or_default();
        if self.limits.one_frame && window > self.limits.window {
            return Err(DecodeError::Dictionary(window));
        }
        if self.limits.one_frame && self.input.ahead(3).len() < 3 {
            return Err(DecodeError::Truncated);
        }
        let keep = window.min(self.limits.output).min(content_size.unwrap_or(u64::MAX)).min(self.limits.window);
        // Only what is really put out is kept: of a large window that is less.
        let keep = usize::try_from(keep).unwrap_or(usize::MAX);
        self.window.restart(keep);
        self.tables = Tables::default();
        self.frame = Some(Frame {
            content_size,
            began_at: self.window.total(),
            checksum: (descriptor & 0x04 != 0 && self.limits.stops_at.is_none()).then(|| XxHash64::with_seed(0)),
            has_checksum: descriptor & 0x04 != 0,
            largest_block: usize::try_from(window).unwrap_or(LARGEST_BLOCK).min(LARGEST_BLOCK),
            window,
        });
        Ok(true)
    }

    /// Decodes the next block of the frame.
    fn next_block(&mut self) -> Result<(), DecodeError> {
        let Some(frame) = &mut self.frame else { return Ok(()) };
        let [a, b, c] = self.input.array()?;
        let header = u32::from_le_bytes([a, b, c, 0]);
        let (last, kind, size) = (header & 1 == 1, header >> 1 & 3, to_usize(u64::from(header >> 3)));
        let largest = frame.largest_block.max(1);
        let before = self.window.total();
        match kind {
            0 | 1 if size > largest.max(LARGEST_BLOCK) => {
                return Err(DecodeError::damaged("a block is too large"));
            }
            0 => {
                let input = &mut *self.input;
                self.window.append_with(size, |out| input.exact(out))?;
            }
            1 => {
                let [byte] = self.input.array()?;
                self.window.append_with(size, |out| {
                    out.fill(byte);
                    Ok::<(), DecodeError>(())
                })?;
            }
            2 if size > LARGEST_BLOCK || size == 0 => return Err(DecodeError::damaged("a block is too large")),
            2 => {
                self.packed.resize(size, 0);
                self.input.exact(&mut self.packed)?;
                let reach = usize::try_from(frame.window).unwrap_or(usize::MAX);
                self.tables.decode(&self.packed, &mut self.window, reach)?;
            }
            _ => return Err(DecodeError::damaged("a block is of a reserved type")),
        }
        if let Some(checksum) = &mut frame.checksum {
            checksum.write(self.window.since(before));
        }
        let length = self.window.total().saturating_sub(frame.began_at);
        if frame.window > self.limits.window && length > self.limits.window {
            return Err(DecodeError::Memory);
        }
        if self.window.total() > self.limits.output || frame.content_size.is_some_and(|size| length > size) {
            return Err(DecodeError::damaged("it unpacks to more than its header says"));
        }
        if last {
            if frame.content_size.is_some_and(|size| length != size) {
                return Err(DecodeError::damaged("it unpacks to less than its header says"));
            }
            if frame.has_checksum {
                let stored = u32::from_le_bytes(self.input.array()?);
                if frame.checksum.as_ref().is_some_and(|checksum| stored != lower_half(checksum.finish())) {
                    return Err(DecodeError::damaged("its checksum is wrong"));
                }
            }
            self.frame = None;
        }
        Ok(())
    }
}

impl Decoder for Zstd<'_, '_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, DecodeError> {
        while self.window.pending() == 0 {
            if self.frame.is_some() {
                self.next_block()?;
            } else if !self.next_frame()? {
                return Ok(0);
            }
        }
        Ok(self.window.give(out))
    }
}
