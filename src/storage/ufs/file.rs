//! An opened file, and a check that does without reading it.

use super::Ufs;
use super::block_map::{self, FragmentPlace};
use super::inode::Inode;
use crate::size::{to_u64, to_usize};
use crate::storage::filesystem::{Damage, FileKind, OpenFile, ReadError};
use crate::storage::in_block::InBlock;

/// How much pygrub copies at a time.
const COPIED_AT_ONCE: u64 = 1 << 20;
/// How many blocks a check looks at before it gives up: a file of 4 GiB has as many of 8 KiB.
const MOST_BLOCKS: u64 = 1 << 19;

/// A file of a UFS.
#[derive(Debug)]
pub(crate) struct UfsFile<'a> {
    ufs: &'a Ufs,
    inode: Inode,
}

/// Where a block starts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// At this byte of the disk.
    At(u64),
    /// It reads as zeros, as it should.
    Hole,
    /// It reads as zeros, and should not.
    Lost,
    /// It cannot be read.
    Unreadable,
}

/// A part of a file that lies in one piece.
struct Piece {
    start: Start,
    /// At least 1.
    length: u64,
}

impl<'a> UfsFile<'a> {
    /// The file with this inode.
    pub(crate) fn new(ufs: &'a Ufs, inode: Inode) -> Self {
        Self { ufs, inode }
    }

    fn start(&self, block: u64) -> Result<Start, ReadError> {
        self.ufs.fragments.budget().spend(block_map::LOCATE)?;
        Ok(match block_map::locate(self.ufs, &self.inode, block)? {
            FragmentPlace::Hole => Start::Hole,
            FragmentPlace::Lost => Start::Lost,
            FragmentPlace::Data(fragment) => self.ufs.fragments.address(fragment).map_or(Start::Unreadable, Start::At),
        })
    }

    /// The piece from the byte `position` on, of at most `most` bytes.
    fn piece(&self, position: u64, most: u64) -> Result<Piece, ReadError> {
        let size = u64::from(self.ufs.superblock.block_size);
        let InBlock { index: first, within, rest: mut length } = InBlock::of(position, size);
        let start = self.start(first)?;
        let after = |distance: u64| match start {
            Start::At(address) => Start::At(address.saturating_add(distance)),
            other => other,
        };
        let mut next = first.saturating_add(1);
        while length < most && self.start(next)? == after(within.saturating_add(length)) {
            length = length.saturating_add(size);
            next = next.saturating_add(1);
        }
        Ok(Piece { start: after(within), length: length.min(most) })
    }
}

impl OpenFile for UfsFile<'_> {
    fn size(&self) -> u64 {
        u64::from(self.inode.size)
    }

    fn kind(&self) -> FileKind {
        FileKind::Regular
    }

    /// A read of which any byte cannot be had gives nothing.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let rest = self.size().saturating_sub(offset);
        let wanted = buf.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
        let mut done = 0;
        while done < wanted {
            let left = &mut buf[done..wanted];
            let piece = self.piece(offset.saturating_add(to_u64(done)), to_u64(left.len()))?;
            let part = &mut left[..to_usize(piece.length)];
            done = done.saturating_add(part.len());
            match piece.start {
                Start::Hole | Start::Lost => part.fill(0),
                Start::At(address) if self.ufs.fragments.fill(address, part)? => {}
                Start::At(_) | Start::Unreadable => return Ok(0),
            }
        }
        Ok(wanted)
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        let mut position = 0_u64;
        let there = self.ufs.fragments.volume_len();
        let bad = |position: u64| {
            let reason = format!(
                "byte {position} of the file lies past the end of the image, and pygrub's plugin treats \
                 a read that fails as the end of the file"
            );
            Ok(Some(Damage { bytes: position & !(COPIED_AT_ONCE - 1), reason }))
        };
        if self.size().div_ceil(u64::from(self.ufs.superblock.block_size)) > MOST_BLOCKS {
            return Err(ReadError::Unknown("the file has too many blocks to be checked".to_owned()));
        }
        let mut lost = None;
        while position < self.size() {
            let piece = self.piece(position, self.size().saturating_sub(position))?;
            match piece.start {
                Start::At(address) if address.saturating_add(piece.length) > there => {
                    return bad(position.saturating_add(there.saturating_sub(address)));
                }
                Start::Unreadable => return bad(position),
                Start::Lost => lost = lost.or(Some(position)),
                Start::At(_) | Start::Hole => {}
            }
            position = position.saturating_add(piece.length);
        }
        Ok(lost.map(|position| Damage {
            bytes: self.size(),
            reason: format!(
                "a table of the block map cannot be read, and pygrub's plugin puts zeros for the data from byte {position} on"
            ),
        }))
    }
}
