//! A disk whose pieces lie in a file by a map: the reading that all formats share.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::damaged_read;
use crate::size::{to_u64, to_usize};
use crate::storage::source::{Source, read_padded};

/// Where a piece of the disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PiecePlace {
    /// Nowhere: it is zeros.
    Zeros,
    /// In the image that this one is based on; zeros where there is none.
    Parent,
    /// At this offset of the file with the data.
    At(u64),
    /// In what a compressed piece unpacks to, from this byte on.
    Packed(PackedPiece, u64),
}

/// A compressed piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PackedPiece {
    /// Its offset in the file.
    pub start: u64,
    /// How many bytes it has at most.
    pub length: u64,
}

/// Where the disk goes on from an offset, and for how many bytes that holds: at least one.
#[derive(Clone, Copy, Debug)]
pub(super) struct MappedPiece {
    pub place: PiecePlace,
    pub length: u64,
}

/// The map of an image.
pub(super) trait Map: Send + Sync {
    /// The length of the disk in bytes.
    fn len(&self) -> u64;

    /// Where the byte `offset`, which lies on the disk, is.
    fn piece(&self, offset: u64) -> io::Result<MappedPiece>;

    /// Unpacks a piece.
    fn unpack(&self, packed: PackedPiece) -> io::Result<Vec<u8>> {
        let _ = packed;
        Err(damaged_read("a piece is marked as compressed"))
    }
}

/// What a piece unpacked to.
struct Unpacked {
    /// Of which image.
    image: u64,
    /// The piece's offset in its file.
    start: u64,
    bytes: Arc<[u8]>,
}

/// How many bytes are unpacked of one chain: much more than finding a kernel takes, and a limit for one that is made to keep its
/// reader busy.
const UNPACKED_AT_MOST: u64 = 8 << 30;

/// How often the maps of one chain are asked. A chain of 64 images with clusters of 512 bytes has 8,192 answers for each 64 KiB that are
/// read; with usual clusters this is enough for gigabytes.
const ASKED_AT_MOST: u64 = 1 << 20;

/// A disk that is read through the map of its image.
pub(super) struct Mapped<M> {
    pub map: M,
    /// The file with the data.
    pub data: Arc<dyn Source>,
    /// The disk that this one is based on.
    pub parent: Option<Arc<dyn Source>>,
    /// What all images of the chain have done.
    unpacking: Arc<UnpackedPiece>,
    /// Which of them this one is.
    number: u64,
}

/// The piece that was unpacked last, of which image, and how much was done in all: one for a whole chain.
#[derive(Default)]
pub(super) struct UnpackedPiece {
    last: Mutex<Option<Unpacked>>,
    bytes: AtomicU64,
    images: AtomicU64,
    asked: AtomicU64,
}

impl<M: Map> Mapped<M> {
    pub(super) fn new(
        map: M,
        data: Arc<dyn Source>,
        parent: Option<Arc<dyn Source>>,
        unpacking: Arc<UnpackedPiece>,
    ) -> Self {
        let number = unpacking.images.fetch_add(1, Ordering::Relaxed);
        Self { map, data, parent, unpacking, number }
    }

    /// What the map says of the bytes at `offset`.
    fn piece(&self, offset: u64) -> io::Result<MappedPiece> {
        if self.unpacking.asked.fetch_add(1, Ordering::Relaxed) >= ASKED_AT_MOST {
            let why = "reading it takes more work than pregrub puts into an image: if you made all of it, merge it with what it \
                       stands on";
            return Err(io::Error::other(why));
        }
        self.map.piece(offset)
    }

    /// What a compressed piece unpacks to.
    fn unpacked(&self, packed: PackedPiece) -> io::Result<Arc<[u8]>> {
        let mut last = self.unpacking.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(unpacked) = &*last
            && (unpacked.image, unpacked.start) == (self.number, packed.start)
        {
            return Ok(Arc::clone(&unpacked.bytes));
        }
        let bytes: Arc<[u8]> = self.map.unpack(packed)?.into();
        let before = self.unpacking.bytes.fetch_add(to_u64(bytes.len()), Ordering::Relaxed);
        if before > UNPACKED_AT_MOST {
            return Err(io::Error::other(
                "the same compressed pieces are read again and again: unpack the image first",
            ));
        }
        *last = Some(Unpacked { image: self.number, start: packed.start, bytes: Arc::clone(&bytes) });
        Ok(bytes)
    }

    fn fill(&self, place: PiecePlace, offset: u64, out: &mut [u8]) -> io::Result<()> {
        match place {
            PiecePlace::Zeros => out.fill(0),
            PiecePlace::Parent => match &self.parent {
                Some(parent) => read_padded(&**parent, offset, out)?,
                None => out.fill(0),
            },
            PiecePlace::At(at) => read_padded(&*self.data, at, out)?,
            PiecePlace::Packed(packed, within) => {
                let bytes = self.unpacked(packed)?;
                let from = usize::try_from(within).unwrap_or(usize::MAX).min(bytes.len());
                let available = &bytes[from..];
                let count = available.len().min(out.len());
                out[..count].copy_from_slice(&available[..count]);
                out[count..].fill(0);
            }
        }
        Ok(())
    }
}

impl<M: Map> Source for Mapped<M> {
    fn len(&self) -> u64 {
        self.map.len()
    }

    /// What gives pygrub the raw view of such an image is a block device: of tapdisk, of qemu-nbd, of libxl's attachment.
    fn is_block_device(&self) -> bool {
        true
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let available = self.map.len().saturating_sub(offset);
        let wanted = to_usize(available).min(buf.len());
        let mut done = 0;
        while done < wanted {
            let at = offset.saturating_add(to_u64(done));
            let piece = self.piece(at)?;
            let left = &mut buf[done..wanted];
            let length = to_usize(piece.length).clamp(1, left.len());
            self.fill(piece.place, at, &mut left[..length])?;
            done = done.saturating_add(length);
        }
        Ok(wanted)
    }
}

/// Reads `length` bytes of a table or header; fewer at the end of the file.
pub(super) fn read_some(source: &dyn Source, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    let count = source.read_at(offset, &mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// Reads `N` bytes of a table. `None` where the file ends before.
pub(super) fn read_array<const N: usize>(source: &dyn Source, offset: u64) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    Ok((source.read_at(offset, &mut bytes)? == N).then_some(bytes))
}
