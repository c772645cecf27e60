//! The bytes of an initrd, read once from the beginning to the end, with their position.

use std::io::{self, Read};

/// How much is read at a time.
const PIECE: usize = 64 * 1024;

/// A reader that knows where it is, shows what comes, and keeps an error of the disk apart from what is wrong with the data.
pub struct Input<'a> {
    source: &'a mut dyn Read,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    position: u64,
    error: Option<io::Error>,
    trailer: Option<[u8; 8]>,
}

impl<'a> Input<'a> {
    /// At the beginning of `source`.
    pub fn new(source: &'a mut dyn Read) -> Self {
        Self { source, buffer: vec![0; 2 * PIECE], start: 0, end: 0, position: 0, error: None, trailer: None }
    }

    /// Bytes that were taken so far.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// What comes next: at least one byte, and none only at the end or where the source cannot be read.
    pub fn piece(&mut self) -> &[u8] {
        self.ahead(1)
    }

    /// What comes next: at least `count` bytes (of at most 64 KiB), unless the end comes before.
    pub fn ahead(&mut self, count: usize) -> &[u8] {
        let count = count.min(PIECE);
        if self.end - self.start < count {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            while self.end < count && self.error.is_none() {
                match self.source.read(&mut self.buffer[self.end..]) {
                    Ok(0) => break,
                    Ok(read) => self.end = (self.end + read).min(self.buffer.len()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => self.error = Some(error),
                }
            }
        }
        &self.buffer[self.start..self.end]
    }

    /// Takes this many bytes of those that were shown.
    pub fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.position += count as u64;
    }

    /// Takes this many bytes, and returns how many there were.
    pub fn skip(&mut self, mut count: u64) -> u64 {
        let before = self.position;
        while count > 0 {
            let there = self.piece().len() as u64;
            if there == 0 {
                break;
            }
            let now = there.min(count);
            self.consume(now as usize);
            count -= now;
        }
        self.position - before
    }

    /// Fills `bytes` as far as the source goes, and returns how many there were.
    pub fn fill(&mut self, bytes: &mut [u8]) -> usize {
        let mut done = 0;
        while done < bytes.len() {
            let piece = self.piece();
            let now = piece.len().min(bytes.len() - done);
            if now == 0 {
                break;
            }
            bytes[done..done + now].copy_from_slice(&piece[..now]);
            self.consume(now);
            done += now;
        }
        done
    }

    /// A number of four bytes, most significant first; nothing where the source ends before.
    pub fn big_endian(&mut self) -> Option<u32> {
        let mut bytes = [0; 4];
        (self.fill(&mut bytes) == 4).then(|| u32::from_be_bytes(bytes))
    }

    /// Whether all was taken.
    pub fn at_end(&mut self) -> bool {
        self.piece().is_empty()
    }

    /// Keeps the eight bytes after a gzip member's data.
    pub(super) fn set_last_trailer(&mut self, trailer: [u8; 8]) {
        self.trailer = Some(trailer);
    }

    /// Sum and size at the end of the gzip member that was unpacked last. The kernel does not look at them, libxenguest does.
    pub fn last_trailer(&self) -> Option<(u32, u32)> {
        let [a, b, c, d, e, f, g, h] = self.trailer?;
        Some((u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])))
    }

    /// The error of the disk that ended reading.
    pub fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }
}

/// For decoders that read by themselves. They get an end where the source cannot be read.
impl Read for Input<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let piece = self.piece();
        let count = piece.len().min(buf.len());
        buf[..count].copy_from_slice(&piece[..count]);
        self.consume(count);
        Ok(count)
    }
}
