//! What goes wrong below a path, before it is known where.

use std::io;

use crate::storage::budget::Spent;
use crate::storage::filesystem::{MountError, OpenError};

/// A failed step of the driver. The texts are clauses without a full stop.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The plugin does not find the file.
    Absent(String),
    /// pregrub cannot tell what the plugin does here: a damaged tree, of which the plugin keeps parts.
    Unknown(String),
    /// The disk could not be read.
    Io(io::Error),
}

impl Fault {
    /// The fault of a mount.
    pub(crate) fn on_mount(self) -> MountError {
        match self {
            Self::Absent(reason) | Self::Unknown(reason) => MountError::Unknown(reason),
            Self::Io(error) => MountError::Io(error),
        }
    }

    /// The fault of a path walk.
    pub(crate) fn on_open(self) -> OpenError {
        match self {
            Self::Absent(reason) => OpenError::NotFound(reason),
            Self::Unknown(reason) => OpenError::Unknown(reason),
            Self::Io(error) => OpenError::Io(error),
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

/// A damaged filesystem.
pub(crate) fn damaged(what: &str) -> Fault {
    Fault::Unknown(format!("the reiserfs is damaged ({what}), and pregrub cannot tell what pygrub finds in it"))
}
