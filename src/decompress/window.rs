//! Output that is kept for looking back.

use super::DecodeError;

/// The last bytes of the output, some of them not handed out yet.
pub(super) struct Window {
    buffer: Vec<u8>,
    /// How much of the buffer was handed out.
    given: usize,
    /// How many bytes must stay, handed out or not.
    keep: usize,
    /// Bytes that were dropped from the front.
    dropped: u64,
}

/// How much more than it must keep a window holds before it drops what is old, at least.
const SLACK: usize = 1 << 20;

impl Window {
    pub(super) fn new(keep: usize) -> Self {
        Self { buffer: Vec::new(), given: 0, keep, dropped: 0 }
    }

    /// Forgets all output, which must have been handed out, and keeps `keep` bytes from now on.
    pub(super) fn restart(&mut self, keep: usize) {
        self.dropped += self.buffer.len() as u64;
        self.buffer.clear();
        self.given = 0;
        self.keep = keep;
    }

    /// Bytes of output so far.
    pub(super) fn total(&self) -> u64 {
        self.dropped + self.buffer.len() as u64
    }

    /// Bytes that are not handed out yet.
    pub(super) fn pending(&self) -> usize {
        self.buffer.len() - self.given
    }

    /// Hands out as much as fits into `out`.
    pub(super) fn give(&mut self, out: &mut [u8]) -> usize {
        let rest = &self.buffer[self.given..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        let old = self.given.min(self.buffer.len().saturating_sub(self.keep));
        if old >= SLACK.max(self.keep / 2) {
            self.buffer.drain(..old);
            self.given -= old;
            self.dropped += old as u64;
        }
        count
    }

    /// Where new output is appended.
    pub(super) fn output(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Appends `length` bytes that stand `distance` bytes back.
    pub(super) fn repeat(&mut self, distance: usize, length: usize) -> Result<(), DecodeError> {
        repeat(&mut self.buffer, distance, length)
    }
}

/// Appends `length` bytes that stand `distance` bytes back in `buffer`, which may reach into what is appended.
#[inline]
pub(super) fn repeat(buffer: &mut Vec<u8>, distance: usize, length: usize) -> Result<(), DecodeError> {
    let Some(start) = buffer.len().checked_sub(distance).filter(|_| distance > 0) else {
        return Err(DecodeError::damaged("it refers to data before its beginning"));
    };
    if distance >= length {
        buffer.extend_from_within(start..start + length);
        return Ok(());
    }
    // What is repeated doubles with every copy.
    let mut left = length;
    while left > 0 {
        let count = (buffer.len() - start).min(left);
        buffer.extend_from_within(start..start + count);
        left -= count;
    }
    Ok(())
}
