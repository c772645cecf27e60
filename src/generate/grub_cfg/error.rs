//! Why nothing is generated or installed.

use std::fmt;
use std::io;
use std::path::Path;

use super::root::OfThisMachine;
use crate::system_error::why;

/// Why nothing is generated or installed: one sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrubCfgError {
    sentence: String,
    is_of_the_disk: bool,
}

impl GrubCfgError {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), is_of_the_disk: false }
    }

    /// An error of the operating system, in doing `what` with a file.
    pub(super) fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        let sentence = format!("cannot {what} `{}`: {}", path.display(), why(error));
        Self { sentence, is_of_the_disk: is_of_the_disk(error) }
    }

    /// An error of the operating system, in doing `what` with something that has its name. A link that leads nowhere says nothing about what
    /// is there: its filesystem may not be mounted.
    pub(super) fn of_what_is_there(what: &str, path: &Path, error: &io::Error) -> Self {
        if error.kind() != io::ErrorKind::NotFound {
            return Self::io(what, path, error);
        }
        let sentence = format!(
            "cannot {what} `{}`: it is a link that leads nowhere (mount the filesystem that it leads to, or remove the link)",
            path.display()
        );
        Self { sentence, is_of_the_disk: true }
    }

    /// Whether the operating system could not say what is there, so that nothing follows from the error about the files.
    pub(super) fn is_of_the_disk(&self) -> bool {
        self.is_of_the_disk
    }
}

/// Whether an error says nothing about what is there: it is not that a path leads nowhere.
pub(super) fn is_of_the_disk(error: &io::Error) -> bool {
    use rustix::io::Errno;
    const LEADS_NOWHERE: [Errno; 5] = [Errno::NOENT, Errno::NOTDIR, Errno::ISDIR, Errno::LOOP, Errno::NAMETOOLONG];
    // What hides the guest's own file says nothing about that one.
    if error.get_ref().is_some_and(|inner| inner.is::<OfThisMachine>()) {
        return true;
    }
    let number = error.raw_os_error();
    number.is_some_and(|number| !LEADS_NOWHERE.iter().any(|known| known.raw_os_error() == number))
}

impl fmt::Display for GrubCfgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for GrubCfgError {}
