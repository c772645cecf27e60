//! Why the disk in an image cannot be read.

use std::fmt;
use std::io;

use crate::system_error::why;

/// Why the disk in an image cannot be read. Each text is a clause without a full stop.
#[derive(Debug)]
#[non_exhaustive]
pub enum ContainerError {
    /// The image is damaged: what is wrong, where.
    Damaged(String),
    /// The image has a form that pregrub does not read.
    Unsupported(String),
    /// The image names another file that pregrub does not open: outside of its directory, a link, a file that is not there.
    Chain(String),
    /// Unpacking the image takes more space than is allowed.
    TooLarge(String),
    /// A file cannot be read.
    Io(io::Error),
}

impl fmt::Display for ContainerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(why) | Self::Unsupported(why) | Self::Chain(why) | Self::TooLarge(why) => f.write_str(why),
            Self::Io(error) => write!(f, "it cannot be read: {}", why(error)),
        }
    }
}

impl std::error::Error for ContainerError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for ContainerError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

pub(super) fn damaged(why: impl Into<String>) -> ContainerError {
    ContainerError::Damaged(why.into())
}

pub(super) fn unsupported(why: impl Into<String>) -> ContainerError {
    ContainerError::Unsupported(why.into())
}

/// Damage that shows while the disk is read.
pub(super) fn damaged_read(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the image is damaged: {why}"))
}
