//! Disks of several parts, and parts of disks.

use std::io;
use std::sync::Arc;

use super::source::{Source, read_padded};
use crate::size::{to_u64, to_usize};

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
            let at = offset.saturating_add(to_u64(done));
            let index = self.parts.partition_point(|part| part.start.saturating_add(part.length) <= at);
            let Some(part) = self.parts.get(index) else { break };
            let within = at.saturating_sub(part.start);
            let left = &mut buf[done..];
            let count = left.len().min(to_usize(part.length.saturating_sub(within)));
            read_padded(&*part.source, within, &mut left[..count])?;
            done = done.saturating_add(count);
        }
        Ok(done)
    }
}

/// A stretch of a disk, or of zeros.
pub(super) struct DiskWindow {
    source: Option<Arc<dyn Source>>,
    start: u64,
    length: u64,
}

impl DiskWindow {
    pub(super) fn new(source: Arc<dyn Source>, start: u64, length: u64) -> Self {
        Self { source: Some(source), start, length }
    }

    pub(super) fn zeros(length: u64) -> Self {
        Self { source: None, start: 0, length }
    }
}

impl Source for DiskWindow {
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
