//! Errors of the operating system in Python's words.

use std::io;
use std::path::Path;

use crate::python::{Python, repr};

/// The last line of the traceback of an `OSError`: `FileNotFoundError: [Errno 2] No such file or directory: 'disk.img'`.
pub(super) fn last_line(error: &io::Error, path: Option<&Path>, python: Python) -> String {
    let class = match (python, error.kind()) {
        (Python::Two, _) => "OSError",
        (Python::Three, io::ErrorKind::NotFound) => "FileNotFoundError",
        (Python::Three, io::ErrorKind::PermissionDenied) => "PermissionError",
        (Python::Three, io::ErrorKind::AlreadyExists) => "FileExistsError",
        (Python::Three, io::ErrorKind::IsADirectory) => "IsADirectoryError",
        (Python::Three, io::ErrorKind::NotADirectory) => "NotADirectoryError",
        (Python::Three, io::ErrorKind::BrokenPipe) => "BrokenPipeError",
        (Python::Three, io::ErrorKind::WouldBlock) => "BlockingIOError",
        (Python::Three, io::ErrorKind::Interrupted) => "InterruptedError",
        (Python::Three, _) => "OSError",
    };
    let message = message(error);
    match path {
        Some(path) => format!("{class}: {message}: {}", repr_path(path, python)),
        None => format!("{class}: {message}"),
    }
}

/// `str(error)` without a file name: `[Errno 28] No space left on device`.
pub(super) fn message(error: &io::Error) -> String {
    let text = error.to_string();
    match error.raw_os_error() {
        // `No space left on device (os error 28)`.
        Some(number) => format!("[Errno {number}] {}", text.split(" (os error").next().unwrap_or_default()),
        None => text,
    }
}

fn repr_path(path: &Path, python: Python) -> String {
    use std::os::unix::ffi::OsStrExt;
    let path = path.as_os_str().as_bytes();
    match python {
        Python::Two => repr::repr(&crate::python::bytes::wrap(path), Python::Two),
        Python::Three => repr::repr_os(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: pygrub 4.17.
    #[test]
    fn in_pythons_words() {
        let error = |number| io::Error::from_raw_os_error(number);
        assert_eq!(
            last_line(&error(2), Some(Path::new("w/nonexistent.img")), Python::Three),
            "FileNotFoundError: [Errno 2] No such file or directory: 'w/nonexistent.img'"
        );
        assert_eq!(last_line(&error(21), None, Python::Three), "IsADirectoryError: [Errno 21] Is a directory");
        assert_eq!(last_line(&error(30), None, Python::Three), "OSError: [Errno 30] Read-only file system");
        assert_eq!(message(&error(28)), "[Errno 28] No space left on device");
    }
}
