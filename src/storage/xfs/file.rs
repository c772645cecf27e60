//! An open file: what pygrub copies, and whether that is the file.

use super::Xfs;
use super::content::{ContentPiece, InodeContent, NoContent};
use super::inode::Inode;
use crate::size::{to_u64, to_usize};
use crate::storage::driver_error::DriverError;
use crate::storage::filesystem::{Damage, FileKind, OpenFile, ReadError};

/// pygrub copies in reads of this many bytes.
const COPY: u64 = 1 << 20;

/// So far after the buffer there is in any case memory that must not be written.
const SURELY_FATAL: u64 = 64 << 20;

/// A file of XFS.
#[derive(Debug)]
pub(crate) struct XfsFile<'a> {
    xfs: &'a Xfs,
    size: u64,
    content: Option<InodeContent>,
}

impl<'a> XfsFile<'a> {
    pub(crate) fn new(xfs: &'a Xfs, inode: Inode) -> Result<Self, DriverError> {
        let size = inode.size();
        // Nothing is read of an empty file.
        let content = if size == 0 { None } else { Some(InodeContent::of(xfs, inode)?) };
        Ok(Self { xfs, size, content })
    }

    /// One call of the plugin's reader, cut to the length of the file.
    fn wanted(&self, position: u64, length: u64) -> Result<u64, ReadError> {
        let wanted = length.min(self.size.saturating_sub(position));
        if i32::try_from(wanted).is_err() {
            return Err(ReadError::Unknown("the plugin counts bytes of one read in 32 bits".to_owned()));
        }
        Ok(wanted)
    }

    /// Follows a copy in reads of 1 MiB without reading data.
    fn follow(&self, content: &InodeContent) -> Result<Option<Damage>, ReadError> {
        let InodeContent::Mapped(extents) = content else { return Ok(None) };
        let xfs = self.xfs;
        let log = xfs.superblock.block_log;
        let mut damage = None;
        // Where the extents follow each other without a gap, every call finds its data.
        let (mut index, mut position, mut dense) = (0_usize, 0, true);
        while position << log < self.size {
            let Some(extent) = extents.get(xfs, index).map_err(undetermined)? else {
                dense = false;
                break;
            };
            if extent.offset != position || extent.length == 0 {
                dense = false;
                break;
            }
            let length = (extent.length << log).min(self.size.saturating_sub(position << log));
            note(xfs, &mut damage, position << log, extent.start, length, extent.unwritten);
            position = extent.end();
            index = index.saturating_add(1);
        }
        if dense {
            return Ok(damage.map(|reason| Damage { bytes: self.size, reason }));
        }
        damage = None;
        let mut position = 0_u64;
        loop {
            let mut left = COPY;
            while left > 0 {
                let wanted = self.wanted(position, left)?;
                let mut pieces = Vec::new();
                let count = InodeContent::call(xfs, extents, position, wanted, self.size, &mut |at, piece| {
                    pieces.push((at, piece))
                })
                .map_err(trouble)?;
                for (at, piece) in pieces {
                    self.judge(extents, at, piece, &mut damage)?;
                }
                position = position.wrapping_add(count);
                left = left.saturating_sub(count);
                if count == 0 {
                    break;
                }
            }
            if left == COPY {
                break;
            }
        }
        if position < self.size {
            let reason = format!(
                "the file has holes, which pygrub's XFS driver mishandles: it ends at byte {position} of {}",
                self.size
            );
            return Ok(Some(Damage { bytes: position, reason }));
        }
        Ok(damage.map(|reason| Damage { bytes: position, reason }))
    }

    /// Whether a piece of a copy is what the file has there.
    fn judge(
        &self,
        extents: &super::extent::Extents,
        at: u64,
        piece: ContentPiece,
        damage: &mut Option<String>,
    ) -> Result<(), ReadError> {
        let log = self.xfs.superblock.block_log;
        if damage.is_some() {
            return Ok(());
        }
        // A piece without a byte, as only a damaged extent gives one, is judged by all that follows.
        let (first, last) = (at >> log, at.saturating_add(piece.length().wrapping_sub(1)) >> log);
        let mut index = 0_usize;
        while let Some(extent) = extents.get(self.xfs, index).map_err(undetermined)? {
            index = index.saturating_add(1);
            if extent.end() <= first || extent.offset > last {
                continue;
            }
            match piece {
                ContentPiece::Zeros { .. } if !extent.unwritten => {
                    *damage = Some(format!(
                        "the file has holes, which pygrub's XFS driver mishandles: zeros instead of data from byte {} on",
                        at.max(extent.offset << log)
                    ));
                }
                ContentPiece::Zeros { .. } => continue,
                ContentPiece::Disk { place, length } => {
                    let available = self.xfs.device.available(place, length);
                    *damage = described(at, available, length, extent.unwritten);
                }
            }
            return Ok(());
        }
        Ok(())
    }
}

/// Notes the first thing that is wrong with `length` bytes from the byte `at` of the file on, which begin at `block`.
fn note(xfs: &Xfs, damage: &mut Option<String>, at: u64, block: u64, length: u64, unwritten: bool) {
    if damage.is_none() {
        let place = crate::storage::sector_reader::SectorReader::place(xfs.superblock.sector_of_block(block), 0);
        *damage = described(at, xfs.device.available(place, length), length, unwritten);
    }
}

fn described(at: u64, available: u64, length: u64, unwritten: bool) -> Option<String> {
    if available < length {
        return Some(format!(
            "the image ends before the data at byte {} of the file, and pygrub does not notice",
            at.saturating_add(available)
        ));
    }
    unwritten.then(|| {
        format!("the file was never written from byte {at} on: pygrub reads what the disk holds there, where Linux reads zeros")
    })
}

/// The fault of a read: the plugin reports none, so that whatever is not the file's data is undetermined.
fn undetermined(fault: DriverError) -> ReadError {
    fault.on_read(ReadError::Unknown)
}

fn trouble(trouble: NoContent) -> ReadError {
    match trouble {
        NoContent::DriverError(fault) => undetermined(fault),
        NoContent::Overrun(bytes) => {
            let reason = format!(
                "the file has a hole, and pygrub's XFS driver writes {bytes} bytes of zeros past the end of its buffer"
            );
            if bytes >= SURELY_FATAL { ReadError::Crashes(reason) } else { ReadError::Unknown(reason) }
        }
    }
}

impl OpenFile for XfsFile<'_> {
    fn size(&self) -> u64 {
        self.size
    }

    fn kind(&self) -> FileKind {
        FileKind::Regular
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let Some(content) = &self.content else { return Ok(0) };
        // xenfsimage asks again for what is missing, until a call gives nothing.
        let mut done = 0;
        while done < buf.len() {
            let position = offset.saturating_add(to_u64(done));
            let left = &mut buf[done..];
            let wanted = to_usize(self.wanted(position, to_u64(left.len()))?);
            if wanted == 0 {
                break;
            }
            let Some(part) = left.get_mut(..wanted) else { break };
            let (count, _) = content.fill(self.xfs, position, self.size, part).map_err(trouble)?;
            if count == 0 {
                break;
            }
            done = done.saturating_add(to_usize(count).min(wanted));
        }
        Ok(done)
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        let Some(content) = &self.content else { return Ok(None) };
        self.follow(content)
    }
}
