//! Opened files: of this machine, and planned ones.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::size::{to_u64, to_usize};
use crate::storage::filesystem::{Damage, FileKind, OpenFile, ReadError};

/// A file of this machine.
pub(super) struct DirectoryFile {
    /// Nothing for what is not a regular file: it is not opened, since a FIFO would wait.
    pub file: Option<File>,
    pub kind: FileKind,
    pub size: u64,
}

impl OpenFile for DirectoryFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn kind(&self) -> FileKind {
        self.kind
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let Some(file) = &self.file else {
            return match self.kind {
                FileKind::Special => Ok(0),
                _ => Err(ReadError::Unknown("the blocks of a directory cannot be seen from outside".to_owned())),
            };
        };
        let mut done = 0;
        while done < buf.len() {
            match file.read_at(&mut buf[done..], offset.saturating_add(to_u64(done))) {
                Ok(0) => break,
                Ok(count) => done = done.saturating_add(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(done)
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        match self.kind {
            FileKind::Directory => {
                Err(ReadError::Unknown("the blocks of a directory cannot be seen from outside".to_owned()))
            }
            _ => Ok(None),
        }
    }
}

/// A file that is only planned.
pub(in crate::storage) struct BytesFile<'a>(pub &'a [u8]);

impl OpenFile for BytesFile<'_> {
    fn size(&self) -> u64 {
        to_u64(self.0.len())
    }

    fn kind(&self) -> FileKind {
        FileKind::Regular
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let rest = self.0.get(to_usize(offset)..).unwrap_or_default();
        let count = buf.len().min(rest.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        Ok(None)
    }
}
