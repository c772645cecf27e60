//! What goes wrong below a path or a read of a driver, before it is known which of the two it was.

use std::io;

use crate::storage::budget::BudgetExhausted;
use crate::storage::filesystem::{MountError, OpenError, ReadError};

/// A failed step of a driver. The texts are clauses without a full stop.
#[derive(Debug)]
pub(crate) enum DriverError {
    /// The plugin, or the library that it calls, fails here: it does not find the file, or reports an error.
    Fails(String),
    /// pregrub cannot tell what the plugin does here.
    Unknown(String),
    /// The disk could not be read.
    Io(io::Error),
}

impl DriverError {
    /// The fault of a mount; `fails` is what the plugin makes of its own failure there.
    pub(crate) fn on_mount(self, fails: fn(String) -> MountError) -> MountError {
        match self {
            Self::Fails(reason) => fails(reason),
            Self::Unknown(reason) => MountError::Unknown(reason),
            Self::Io(error) => MountError::Io(error),
        }
    }

    /// The fault of a path walk: the plugins make `ENOENT` of every failure.
    pub(crate) fn on_open(self) -> OpenError {
        match self {
            Self::Fails(reason) => OpenError::NotFound(reason),
            Self::Unknown(reason) => OpenError::Unknown(reason),
            Self::Io(error) => OpenError::Io(error),
        }
    }

    /// The fault of a read; `fails` is what the plugin makes of its own failure there.
    pub(crate) fn on_read(self, fails: fn(String) -> ReadError) -> ReadError {
        match self {
            Self::Fails(reason) => fails(reason),
            Self::Unknown(reason) => ReadError::Unknown(reason),
            Self::Io(error) => ReadError::Io(error),
        }
    }
}

impl From<BudgetExhausted> for DriverError {
    fn from(_: BudgetExhausted) -> Self {
        Self::Unknown(BudgetExhausted::REASON.to_owned())
    }
}

impl From<io::Error> for DriverError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
