//! What goes wrong below a path or a read, before it is known which of the two it was.

use std::io;

use crate::storage::budget::Spent;
use crate::storage::filesystem::{OpenError, ReadError};

/// A failed step of the driver. The texts are clauses without a full stop.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The plugin does not find the file.
    Absent(String),
    /// pregrub cannot tell what the plugin does here.
    Unknown(String),
    /// The disk could not be read.
    Io(io::Error),
}

impl Fault {
    /// The fault of a path walk.
    pub(crate) fn on_open(self) -> OpenError {
        match self {
            Self::Absent(reason) => OpenError::NotFound(reason),
            Self::Unknown(reason) => OpenError::Unknown(reason),
            Self::Io(error) => OpenError::Io(error),
        }
    }

    /// The fault of a read: the plugin reports none, so that whatever is not the file's data is undetermined.
    pub(crate) fn on_read(self) -> ReadError {
        match self {
            Self::Absent(reason) | Self::Unknown(reason) => ReadError::Unknown(reason),
            Self::Io(error) => ReadError::Io(error),
        }
    }
}

impl From<Spent> for Fault {
    fn from(_: Spent) -> Self {
        Self::Unknown(Spent::REASON.to_owned())
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
