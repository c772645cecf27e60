//! The configuration that a kernel with `CONFIG_IKCONFIG=y` carries: gzip data between two marks, somewhere in the unpacked kernel.

use std::io;

use memchr::memmem;

use crate::decompress::{Compression, Input, Limits, ReadAt, decoder};
use crate::initrd::KernelConfig;
use crate::size::to_u64;

/// What is before it, with the beginning of the gzip data: the mark alone is found in other places, too.
const START: &[u8] = b"IKCFG_ST\x1f\x8b\x08";
/// What is after it.
const END: &[u8] = b"IKCFG_ED";
/// The mark without the data.
const MARK: usize = 8;
/// The most packed bytes: real ones have some 60,000.
const LONGEST: usize = 1 << 20;
/// The most unpacked bytes: real ones have some 300,000.
const LONGEST_TEXT: usize = 4 << 20;
/// How much of a file is read at a time.
const PIECE: usize = 256 << 10;

/// Looks for it in bytes that come one piece after the other.
#[derive(Debug, Default)]
pub(super) struct ConfigSearch {
    /// The last bytes, in which a mark may begin; the packed configuration from its beginning on, once it is found.
    held: Vec<u8>,
    collects: bool,
    found: Option<KernelConfig>,
}

impl ConfigSearch {
    /// Takes the next piece.
    pub(super) fn take(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while !rest.is_empty() && self.found.is_none() {
            rest = if self.collects { self.collect(rest) } else { self.find_start(rest) };
        }
    }

    /// What was found.
    pub(super) fn found(self) -> Option<KernelConfig> {
        self.found
    }

    /// Looks for the mark before it, and returns what is not looked at yet.
    fn find_start<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        // The end of the last piece, with as much of this one as a mark that begins there takes.
        let before = self.held.len();
        self.held.extend(&piece[..piece.len().min(START.len())]);
        let across = memmem::find(&self.held, START).filter(|&at| at < before);
        self.held.truncate(before);
        if let Some(at) = across {
            self.held.drain(..at);
            self.collects = true;
            return piece;
        }
        if let Some(at) = memmem::find(piece, START) {
            self.held.clear();
            self.collects = true;
            return &piece[at..];
        }
        let most = START.len().saturating_sub(1);
        if piece.len() >= most {
            self.held.clear();
        }
        self.held.extend(&piece[piece.len().saturating_sub(most)..]);
        let surplus = self.held.len().saturating_sub(most);
        self.held.drain(..surplus);
        &[]
    }

    /// Takes what may be of it, and returns what comes after it.
    fn collect<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        let before = self.held.len();
        let taken = piece.len().min(LONGEST.saturating_sub(before));
        self.held.extend(&piece[..taken]);
        let from = before.saturating_sub(END.len());
        let end = memmem::find(self.held.get(from..).unwrap_or_default(), END).map(|at| from.saturating_add(at));
        let Some(end) = end else {
            if self.held.len() >= LONGEST {
                // It is none. These bytes are not looked through again.
                self.held = Vec::new();
                self.collects = false;
            }
            return &piece[taken..];
        };
        self.found = read(self.held.get(MARK..end).unwrap_or_default());
        self.held = Vec::new();
        self.collects = false;
        &piece[end.saturating_add(END.len()).saturating_sub(before).min(piece.len())..]
    }
}

/// The configuration that this gzip data has.
fn read(packed: &[u8]) -> Option<KernelConfig> {
    let mut input = Input::new(&packed, 0, to_u64(packed.len()));
    let limits = Limits { output: to_u64(LONGEST_TEXT), ..Limits::default() };
    let mut gzip = decoder(Compression::Gzip, &mut input, limits);
    let (mut text, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        match gzip.read(&mut piece).ok()? {
            0 => return KernelConfig::read(&text),
            count if text.len().saturating_add(count) > LONGEST_TEXT => return None,
            count => text.extend(&piece[..count]),
        }
    }
}

/// Looks for it in a part of a file.
pub(super) fn find(file: &dyn ReadAt, start: u64, size: u64) -> io::Result<Option<KernelConfig>> {
    let mut search = ConfigSearch::default();
    let mut piece = vec![0; PIECE];
    let mut done = 0_u64;
    while done < size && search.found.is_none() {
        let count = usize::try_from(size.saturating_sub(done)).unwrap_or(PIECE).min(PIECE);
        let count = file.read_at(start.saturating_add(done), &mut piece[..count])?;
        if count == 0 {
            break;
        }
        search.take(&piece[..count]);
        done = done.saturating_add(to_u64(count));
    }
    Ok(search.found())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::initrd::OptionState;

    fn packed(text: &str) -> Vec<u8> {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        [&b"IKCFG_ST"[..], &gzip.finish().unwrap(), b"IKCFG_ED"].concat()
    }

    fn kernel() -> Vec<u8> {
        let text = "#\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_ZSTD=y\nCONFIG_XEN_BLKDEV_FRONTEND=y\n";
        [&b"IKCFG_ST is looked for, IKCFG_ED too. IKCFG_ST\x1f\x8b\x08 no data IKCFG_ED"[..], &packed(text), b"more"]
            .concat()
    }

    #[test]
    fn found_in_pieces_of_any_length() {
        let kernel = kernel();
        for length in 1..kernel.len() + 1 {
            let mut search = ConfigSearch::default();
            kernel.chunks(length).for_each(|piece| search.take(piece));
            let found = search.found().unwrap_or_else(|| panic!("pieces of {length}"));
            assert!(found.unpacks(Compression::Zstd) && !found.unpacks(Compression::Gzip));
            assert_eq!(found.block_frontend(), OptionState::BuiltIn);
        }
    }

    #[test]
    fn nothing_is_found_where_it_is_cut_or_too_long() {
        let kernel = kernel();
        let whole = |bytes: &[u8]| find(&bytes, 0, bytes.len() as u64).unwrap();
        assert!(whole(&kernel).is_some());
        assert!(whole(&kernel[..kernel.len() - 5]).is_none());
        let far = [packed("\n").split_off(0).split_at(20).0, &vec![7; LONGEST][..], b"IKCFG_ED"].concat();
        assert!(whole(&far).is_none());
        assert!(whole(&packed(&"\nCONFIG_A=y".repeat(1 << 19))).is_none());
    }
}
