//! A disk on which one file has another text: for trying a change before it is given.

use std::io;
use std::rc::Rc;

use crate::storage::filesystem::{Damage, FileKind, Filesystem, Note, OpenError, OpenFile, ReadError, Size};
use crate::storage::mount::{Mounting, Volumes};
use crate::storage::source::Source;

/// The volumes of a disk, with another text in one file.
pub(super) struct Edited<'v> {
    pub volumes: &'v dyn Volumes,
    /// Where the filesystem of the file begins, in bytes.
    pub offset: u64,
    pub path: Vec<u8>,
    pub text: Rc<[u8]>,
}

impl Volumes for Edited<'_> {
    fn mount(&self, offset: u64) -> io::Result<Mounting> {
        Ok(match self.volumes.mount(offset)? {
            Mounting::Mounted(inner) if offset == self.offset => Mounting::Mounted(Rc::new(EditedFilesystem {
                inner,
                path: self.path.clone(),
                text: Rc::clone(&self.text),
            })),
            other => other,
        })
    }

    fn disk(&self) -> Option<&dyn Source> {
        self.volumes.disk()
    }
}

struct EditedFilesystem {
    inner: Rc<dyn Filesystem>,
    path: Vec<u8>,
    text: Rc<[u8]>,
}

impl Filesystem for EditedFilesystem {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn size(&self) -> Size {
        self.inner.size()
    }

    fn notes(&self) -> Vec<Note> {
        self.inner.notes()
    }

    fn features(&self) -> Vec<String> {
        self.inner.features()
    }

    fn names(&self, path: &[u8], most: usize) -> Vec<Vec<u8>> {
        self.inner.names(path, most)
    }

    fn rests_on_bounds(&self) -> bool {
        self.inner.rests_on_bounds()
    }

    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError> {
        if path == self.path { Ok(Box::new(EditedFile(&self.text))) } else { self.inner.open(path) }
    }
}

struct EditedFile<'a>(&'a [u8]);

impl OpenFile for EditedFile<'_> {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn kind(&self) -> FileKind {
        FileKind::Regular
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.0.get(offset..)).unwrap_or_default();
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        Ok(None)
    }
}
