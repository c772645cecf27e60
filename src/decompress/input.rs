//! What is unpacked: a stretch of a file, read piece by piece.

use std::io::{self, BufRead, Read};

use super::DecodeError;
use crate::size::{to_u64, to_usize};

/// Something that is read at any byte offset.
pub trait ReadAt {
    /// Reads into `buf` from the byte `offset` on and returns how many bytes were read: fewer than `buf.len()` only at the end.
    ///
    /// # Errors
    ///
    /// It cannot be read.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize>;
}

impl ReadAt for &[u8] {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)).unwrap_or_default();
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// How much is read at a time.
const PIECE: usize = 64 << 10;

/// The bytes from one offset to another, as a stream that knows where it stands.
pub struct Input<'a> {
    source: &'a dyn ReadAt,
    /// Where the next piece is read from.
    next: u64,
    end: u64,
    buffer: Vec<u8>,
    /// How much of the buffer is used up.
    used: usize,
    failed: Option<io::Error>,
}

impl<'a> Input<'a> {
    /// The bytes `start..end` of `source`; fewer if it ends before.
    pub fn new(source: &'a dyn ReadAt, start: u64, end: u64) -> Self {
        Self { source, next: start, end, buffer: Vec::new(), used: 0, failed: None }
    }

    /// How much of the buffer is not used up.
    fn unused(&self) -> usize {
        self.buffer.len().saturating_sub(self.used)
    }

    /// The offset in the source of the next byte.
    pub fn position(&self) -> u64 {
        self.next.saturating_sub(to_u64(self.unused()))
    }

    /// The last `N` bytes that were taken; `None` if there are less, or they cannot be read again.
    pub fn before<const N: usize>(&self) -> Option<[u8; N]> {
        let mut bytes = [0; N];
        let start = self.position().checked_sub(to_u64(N))?;
        (self.source.read_at(start, &mut bytes).ok()? == N).then_some(bytes)
    }

    /// Bytes that are left, if the source does not end before.
    pub(super) fn remaining(&self) -> u64 {
        self.end.saturating_sub(self.position())
    }

    /// Goes back by `count` bytes that were read too far.
    pub(super) fn step_back(&mut self, count: usize) {
        self.next = self.position().saturating_sub(to_u64(count));
        self.buffer.clear();
        self.used = 0;
    }

    /// Reads exactly `out.len()` bytes.
    pub(super) fn exact(&mut self, out: &mut [u8]) -> Result<(), DecodeError> {
        self.read_exact(out).map_err(|error| DecodeError::of(&error, self.take_failure()))
    }

    /// Reads up to `N` bytes, fewer at the end.
    pub(super) fn peek<const N: usize>(&mut self) -> Result<Vec<u8>, DecodeError> {
        let rest = self.ahead(N);
        let bytes = rest[..rest.len().min(N)].to_vec();
        match self.take_failure() {
            Some(error) if bytes.len() < N => Err(DecodeError::Io(error)),
            _ => Ok(bytes),
        }
    }

    /// What comes next: at least one byte, and none only at the end or where the source cannot be read.
    pub fn piece(&mut self) -> &[u8] {
        self.ahead(1)
    }

    /// What comes next: at least `count` bytes, unless the end comes before, or a part that cannot be read.
    pub fn ahead(&mut self, count: usize) -> &[u8] {
        while self.unused() < count && self.failed.is_none() {
            let before = self.unused();
            if let Err(error) = self.refill() {
                self.failed = Some(error);
            }
            if self.buffer.len() == before {
                break;
            }
        }
        &self.buffer[self.used..]
    }

    /// Takes this many bytes, and returns how many there were.
    pub fn skip(&mut self, count: u64) -> u64 {
        let mut left = count;
        while left > 0 {
            let there = to_u64(self.piece().len());
            if there == 0 {
                break;
            }
            let now = there.min(left);
            self.consume(to_usize(now));
            left = left.saturating_sub(now);
        }
        count.saturating_sub(left)
    }

    /// Fills `bytes` as far as the source goes, and returns how many there were.
    pub fn fill(&mut self, bytes: &mut [u8]) -> usize {
        let mut done = 0;
        while done < bytes.len() {
            let piece = self.piece();
            let left = &mut bytes[done..];
            let now = piece.len().min(left.len());
            if now == 0 {
                break;
            }
            left[..now].copy_from_slice(&piece[..now]);
            self.consume(now);
            done = done.saturating_add(now);
        }
        done
    }

    /// A number of four bytes, most significant first; `None` if the source ends before.
    pub fn big_endian(&mut self) -> Option<u32> {
        let mut bytes = [0; 4];
        (self.fill(&mut bytes) == 4).then(|| u32::from_be_bytes(bytes))
    }

    /// Whether all was taken.
    pub fn at_end(&mut self) -> bool {
        self.piece().is_empty()
    }

    /// Reads `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut bytes = [0; N];
        self.exact(&mut bytes)?;
        Ok(bytes)
    }

    /// What the operating system reported, if reading failed.
    pub fn take_failure(&mut self) -> Option<io::Error> {
        self.failed.take()
    }

    /// Adds a piece to the buffer, after dropping what is used up.
    fn refill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let kept = self.buffer.len();
        let wanted = usize::try_from(self.end.saturating_sub(self.next)).unwrap_or(PIECE).min(PIECE);
        self.buffer.resize(kept.saturating_add(wanted), 0);
        match self.source.read_at(self.next, &mut self.buffer[kept..]) {
            Ok(count) => {
                self.buffer.truncate(kept.saturating_add(count));
                self.next = self.next.saturating_add(to_u64(count));
                if count < wanted {
                    self.end = self.next;
                }
                Ok(())
            }
            Err(error) => {
                self.buffer.truncate(kept);
                Err(error)
            }
        }
    }
}

impl BufRead for Input<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used == self.buffer.len()
            && let Err(error) = self.refill()
        {
            let kind = error.kind();
            self.failed = Some(error);
            return Err(kind.into());
        }
        Ok(&self.buffer[self.used..])
    }

    fn consume(&mut self, count: usize) {
        self.used = self.used.saturating_add(count).min(self.buffer.len());
    }
}

impl Read for Input<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(out.len());
        out[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}
