//! Asking the filesystem whether files exist, each once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::boot::candidates;
use crate::release::Release;
use crate::storage::filesystem::{FileKind, Filesystem, OpenError};
use crate::storage::mount::{Mounting, Volumes};

/// What pygrub gets for a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It opens: this many bytes.
    There {
        /// Its length in bytes.
        size: u64,
        /// What it is.
        kind: FileKind,
    },
    /// It does not, and why, as a clause.
    Missing(String),
    /// pregrub cannot tell.
    Unknown,
}

/// The names in a directory.
type Names = Rc<[Vec<u8>]>;

/// A mounted filesystem.
pub struct Files {
    filesystem: Rc<dyn Filesystem>,
    known: RefCell<HashMap<Vec<u8>, Answer>>,
    listed: RefCell<HashMap<Vec<u8>, Names>>,
}

impl Files {
    /// Mounts what is at the byte `offset`; nothing where that cannot be done.
    pub(crate) fn mount(volumes: &dyn Volumes, offset: u64) -> Option<Self> {
        match volumes.mount(offset).ok()? {
            Mounting::Mounted(filesystem) => {
                Some(Self { filesystem, known: RefCell::default(), listed: RefCell::default() })
            }
            Mounting::Refused { .. } | Mounting::Unknown { .. } => None,
        }
    }

    /// The filesystem.
    pub(super) fn filesystem_itself(&self) -> Rc<dyn Filesystem> {
        Rc::clone(&self.filesystem)
    }

    /// Whether pygrub opens `path`, and it is a regular file.
    pub(super) fn is_file(&self, path: &[u8]) -> bool {
        matches!(self.look(path), Answer::There { kind: FileKind::Regular, .. })
    }

    /// The filesystem's name as Linux spells it.
    pub fn filesystem(&self) -> &str {
        self.filesystem.name()
    }

    /// The optional features that the filesystem was made with, as its own tools spell them.
    pub fn features(&self) -> Vec<String> {
        self.filesystem.features()
    }

    /// The first `limit` bytes of a file; nothing where it cannot be opened or read.
    pub fn read(&self, path: &[u8], limit: usize) -> Option<Vec<u8>> {
        let file = self.filesystem.open(path).ok()?;
        let size = usize::try_from(file.size()).unwrap_or(usize::MAX).min(limit);
        let mut bytes = vec![0; size];
        let mut done = 0;
        while done < size {
            match file.read_at(done as u64, &mut bytes[done..]).ok()? {
                0 => break,
                count => done += count,
            }
        }
        bytes.truncate(done);
        Some(bytes)
    }

    /// The first of the paths that pygrub of `release` takes for a configuration and that is there.
    pub fn configuration(&self, release: Release) -> Option<&'static str> {
        candidates(release).map(|(path, _)| path).find(|path| self.exists(path.as_bytes()))
    }

    /// Looks for `path` as pygrub does.
    pub fn look(&self, path: &[u8]) -> Answer {
        if let Some(answer) = self.known.borrow().get(path) {
            return answer.clone();
        }
        let answer = if path.contains(&0) {
            Answer::Missing("its name has a NUL".to_owned())
        } else {
            match self.filesystem.open(path) {
                Ok(file) => Answer::There { size: file.size(), kind: file.kind() },
                Err(OpenError::NotFound(why)) => Answer::Missing(why),
                Err(OpenError::Unknown(_) | OpenError::Io(_)) => Answer::Unknown,
            }
        };
        self.known.borrow_mut().insert(path.to_vec(), answer.clone());
        answer
    }

    /// Whether pygrub opens `path`, without the reason; `None` if pregrub cannot tell. It is for the many paths of which nothing else is
    /// asked.
    pub(crate) fn opens(&self, path: &[u8]) -> Option<bool> {
        if !path.contains(&0)
            && let Some(opens) = self.filesystem.opens(path)
        {
            return Some(opens);
        }
        match self.look(path) {
            Answer::There { .. } => Some(true),
            Answer::Missing(_) => Some(false),
            Answer::Unknown => None,
        }
    }

    /// Names in the directory `path`: as many of a large one as are worth looking through, and none where the driver says
    /// none. Each directory is listed once.
    pub(crate) fn names(&self, path: &[u8]) -> Names {
        /// More than a boot disk has in one directory.
        const MOST: usize = 1024;
        /// A hostile configuration names as many directories as it likes.
        const MOST_LISTED: usize = 64;
        let mut listed = self.listed.borrow_mut();
        if listed.len() >= MOST_LISTED && !listed.contains_key(path) {
            return Rc::default();
        }
        Rc::clone(listed.entry(path.to_vec()).or_insert_with(|| self.filesystem.names(path, MOST).into()))
    }

    /// The first bytes of a file, at most `most`; nothing where it cannot be opened or read.
    pub fn beginning(&self, path: &[u8], most: usize) -> Option<Vec<u8>> {
        let file = self.filesystem.open(path).ok()?;
        let mut bytes = vec![0; most];
        let read = file.read_at(0, &mut bytes).ok()?;
        bytes.truncate(read);
        Some(bytes)
    }

    /// Whether pygrub opens `path`; where pregrub cannot tell, no.
    pub fn exists(&self, path: &[u8]) -> bool {
        matches!(self.look(path), Answer::There { .. })
    }
}
