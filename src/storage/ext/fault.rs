//! What goes wrong below a path or a read, before it is known which of the two it was.

use std::io;

use crate::storage::budget::Spent;
use crate::storage::filesystem::{MountError, OpenError, ReadError};

/// `EINVAL`: what libfsimage's plugin sets for every error of libext2fs while it reads.
const EINVAL: i32 = 22;

/// A failed step of the driver. The texts are clauses without a full stop.
#[derive(Debug)]
pub(crate) enum Fault {
    /// libext2fs returns an error here.
    Fails(String),
    /// pregrub cannot tell what libext2fs does here.
    Unknown(String),
    /// The disk could not be read.
    Io(io::Error),
}

impl Fault {
    /// The fault of a mount.
    pub(crate) fn on_mount(self) -> MountError {
        match self {
            Self::Fails(reason) => MountError::Rejected(reason),
            Self::Unknown(reason) => MountError::Unknown(reason),
            Self::Io(error) => MountError::Io(error),
        }
    }

    /// The fault of a path walk: the plugin makes `ENOENT` of every error.
    pub(crate) fn on_open(self) -> OpenError {
        match self {
            Self::Fails(reason) => OpenError::NotFound(reason),
            Self::Unknown(reason) => OpenError::Unknown(reason),
            Self::Io(error) => OpenError::Io(error),
        }
    }

    /// The fault of a read: the plugin makes `EINVAL` of every error.
    pub(crate) fn on_read(self) -> ReadError {
        match self {
            Self::Fails(reason) => ReadError::Failed { errno: EINVAL, reason },
            Self::Unknown(reason) => ReadError::Unknown(reason),
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
