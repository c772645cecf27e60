//! A filesystem with one more file, as a change would leave it that a user is advised to make.

use std::io;
use std::rc::Rc;

use super::directory::file::BytesFile;
use super::filesystem::{Filesystem, Note, OpenError, OpenFile, Size};
use super::mount::{Mounting, Volumes};

/// A disk whose only filesystem has one more file.
pub(crate) struct AddedFile {
    filesystem: Rc<WithFile>,
}

struct WithFile {
    inner: Rc<dyn Filesystem>,
    /// Its path, exactly as it is opened, and its content.
    added: Option<(Vec<u8>, Vec<u8>)>,
}

impl AddedFile {
    /// `filesystem` with the file at `path`.
    pub(crate) fn new(filesystem: Rc<dyn Filesystem>, path: &str, bytes: Vec<u8>) -> Self {
        let added = Some((path.as_bytes().to_vec(), bytes));
        Self { filesystem: Rc::new(WithFile { inner: filesystem, added }) }
    }

    /// `filesystem` as it is.
    pub(crate) fn none(filesystem: Rc<dyn Filesystem>) -> Self {
        Self { filesystem: Rc::new(WithFile { inner: filesystem, added: None }) }
    }
}

impl Volumes for AddedFile {
    /// The filesystem, whatever the offset is.
    fn mount(&self, _offset: u64) -> io::Result<Mounting> {
        let filesystem: Rc<dyn Filesystem> = Rc::<WithFile>::clone(&self.filesystem);
        Ok(Mounting::Mounted(filesystem))
    }
}

impl Filesystem for WithFile {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn size(&self) -> Size {
        self.inner.size()
    }

    fn notes(&self) -> Vec<Note> {
        self.inner.notes()
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
