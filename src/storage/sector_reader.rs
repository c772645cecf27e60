//! Reads as libfsimage does them for its GRUB plugins: by sectors, 32 bits of sector number and 32 bits of byte offset.

use std::cell::RefCell;
use std::io;

use crate::size::{to_u64, to_usize};
use crate::storage::budget::Budget;
use crate::storage::source::Volume;

const SECTOR: u64 = 512;

/// The disk as a plugin sees it.
#[derive(Debug)]
pub(crate) struct SectorReader {
    volume: Volume,
    /// The last sectors that were read for a small structure, and where they lie.
    window: RefCell<(u64, Vec<u8>)>,
}

/// Directories are read a few bytes at a time: reads shorter than this come from a window of that length.
const WINDOW: u64 = 4096;

impl SectorReader {
    /// The disk from the start of `volume` on.
    pub(crate) fn new(volume: Volume) -> Self {
        Self { volume, window: RefCell::default() }
    }

    /// What may still be done on the disk.
    pub(crate) fn budget(&self) -> &Budget {
        self.volume.budget()
    }

    /// How many bytes the disk has.
    pub(crate) fn length(&self) -> u64 {
        self.volume.len()
    }

    /// The byte where a read begins that is given by a sector and a byte offset. Both are cut to 32 bits.
    pub(crate) fn place(sector: u64, offset: u64) -> u64 {
        (sector & 0xffff_ffff).saturating_mul(SECTOR).saturating_add(offset & 0xffff_ffff)
    }

    /// How many of `length` bytes from the byte `place` on arrive. The first and the last sector arrive as far as they are
    /// wanted or not at all, those between as far as the image goes; after the first failure nothing is tried.
    pub(crate) fn available(&self, place: u64, length: u64) -> u64 {
        let end = place.saturating_add(length);
        if end <= self.volume.len() {
            return length;
        }
        let skip = place % SECTOR;
        let head = if skip == 0 { 0 } else { length.min(SECTOR.saturating_sub(skip)) };
        let body = length.saturating_sub(head) & !(SECTOR - 1);
        let there = self.volume.len().saturating_sub(place);
        there.checked_sub(head).map_or(0, |there| head.saturating_add(body.min(there)))
    }

    /// Reads into `buf` from the byte `place` on, zeros where nothing arrives. Whether all arrived.
    pub(crate) fn read(&self, place: u64, buf: &mut [u8]) -> io::Result<bool> {
        let wanted = buf.len();
        let available = to_usize(self.available(place, to_u64(wanted))).min(wanted);
        let read = self.read_there(place, &mut buf[..available])?;
        buf[read..].fill(0);
        Ok(read == wanted)
    }

    fn read_there(&self, place: u64, buf: &mut [u8]) -> io::Result<usize> {
        let skip = to_usize(place % WINDOW);
        if skip.saturating_add(buf.len()) > to_usize(WINDOW) {
            return self.volume.read_at(place, buf);
        }
        let mut window = self.window.borrow_mut();
        let start = place & !(WINDOW - 1);
        if window.0 != start || window.1.is_empty() {
            self.budget().charge_read(WINDOW);
            let mut bytes = vec![0; to_usize(WINDOW)];
            let count = self.volume.read_at(start, &mut bytes)?;
            bytes.truncate(count);
            *window = (start, bytes);
        }
        let there = window.1.get(skip..).unwrap_or_default();
        let count = there.len().min(buf.len());
        buf[..count].copy_from_slice(&there[..count]);
        Ok(count)
    }
}
