//! A filesystem with one more file, or another text in one, as a change would leave it that a user is advised to make.

use std::io;
use std::rc::Rc;

use super::directory::file::BytesFile;
use super::filesystem::{Filesystem, Note, OpenError, OpenFile, Size};
use super::mount::{Mounting, Volumes};
use super::source::Source;

/// A disk on which one file is there, or has another content.
pub(crate) struct WithFile<'v> {
    pub volumes: &'v dyn Volumes,
    /// Where the filesystem of the file begins, in bytes.
    pub offset: u64,
    /// Its path, exactly as it is opened.
    pub path: Vec<u8>,
    pub bytes: Rc<[u8]>,
}

impl Volumes for WithFile<'_> {
    fn mount(&self, offset: u64) -> io::Result<Mounting> {
        Ok(match self.volumes.mount(offset)? {
            Mounting::Mounted(inner) if offset == self.offset => {
                let added = Some((self.path.clone(), Rc::clone(&self.bytes)));
                Mounting::Mounted(Rc::new(FilesystemWithFile { inner, added }))
            }
            other => other,
        })
    }

    fn disk(&self) -> Option<&dyn Source> {
        self.volumes.disk()
    }
}

/// A disk whose only filesystem may have one more file.
pub(crate) struct AddedFile {
    filesystem: Rc<FilesystemWithFile>,
}

impl AddedFile {
    /// `filesystem` with the file at `path`.
    pub(crate) fn new(filesystem: Rc<dyn Filesystem>, path: &str, bytes: Vec<u8>) -> Self {
        let added = Some((path.as_bytes().to_vec(), bytes.into()));
        Self { filesystem: Rc::new(FilesystemWithFile { inner: filesystem, added }) }
    }

    /// `filesystem` as it is.
    pub(crate) fn none(filesystem: Rc<dyn Filesystem>) -> Self {
        Self { filesystem: Rc::new(FilesystemWithFile { inner: filesystem, added: None }) }
    }
}

impl Volumes for AddedFile {
    /// The filesystem, whatever the offset is.
    fn mount(&self, _offset: u64) -> io::Result<Mounting> {
        let filesystem: Rc<dyn Filesystem> = Rc::<FilesystemWithFile>::clone(&self.filesystem);
        Ok(Mounting::Mounted(filesystem))
    }
}

struct FilesystemWithFile {
    inner: Rc<dyn Filesystem>,
    /// Its path, exactly as it is opened, and its content.
    added: Option<(Vec<u8>, Rc<[u8]>)>,
}

impl Filesystem for FilesystemWithFile {
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
        match &self.added {
            Some((added, bytes)) if added == path => Ok(Box::new(BytesFile(bytes))),
            _ => self.inner.open(path),
        }
    }
}
