//! Output that is kept for looking back.
//!
//! Every number here is a length of something in memory, so that no sum wraps; `wrapping_` is what the innermost loops do not pay for.

use super::DecodeError;
use crate::size::to_u64;

/// The last bytes of the output, some of them not handed out yet.
///
/// The buffer is longer than what is in it, so that short pieces are copied in one step of [`STEP`] bytes whatever their length.
pub(super) struct OutputWindow {
    buffer: Vec<u8>,
    /// The end of the output in the buffer.
    end: usize,
    /// How much of the buffer was handed out.
    given: usize,
    /// How many bytes must stay, handed out or not.
    keep: usize,
    /// Bytes that were dropped from the front.
    dropped: u64,
}

/// How many bytes are copied at once.
const STEP: usize = 16;
/// How much more than it must keep a window holds before it drops what is old, at least.
const SLACK: usize = 1 << 20;

impl OutputWindow {
    pub(super) fn new(keep: usize) -> Self {
        let mut window = Self { buffer: Vec::new(), end: 0, given: 0, keep: 0, dropped: 0 };
        window.restart(keep);
        window
    }

    /// Forgets all output, which must have been handed out, and keeps `keep` bytes from now on.
    pub(super) fn restart(&mut self, keep: usize) {
        self.dropped = self.total();
        (self.end, self.given, self.keep) = (0, 0, keep);
        let length = keep.saturating_add(SLACK.max(keep / 8));
        if keep > 0 && self.buffer.len() < length {
            // Memory that is never written to is never taken.
            self.buffer = vec![0; length];
        }
    }

    /// Bytes of output so far.
    pub(super) fn total(&self) -> u64 {
        self.dropped.saturating_add(to_u64(self.end))
    }

    /// Bytes of output that can still be looked at.
    pub(super) fn held(&self) -> usize {
        self.end
    }

    /// Bytes that are not handed out yet.
    pub(super) fn pending(&self) -> usize {
        self.end.wrapping_sub(self.given)
    }

    /// Hands out as much as fits into `out`.
    pub(super) fn give(&mut self, out: &mut [u8]) -> usize {
        let rest = &self.buffer[self.given..self.end];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.given = self.given.wrapping_add(count);
        count
    }

    /// What was put out last: the output from its `total`-th byte on.
    pub(super) fn since(&self, total: u64) -> &[u8] {
        let start = usize::try_from(total.saturating_sub(self.dropped)).unwrap_or(self.end).min(self.end);
        &self.buffer[start..self.end]
    }

    /// Makes room for `count` bytes and a step more.
    #[inline]
    pub(super) fn reserve(&mut self, count: usize) {
        if self.buffer.len().wrapping_sub(self.end) < count.saturating_add(STEP) {
            self.make_room(count);
        }
    }

    #[cold]
    fn make_room(&mut self, count: usize) {
        let old = self.given.min(self.end.saturating_sub(self.keep));
        self.buffer.copy_within(old..self.end, 0);
        self.end = self.end.saturating_sub(old);
        self.given = self.given.saturating_sub(old);
        self.dropped = self.dropped.saturating_add(to_u64(old));
        let needed = self.end.saturating_add(count).saturating_add(STEP);
        if self.buffer.len() < needed {
            self.buffer.resize(needed.saturating_add(SLACK), 0);
        }
    }

    /// Loads the bytes that stand at these distances from the end, so that those in no cache come at the same time.
    #[inline(always)]
    pub(super) fn touch(&self, distances: impl Iterator<Item = usize>) {
        let mut all = 0;
        for distance in distances {
            all ^= self.buffer.get(self.end.wrapping_sub(distance)).copied().unwrap_or_default();
        }
        std::hint::black_box(all);
    }

    /// Appends `bytes`.
    #[inline]
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.reserve(bytes.len());
        let end = self.end.wrapping_add(bytes.len());
        self.buffer[self.end..end].copy_from_slice(bytes);
        self.end = end;
    }

    /// Appends the first `length` bytes of `bytes`, which mostly has more of them; `false` if it has less.
    #[inline(always)]
    pub(super) fn append_start(&mut self, bytes: &[u8], length: usize) -> bool {
        self.reserve(length);
        if length <= STEP
            && let (Some(from), Some(to)) =
                (bytes.first_chunk::<STEP>(), self.buffer[self.end..].first_chunk_mut::<STEP>())
        {
            *to = *from;
            self.end = self.end.wrapping_add(length);
            return true;
        }
        let Some(bytes) = bytes.get(..length) else { return false };
        self.append(bytes);
        true
    }

    /// Appends `count` bytes that `fill` writes.
    pub(super) fn append_with<E>(
        &mut self,
        count: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.reserve(count);
        let end = self.end.wrapping_add(count);
        fill(&mut self.buffer[self.end..end])?;
        self.end = end;
        Ok(())
    }

    /// Appends `length` bytes that stand `distance` bytes back, which may reach into what is appended.
    #[inline(always)]
    pub(super) fn repeat(&mut self, distance: usize, length: usize) -> Result<(), DecodeError> {
        if distance == 0 || distance > self.end {
            return Err(DecodeError::damaged("it refers to data before its beginning"));
        }
        self.reserve(length);
        let (start, end) = (self.end.wrapping_sub(distance), self.end);
        self.end = end.wrapping_add(length);
        if distance < STEP {
            self.repeat_near(start, end, length);
            return Ok(());
        }
        let mut done = 0;
        while done < length {
            let (before, room) = self.buffer.split_at_mut(end.wrapping_add(done));
            let before = &before[start.wrapping_add(done)..];
            let (Some(from), Some(to)) = (before.first_chunk::<STEP>(), room.first_chunk_mut::<STEP>()) else {
                return Err(DecodeError::damaged("it refers to data before its beginning"));
            };
            *to = *from;
            done = done.wrapping_add(STEP);
        }
        Ok(())
    }

    /// As [`repeat`](Self::repeat), from `start` to `end`, which lie less than a step apart: what was repeated is repeated in turn.
    fn repeat_near(&mut self, start: usize, end: usize, length: usize) {
        let distance = end.wrapping_sub(start);
        if distance == 1 {
            let byte = self.buffer[start];
            self.buffer[end..][..length].fill(byte);
            return;
        }
        let mut done = 0_usize;
        while done < length {
            let count = distance.wrapping_add(done).min(length.wrapping_sub(done));
            self.buffer.copy_within(start..start.wrapping_add(count), end.wrapping_add(done));
            done = done.wrapping_add(count);
        }
    }
}
