//! What goes wrong, as the exceptions of `pregrub._errors`.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use pregrub::check::CheckError;
use pregrub::target::TargetError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Why there is no result.
pub(crate) enum Fault {
    /// The caller's or the target's.
    Check(CheckError),
    /// pregrub's own.
    Panicked(String),
    /// The system has no thread left.
    NoThread(String),
}

impl From<CheckError> for Fault {
    fn from(error: CheckError) -> Self {
        Self::Check(error)
    }
}

impl Fault {
    /// The exception. Where there is no such class, the exception is about that.
    pub(crate) fn raise(self, py: Python<'_>, target: &Path) -> PyErr {
        self.exception(py, target).unwrap_or_else(|error| error)
    }

    fn exception(self, py: Python<'_>, target: &Path) -> PyResult<PyErr> {
        let errors = py.import("pregrub._errors")?;
        let number = |error: &io::Error| error.raw_os_error();
        let exception = match self {
            Self::Check(CheckError::Option(error)) => {
                errors.getattr("OptionError")?.call1((error.to_string(), error.option()))?
            }
            Self::Check(CheckError::Target(error)) => {
                let words = error.to_string();
                // The path may be that of the root disk.
                let (class, number, path) = match &error {
                    TargetError::Missing { source, path, .. } => ("TargetNotFoundError", number(source), &**path),
                    TargetError::Forbidden { source, path, .. } => ("TargetPermissionError", number(source), &**path),
                    TargetError::Unreadable { source, path, .. } => ("TargetReadError", number(source), &**path),
                    _ => ("TargetKindError", None, target),
                };
                let name = PyBytes::new(py, path.as_os_str().as_bytes());
                errors.getattr("of_target")?.call1((class, number, words, name))?
            }
            Self::Check(error) => errors.getattr("Error")?.call1((error.to_string(),))?,
            Self::Panicked(words) => errors.getattr("InternalError")?.call1((words,))?,
            Self::NoThread(words) => errors.getattr("Error")?.call1((format!("no thread can be started: {words}"),))?,
        };
        Ok(PyErr::from_value(exception))
    }
}
