//! The bytes of an inode as the plugin reads them. It goes through the extents from the first to the last and mishandles
//! holes: it counts the whole gap before an extent as read even where it began in the middle of it, and leaves out the extent
//! after it.

use super::Xfs;
use super::extent::Extents;
use super::inode::{ForkFormat, Inode};
use crate::size::to_u64;
use crate::storage::budget::BudgetExhausted;
use crate::storage::driver_error::DriverError;
use crate::storage::sector_reader::SectorReader;

/// What a call of the plugin's reader hands out, piece by piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ContentPiece {
    /// Bytes of the disk from this byte on.
    Disk { place: u64, length: u64 },
    /// Zeros that stand for a hole.
    Zeros { length: u64 },
}

impl ContentPiece {
    /// How many bytes it has.
    pub(crate) fn length(self) -> u64 {
        match self {
            Self::Disk { length, .. } | Self::Zeros { length } => length,
        }
    }
}

/// What a call costs of the budget, but for the extents that it looks at.
const CALL: u64 = 64;

/// Why a call has no pieces to tell.
#[derive(Debug)]
pub(crate) enum NoContent {
    /// It writes this many zeros past the end of the buffer.
    Overrun(u64),
    /// Something else.
    DriverError(DriverError),
}

impl From<BudgetExhausted> for NoContent {
    fn from(spent: BudgetExhausted) -> Self {
        Self::DriverError(spent.into())
    }
}

impl From<DriverError> for NoContent {
    fn from(fault: DriverError) -> Self {
        Self::DriverError(fault)
    }
}

/// An inode whose content lies in extents or in itself.
#[derive(Debug)]
pub(crate) enum InodeContent {
    /// In the inode.
    Local(Inode),
    /// Elsewhere.
    Mapped(Extents),
}

impl InodeContent {
    /// The content of `inode`.
    pub(crate) fn of(xfs: &Xfs, inode: Inode) -> Result<Self, DriverError> {
        Ok(match inode.format() {
            ForkFormat::Local => Self::Local(inode),
            _ => Self::Mapped(Extents::of(xfs, &inode)?),
        })
    }

    /// What one call for `length` bytes from `position` on hands out. `limit` is the length of the file as far as the plugin
    /// keeps it; it does not cut the call, and only decides between cases. Stops after the extents that are needed.
    ///
    /// `visit` gets every piece. How many bytes the call counts as read is returned.
    pub(crate) fn call(
        xfs: &Xfs,
        extents: &Extents,
        position: u64,
        length: u64,
        limit: u64,
        visit: &mut dyn FnMut(u64, ContentPiece),
    ) -> Result<u64, NoContent> {
        let log = xfs.superblock.block_log;
        let end = position.saturating_add(length).min(limit);
        let (mut at, mut left) = (position, length);
        xfs.device.budget().spend(CALL)?;
        let (mut index, end_of_previous) = extents.first_for(at >> log);
        // No extent begins after this, so that a hole at the start is none.
        let mut end_of_previous = end_of_previous.unwrap_or(u64::MAX);
        while left > 0 {
            let Some(extent) = extents.get(xfs, index)? else { break };
            index = index.saturating_add(1);
            if extent.holds(at >> log) {
                // As in the plugin, bytes wrap around in 64 bits: a damaged extent may lie past all that has an offset.
                let end_of_this = extent.end() << log;
                let count = if end_of_this >= end { left } else { end_of_this.wrapping_sub(at) };
                let place = SectorReader::place(
                    xfs.superblock.sector_of_block(extent.start),
                    at.wrapping_sub(extent.offset << log),
                );
                visit(at, ContentPiece::Disk { place, length: count.min(left) });
                at = at.wrapping_add(count);
                left = left.saturating_sub(count);
            } else if extent.offset > end_of_previous {
                let count = if extent.offset << log >= end {
                    left
                } else {
                    extent.offset.saturating_sub(end_of_previous) << log
                };
                if count > left {
                    return Err(NoContent::Overrun(count.saturating_sub(left)));
                }
                visit(at, ContentPiece::Zeros { length: count });
                at = at.wrapping_add(count);
                left = left.saturating_sub(count);
                // The end of the previous extent stays what it is: so the gap is counted once more if another one follows.
                continue;
            }
            end_of_previous = extent.end();
        }
        Ok(at.wrapping_sub(position))
    }

    /// Fills `buf` with one call, without a piece where nothing arrives. Returns what the call counts as read, and whether all
    /// of it came from the disk or a hole.
    pub(crate) fn fill(&self, xfs: &Xfs, position: u64, limit: u64, buf: &mut [u8]) -> Result<(u64, bool), NoContent> {
        match self {
            Self::Local(inode) => {
                let start = usize::try_from(position).unwrap_or(usize::MAX);
                let bytes = start.checked_add(buf.len()).and_then(|end| inode.fork().get(start..end));
                let Some(bytes) = bytes else {
                    let why = format!("inode {} is longer than itself", inode.number);
                    return Err(NoContent::DriverError(DriverError::Unknown(why)));
                };
                buf.copy_from_slice(bytes);
                Ok((to_u64(buf.len()), true))
            }
            Self::Mapped(extents) => {
                let mut pieces = Vec::new();
                let length = to_u64(buf.len());
                let count = Self::call(xfs, extents, position, length, limit, &mut |at, piece| {
                    pieces.push((at.wrapping_sub(position), piece));
                })?;
                let mut whole = true;
                for (at, piece) in pieces {
                    let start = usize::try_from(at).unwrap_or(usize::MAX);
                    let end = usize::try_from(at.saturating_add(piece.length())).unwrap_or(usize::MAX);
                    let Some(part) = buf.get_mut(start..end) else { continue };
                    match piece {
                        ContentPiece::Disk { place, .. } => {
                            whole &= xfs.device.read(place, part).map_err(DriverError::Io)?
                        }
                        ContentPiece::Zeros { .. } => part.fill(0),
                    }
                }
                Ok((count, whole))
            }
        }
    }
}
