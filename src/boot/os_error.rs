//! What Python says of the errors of the operating system and of the filesystem library.

use super::output;
use crate::python::{PyStr, Python};
use crate::release::Release;

/// The name of the exception for what the operating system or the filesystem library reports.
pub(super) fn os_error(release: Release) -> &'static str {
    match release.python() {
        Python::Two => "IOError",
        Python::Three => "OSError",
    }
}

/// `os.strerror` for the errors that the filesystem library reports.
pub(super) fn errno_message(errno: i32) -> String {
    let text = match errno {
        2 => "No such file or directory",
        5 => "Input/output error",
        22 => "Invalid argument",
        95 => "Operation not supported",
        _ => "Unknown error",
    };
    format!("[Errno {errno}] {text}")
}

/// What opening a file that is not there says: the name may not even reach the filesystem library.
pub(super) fn open_message(path: &PyStr, release: Release) -> PyStr {
    let python = release.python();
    if path.as_bytes().contains(&0) {
        return PyStr::from(match python {
            Python::Two => "must be string without null bytes, not str",
            Python::Three => "embedded null character",
        });
    }
    match output::encodable(path.as_bytes()) {
        Err(raised) if python == Python::Three => PyStr::from(&*raised.message),
        _ => PyStr::from(&*errno_message(2)),
    }
}
