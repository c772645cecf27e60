//! The file allocation table: for each cluster the one that follows it.

use std::cell::RefCell;
use std::io;

use super::bios_parameter_block::{SECTOR, Width};
use crate::size::to_usize;
use crate::storage::source::Volume;

/// How much of the table is read at once, and how many such pieces are kept: enough for a chain that goes on, small
/// enough for one that jumps.
const PIECE: u64 = 4096;
const KEPT: usize = 8;
/// How much of the table the plugin reads at once, from the start of a sector.
const PLUGIN_PIECE: u64 = 4 * SECTOR;

/// What the table says of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// This cluster follows. Its number lies within the filesystem.
    Next(i32),
    /// It is the last one.
    End,
    /// No cluster has this number: free, reserved, bad or too large.
    Bad(i32),
    /// The image has not all that the plugin reads at once. It fails then, but next time it takes what its memory holds.
    Unknown,
}

/// The table that is in use.
#[derive(Debug)]
pub(crate) struct AllocationTable {
    volume: Volume,
    /// In bytes.
    start: u64,
    width: Width,
    /// Clusters have numbers below this.
    clusters: i32,
    /// Pieces by their number, most recently used last.
    pieces: RefCell<Vec<(u64, Box<[u8]>)>>,
}

impl AllocationTable {
    /// The table that begins at the byte `start` of the volume.
    pub(crate) fn new(volume: Volume, start: u64, width: Width, clusters: i32) -> Self {
        Self { volume, start, width, clusters, pieces: RefCell::new(Vec::with_capacity(KEPT)) }
    }

    /// What follows `cluster`. The plugin asks this of any number, and counts half bytes in 32 bits with a sign.
    pub(crate) fn link(&self, cluster: i32) -> io::Result<Link> {
        let nibble = cluster.wrapping_mul(self.width.nibbles());
        // In front of the table, or near the end of the image.
        let Ok(byte) = u64::try_from(nibble >> 1) else { return Ok(Link::Unknown) };
        let position = self.start.saturating_add(byte);
        if (position & !(SECTOR - 1)).saturating_add(PLUGIN_PIECE) > self.volume.len() {
            return Ok(Link::Unknown);
        }
        let length = if self.width == Width::Fat32 { 4 } else { 2 };
        let mut entry = [0; 4];
        for (place, byte) in (position..).zip(entry.iter_mut().take(length)) {
            *byte = self.byte(place)?;
        }
        let entry = i32::from_le_bytes(entry);
        let (value, end) = match self.width {
            Width::Fat12 if nibble & 1 == 1 => (entry >> 4, 0xff8),
            Width::Fat12 => (entry & 0xfff, 0xff8),
            Width::Fat16 => (entry, 0xfff8),
            // All 32 bits, with a sign: the upper four are not masked out.
            Width::Fat32 => (entry, 0x0fff_fff8),
        };
        Ok(if value >= end {
            Link::End
        } else if value < 2 || value >= self.clusters {
            Link::Bad(value)
        } else {
            Link::Next(value)
        })
    }

    fn byte(&self, position: u64) -> io::Result<u8> {
        let number = position / PIECE;
        let within = to_usize(position % PIECE);
        let mut pieces = self.pieces.borrow_mut();
        match pieces.iter().rposition(|(kept, _)| *kept == number) {
            Some(index) if index.saturating_add(1) == pieces.len() => {}
            Some(index) => pieces[index..].rotate_left(1),
            None => {
                // What lies past the end stays zero, and nobody asks for it.
                let mut piece = vec![0; to_usize(PIECE)].into_boxed_slice();
                self.volume.read_at(number.saturating_mul(PIECE), &mut piece)?;
                self.volume.budget().charge_read(PIECE);
                if pieces.len() == KEPT {
                    pieces.remove(0);
                }
                pieces.push((number, piece));
            }
        }
        Ok(pieces.last().map_or(0, |(_, piece)| piece[within]))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn table(width: Width, bytes: &[u8]) -> AllocationTable {
        let mut image = bytes.to_vec();
        image.resize(4096, 0);
        AllocationTable::new(Volume::new(Arc::new(image), 0), 0, width, 100)
    }

    #[test]
    fn entries_of_twelve_bits_share_a_byte() {
        let table = table(Width::Fat12, &[0xf8, 0xff, 0xff, 0x03, 0x40, 0x00, 0x07, 0xf0, 0xff]);
        let links: Vec<Link> = (0..6).map(|cluster| table.link(cluster).unwrap()).collect();
        assert_eq!(links, [Link::End, Link::End, Link::Next(3), Link::Next(4), Link::Next(7), Link::End]);
    }

    #[test]
    fn the_upper_bits_of_fat32_count() {
        let table = table(Width::Fat32, &[0xf8, 0xff, 0xff, 0x0f, 3, 0, 0, 0x10, 3, 0, 0, 0xf0, 3, 0, 0, 0]);
        let links: Vec<Link> = (0..4).map(|cluster| table.link(cluster).unwrap()).collect();
        assert_eq!(links, [Link::End, Link::End, Link::Bad(-0x0fff_fffd), Link::Next(3)]);
        assert_eq!(table.link(640).unwrap(), Link::Unknown);
        assert_eq!(table.link(-5).unwrap(), Link::Unknown);
    }
}
