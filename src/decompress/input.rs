//! What is unpacked: a stretch of a file, read piece by piece.

use std::io::{self, BufRead, Read};

use super::DecodeError;

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

    /// The offset in the source of the next byte.
    pub fn position(&self) -> u64 {
        self.next - (self.buffer.len() - self.used) as u64
    }

    /// Bytes that are left, if the source does not end before.
    pub(super) fn remaining(&self) -> u64 {
        self.end.saturating_sub(self.position())
    }

    /// Goes back by `count` bytes that were read too far.
    pub(super) fn step_back(&mut self, count: usize) {
        self.next = self.position().saturating_sub(count as u64);
        self.buffer.clear();
        self.used = 0;
    }

    /// Reads exactly `out.len()` bytes.
    pub(super) fn exact(&mut self, out: &mut [u8]) -> Result<(), DecodeError> {
        self.read_exact(out).map_err(|error| DecodeError::of(&error, self.take_failure()))
    }

    /// Reads up to `N` bytes, fewer at the end.
    pub(super) fn peek<const N: usize>(&mut self) -> Result<Vec<u8>, DecodeError> {
        while self.buffer.len() - self.used < N {
            let before = self.buffer.len();
            if let Err(error) = self.refill() {
                return Err(DecodeError::Io(error));
            }
            if self.buffer.len() == before {
                break;
            }
        }
        let rest = &self.buffer[self.used..];
        Ok(rest[..rest.len().min(N)].to_vec())
    }

    /// Reads `N` bytes.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let mut bytes = [0; N];
        self.exact(&mut bytes)?;
        Ok(bytes)
    }

    /// What the operating system reported, if reading failed.
    pub(super) fn take_failure(&mut self) -> Option<io::Error> {
        self.failed.take()
    }

    /// Adds a piece to the buffer, after dropping what is used up.
    fn refill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.used);
        self.used = 0;
        let kept = self.buffer.len();
        let wanted = usize::try_from(self.end.saturating_sub(self.next)).unwrap_or(PIECE).min(PIECE);
        self.buffer.resize(kept + wanted, 0);
        match self.source.read_at(self.next, &mut self.buffer[kept..]) {
            Ok(count) => {
                self.buffer.truncate(kept + count);
                self.next += count as u64;
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
        self.used = (self.used + count).min(self.buffer.len());
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
