//! Filesystems in memory, for runs that are about anything else.

use std::collections::BTreeMap;
use std::io;

use pregrub::storage::filesystem::{Damage, FileKind, Filesystem, OpenError, OpenFile, ReadError};
use pregrub::storage::mount::{Mounting, Volumes};

/// Files by the exact path that pygrub asks for.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Filesystems by byte offset.
pub struct Stub(pub BTreeMap<u64, Files>);

impl Volumes for Stub {
    fn mount(&self, offset: u64) -> io::Result<Mounting> {
        Ok(match self.0.get(&offset) {
            Some(files) => Mounting::Mounted(std::rc::Rc::new(StubFilesystem(files.clone()))),
            None => Mounting::Refused { identified: None, why: "nothing is here".to_owned(), instead: None },
        })
    }
}

struct StubFilesystem(Files);

impl Filesystem for StubFilesystem {
    fn name(&self) -> &str {
        "stub"
    }

    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError> {
        match std::str::from_utf8(path).ok().and_then(|path| self.0.get(path)) {
            Some(content) => Ok(Box::new(StubFile(content))),
            None => Err(OpenError::NotFound("it is not in the recorded case".to_owned())),
        }
    }
}

struct StubFile<'a>(&'a [u8]);

impl OpenFile for StubFile<'_> {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn kind(&self) -> FileKind {
        FileKind::Regular
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let rest = &self.0[usize::try_from(offset).unwrap().min(self.0.len())..];
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        Ok(None)
    }
}
