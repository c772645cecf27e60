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
