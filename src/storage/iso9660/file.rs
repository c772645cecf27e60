//! An opened file: one extent, read from the image as it lies there.

use super::directory_record::Extent;
use super::sectors::{PLAIN, SIZE_ON_DISK, Sectors};
use crate::size::{to_u64, to_usize};
use crate::storage::filesystem::{Damage, FileExtent, FileKind, OpenFile, Place, ReadError};

/// How much pygrub copies at a time.
const COPIED_AT_ONCE: u64 = 1 << 20;

/// A file of an ISO 9660 filesystem.
#[derive(Debug)]
pub(crate) struct IsoFile<'a> {
    sectors: &'a Sectors,
    extent: Extent,
}

impl<'a> IsoFile<'a> {
    /// The file in `extent`.
    pub(crate) fn new(sectors: &'a Sectors, extent: Extent) -> Self {
        Self { sectors, extent }
    }

    /// The sector that holds the byte `offset` of the file. It wraps around as the plugin's does.
    fn sector(&self, offset: u64) -> u32 {
        // An offset inside of a file has 32 bits.
        self.extent.sector.wrapping_add(u32::try_from(offset / SIZE_ON_DISK).unwrap_or(u32::MAX))
    }

    /// Whether the sectors of the file have addresses that only grow, as in every sane image.
    fn is_plain(&self) -> bool {
        let sectors = u64::from(self.extent.size).div_ceil(SIZE_ON_DISK);
        u64::from(self.extent.sector).saturating_add(sectors) <= u64::from(PLAIN)
    }
}

impl OpenFile for IsoFile<'_> {
    fn size(&self) -> u64 {
        u64::from(self.extent.size)
    }

    fn kind(&self) -> FileKind {
        FileKind::Regular
    }

    /// A read of which any byte lies past the end of the image gives nothing, and so does every read of a file at
    /// sector 0.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        if self.extent.sector == 0 {
            return Ok(0);
        }
        let rest = self.size().saturating_sub(offset);
        let wanted = buf.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
        let buf = &mut buf[..wanted];
        let mut done = 0;
        while done < wanted {
            let position = offset.saturating_add(to_u64(done));
            let skip = position % SIZE_ON_DISK;
            let left = &mut buf[done..];
            let in_sector = to_usize(SIZE_ON_DISK.saturating_sub(skip));
            let count = if self.is_plain() { left.len() } else { left.len().min(in_sector) };
            let Some(address) = Sectors::address(self.sector(position)) else { return Ok(0) };
            if !self.sectors.fill(address.saturating_add(skip), &mut left[..count])? {
                return Ok(0);
            }
            done = done.saturating_add(count);
        }
        Ok(wanted)
    }

    fn stretch_at(&self, offset: u64) -> Result<Option<FileExtent>, ReadError> {
        let bytes = self.size().saturating_sub(offset);
        // What is damaged, or lies where no sane image has it, is left to reading.
        let whole = self.is_plain() && self.extent.sector != 0 && matches!(self.verify(), Ok(None));
        let place = match Sectors::address(self.extent.sector) {
            Some(start) if whole => Place::Disk(start.saturating_add(offset)),
            _ => Place::Unknown,
        };
        Ok(Some(FileExtent { bytes, place }))
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        let size = self.size();
        if size == 0 {
            return Ok(None);
        }
        if self.extent.sector == 0 {
            let reason = "it lies at sector 0 by its directory, and pygrub's plugin reads nothing there".to_owned();
            return Ok(Some(Damage { bytes: 0, reason }));
        }
        if !self.is_plain() && i32::try_from(self.extent.sector).is_ok() {
            return Err(ReadError::Unknown(
                "the file lies beyond 2 TiB, where the plugin's sector numbers wrap around".to_owned(),
            ));
        }
        let there =
            Sectors::address(self.extent.sector).map_or(0, |start| self.sectors.volume_len().saturating_sub(start));
        if there >= size {
            return Ok(None);
        }
        let bytes = there & !(COPIED_AT_ONCE - 1);
        let reason = format!(
            "the image ends after {there} of its {size} bytes, and pygrub's plugin treats a read that fails as the end of the \
             file"
        );
        Ok(Some(Damage { bytes, reason }))
    }
}
