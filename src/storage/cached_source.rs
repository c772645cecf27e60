//! A disk of which every page is read once: several drivers look at the same sectors of it, and the linter after them.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::source::Source;
use crate::size::to_u64;

/// How much is read at least. Memory that was never touched costs more than a read: superblocks are looked for in many places, and of
/// each a page is enough.
const PAGE: u64 = 4 << 10;
/// How much is read at a time where one read follows another.
const BLOCK: usize = 64 << 10;
/// How many bytes are kept.
const KEPT: usize = 8 << 20;
/// In how many pieces.
const PIECES: usize = 512;

/// A [`Source`] that remembers what it read. A read of more than four blocks goes past it, and so does one of what cannot be
/// read in full.
pub struct CachedSource {
    source: Arc<dyn Source>,
    pieces: Mutex<Pieces>,
}

#[derive(Default)]
struct Pieces {
    /// What was asked for last comes first.
    list: VecDeque<Piece>,
    /// How many bytes they have together.
    bytes: usize,
}

struct Piece {
    /// Where it begins, in bytes: at a page.
    start: u64,
    bytes: Vec<u8>,
}

impl Pieces {
    /// The bytes from `at` on, as far as they are in one piece.
    fn at(&mut self, at: u64) -> Option<&[u8]> {
        let within = |piece: &Piece| {
            let within = usize::try_from(at.checked_sub(piece.start)?).ok()?;
            (within < piece.bytes.len()).then_some(within)
        };
        let (index, within) = self.list.iter().enumerate().find_map(|(index, piece)| Some((index, within(piece)?)))?;
        if index > 0 {
            // What was asked for last is asked for next.
            let piece = self.list.remove(index)?;
            self.list.push_front(piece);
        }
        self.list.front()?.bytes.get(within..)
    }

    /// Whether something ends there that was read: then one read follows another.
    fn reach(&self, start: u64) -> bool {
        self.list.iter().any(|piece| piece.start.checked_add(to_u64(piece.bytes.len())) == Some(start))
    }

    fn keep(&mut self, piece: Piece) {
        self.bytes = self.bytes.saturating_add(piece.bytes.len());
        self.list.push_front(piece);
        while self.bytes > KEPT || self.list.len() > PIECES {
            let Some(oldest) = self.list.pop_back() else { break };
            self.bytes = self.bytes.saturating_sub(oldest.bytes.len());
        }
    }
}

impl CachedSource {
    /// Remembers what is read of `source`.
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self { source, pieces: Mutex::default() }
    }

    /// Reads the pages of the `wanted` bytes from `at` on, or as many of them as one read may have. `None` if they cannot be read in full.
    fn read(&self, pieces: &Pieces, at: u64, wanted: usize) -> Option<Piece> {
        let start = at & !(PAGE - 1);
        let end = at.checked_add(to_u64(wanted))?.checked_next_multiple_of(PAGE)?;
        let follows = start > 0 && pieces.reach(start);
        let most = if follows { to_u64(BLOCK) } else { end.saturating_sub(start).min(to_u64(BLOCK)) };
        // What was read already is not read again.
        let next = pieces.list.iter().filter_map(|piece| piece.start.checked_sub(start)).filter(|more| *more > 0).min();
        let most = next.map_or(most, |next| most.min(next));
        let length = self.source.len().checked_sub(start)?.min(most);
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        let whole = self.source.read_at(start, &mut bytes).is_ok_and(|count| count == bytes.len());
        whole.then_some(Piece { start, bytes })
    }
}

impl Source for CachedSource {
    fn len(&self) -> u64 {
        self.source.len()
    }

    fn is_block_device(&self) -> bool {
        self.source.is_block_device()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if buf.len() > 4 * BLOCK || offset >= self.source.len() {
            return self.source.read_at(offset, buf);
        }
        let mut pieces = self.pieces.lock().unwrap_or_else(PoisonError::into_inner);
        let mut done = 0;
        while done < buf.len() {
            let Some(at) = offset.checked_add(to_u64(done)).filter(|at| *at < self.source.len()) else { break };
            let left = &mut buf[done..];
            if let Some(bytes) = pieces.at(at) {
                let count = bytes.len().min(left.len());
                left[..count].copy_from_slice(&bytes[..count]);
                done = done.saturating_add(count);
                continue;
            }
            match self.read(&pieces, at, left.len()).filter(|piece| !piece.bytes.is_empty()) {
                Some(piece) => pieces.keep(piece),
                None => return Ok(done.saturating_add(self.source.read_at(at, left)?)),
            }
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_give_what_the_disk_has() {
        let disk: Vec<u8> = (0..BLOCK * 2 + 1000).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let cached = CachedSource::new(Arc::new(disk.clone()));
        for (offset, length) in [
            (0, 512),
            (4090, 20),
            (BLOCK - 10, 20),
            (BLOCK * 2 + 990, 20),
            (BLOCK * 2 + 1000, 4),
            (5, BLOCK),
            (7, BLOCK + 9),
        ] {
            let (mut one, mut two) = (vec![0; length], vec![0; length]);
            let counts = (cached.read_at(offset as u64, &mut one), disk.read_at(offset as u64, &mut two));
            assert_eq!((counts.0.unwrap(), one), (counts.1.unwrap(), two), "{offset}");
        }
        assert_eq!(cached.read_at(u64::MAX, &mut [0; 4]).unwrap(), 0);
    }

    /// Counts what is read of a disk.
    struct Counted(Vec<u8>, Mutex<Vec<(u64, usize)>>);

    impl Source for Counted {
        fn len(&self) -> u64 {
            self.0.len() as u64
        }

        fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
            self.1.lock().unwrap().push((offset, buf.len()));
            self.0.read_at(offset, buf)
        }
    }

    #[test]
    fn a_page_is_read_once_and_a_block_where_reads_follow() {
        let disk = Arc::new(Counted(vec![1; BLOCK * 4], Mutex::default()));
        let cached = CachedSource::new(Arc::clone(&disk) as Arc<dyn Source>);
        for offset in [1024, 1030, 0, 9000, 9000, 4096, 8192 + 4096, 80_000, 8192] {
            cached.read_at(offset, &mut [0; 512]).unwrap();
        }
        assert_eq!(*disk.1.lock().unwrap(), [(0, 4096), (8192, 4096), (4096, 4096), (12_288, BLOCK), (77_824, BLOCK)]);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let cached = CachedSource::new(Arc::new(vec![1; KEPT * 3]));
        for offset in (0..KEPT as u64 * 3).step_by(3 * 4096) {
            cached.read_at(offset, &mut [0; 16]).unwrap();
        }
        assert_eq!(cached.pieces.lock().unwrap().list.len(), PIECES);
        for offset in (0..KEPT as u64 * 3).step_by(BLOCK) {
            cached.read_at(offset, &mut vec![0; BLOCK]).unwrap();
        }
        let pieces = cached.pieces.lock().unwrap();
        assert!(
            pieces.bytes <= KEPT && pieces.bytes == pieces.list.iter().map(|piece| piece.bytes.len()).sum::<usize>()
        );
    }
}
