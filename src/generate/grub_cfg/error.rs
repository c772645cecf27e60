//! Why nothing is generated or installed.

use std::fmt;
use std::io;
use std::path::Path;

/// Why nothing is generated or installed: one sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    /// An error of the operating system, in doing `what` with a file.
    pub(super) fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        Self(format!("cannot {what} `{}`: {}", path.display(), reason(error)))
    }
}

/// An error of the operating system in words, without its number.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::StorageFull => "the filesystem is full".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the filesystem is mounted read-only".to_owned(),
        _ => error.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
