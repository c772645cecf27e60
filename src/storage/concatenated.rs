//! Disks of several parts, and parts of disks.

use std::io;
use std::sync::Arc;

use super::source::{Source, read_padded};

/// A part of a disk.
pub(super) struct Part {
    /// Where it begins on the disk, in bytes.
    pub start: u64,
    pub length: u64,
    pub source: Arc<dyn Source>,
}

/// Parts one after the other.
pub(super) struct Concatenated {
    parts: Vec<Part>,
}

impl Concatenated {
    pub(super) fn new(parts: Vec<Part>) -> Self {
        Self { parts }
    }
}

impl Source for Concatenated {
    fn len(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.start.saturating_add(part.length))
    }

    fn is_block_device(&self) -> bool {
        true
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while done < buf.len() {
            let at = offset.saturating_add(done as u64);
            let index = self.parts.partition_point(|part| part.start.saturating_add(part.length) <= at);
            let Some(part) = self.parts.get(index) else { break };
            let within = at - part.start;
            let rest = usize::try_from(part.length - within).unwrap_or(usize::MAX);
            let count = rest.min(buf.len() - done);
            read_padded(&*part.source, within, &mut buf[done..done + count])?;
            done += count;
        }
        Ok(done)
    }
}

/// A stretch of a disk, or of zeros.
pub(super) struct Window {
    source: Option<Arc<dyn Source>>,
    start: u64,
    length: u64,
}

impl Window {
    pub(super) fn new(source: Arc<dyn Source>, start: u64, length: u64) -> Self {
        Self { source: Some(source), start, length }
    }

    pub(super) fn zeros(length: u64) -> Self {
        Self { source: None, start: 0, length }
    }
}

impl Source for Window {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let available = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = available.min(buf.len());
        match &self.source {
            Some(source) => read_padded(&**source, self.start.saturating_add(offset), &mut buf[..count])?,
            None => buf[..count].fill(0),
        }
        Ok(count)
    }
}
