//! Asking the filesystem, with a record of every question.

use std::io;

use super::attempt::{Purpose, Step};
use crate::storage::filesystem::{Filesystem, OpenError, OpenFile};

/// A filesystem and the record of what was asked of it.
pub(super) struct FsProbe<'a> {
    pub filesystem: &'a dyn Filesystem,
    pub steps: Vec<Step>,
    /// The first question that pregrub could not answer; the run ends there.
    pub unknown: Option<String>,
}

/// What became of opening a file.
pub(super) enum Opened<'a> {
    File(Box<dyn OpenFile + 'a>),
    Missing(String),
    Unknown(String),
}

impl<'a> FsProbe<'a> {
    pub(super) fn new(filesystem: &'a dyn Filesystem) -> Self {
        Self { filesystem, steps: Vec::new(), unknown: None }
    }

    /// `file_exists`: whether it opens. Where pregrub cannot tell, the answer is no and [`FsProbe::unknown`] is set.
    pub(super) fn exists(&mut self, path: &str, purpose: Purpose) -> io::Result<bool> {
        self.exists_bytes(path.as_bytes(), purpose)
    }

    /// [`exists`](Self::exists) for a path that a configuration or a user names.
    pub(super) fn exists_bytes(&mut self, path: &[u8], purpose: Purpose) -> io::Result<bool> {
        if self.unknown.is_some() {
            return Ok(false);
        }
        let opened = self.ask(path, purpose, false)?;
        Ok(matches!(opened, Opened::File(_)))
    }

    /// `open_file`.
    pub(super) fn open(&mut self, path: &[u8], purpose: Purpose) -> io::Result<Opened<'a>> {
        self.ask(path, purpose, true)
    }

    fn ask(&mut self, path: &[u8], purpose: Purpose, opens: bool) -> io::Result<Opened<'a>> {
        // Python refuses a NUL before the library sees the name.
        let opened = if path.contains(&0) {
            Opened::Missing("its name has a NUL".to_owned())
        } else {
            match self.filesystem.open(path) {
                Ok(file) => Opened::File(file),
                Err(OpenError::NotFound(why)) => Opened::Missing(why),
                Err(OpenError::Unknown(why)) => Opened::Unknown(why),
                Err(OpenError::Io(error)) => return Err(error),
            }
        };
        let missing = match &opened {
            Opened::File(_) => None,
            Opened::Missing(why) => Some(why.clone()),
            Opened::Unknown(why) => {
                self.unknown = Some(format!("`{}`: {why}", String::from_utf8_lossy(path)));
                Some(why.clone())
            }
        };
        self.steps.push(Step { purpose, path: path.to_vec().into(), opens, missing });
        Ok(opened)
    }
}
