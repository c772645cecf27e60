//! A file of a guest as something that is read at any offset, in full: for those who unpack it or look into it.

use std::io;

use super::filesystem::{OpenFile, ReadError};
use crate::decompress::ReadAt;

/// A guest's file.
pub(crate) struct GuestFile<'a>(pub(crate) Box<dyn OpenFile + 'a>);

impl GuestFile<'_> {
    /// Its size in bytes, as its filesystem states it.
    pub(crate) fn size(&self) -> u64 {
        self.0.size()
    }

    /// Its first bytes, at most so many. `None` if they cannot be read.
    pub(crate) fn beginning(&self, most: usize) -> Option<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.size()).unwrap_or(most).min(most)];
        let count = self.read_at(0, &mut bytes).ok()?;
        bytes.truncate(count);
        Some(bytes)
    }
}

impl ReadAt for GuestFile<'_> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let mut done = 0;
        while let Some(rest) = buf.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
            let count = self.0.read_at(at, rest).map_err(|error| match error {
                ReadError::Io(error) => error,
                other => io::Error::other(other),
            })?;
            if count == 0 {
                break;
            }
            done = done.saturating_add(count);
        }
        Ok(done)
    }
}
