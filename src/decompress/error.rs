//! Why a stream cannot be decoded.

use std::fmt;
use std::io;

use crate::system_error::why;

/// Why a stream cannot be decoded.
#[derive(Debug)]
#[non_exhaustive]
pub enum DecodeError {
    /// The input ends before the stream does.
    Truncated,
    /// The stream is damaged; what is wrong, as a clause.
    Damaged(String),
    /// The stream is in a form that the decoder does not know; which, as a clause.
    Unsupported(String),
    /// The stream asks for a larger dictionary than the limit, in bytes; 0 if that is not known.
    Dictionary(u64),
    /// Decoding takes more memory than pregrub gives it.
    Memory,
    /// The input could not be read.
    Io(io::Error),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the data ends too early"),
            Self::Damaged(why) | Self::Unsupported(why) => f.write_str(why),
            Self::Dictionary(0) => f.write_str("the dictionary is larger than the limit"),
            Self::Dictionary(bytes) => write!(f, "the dictionary of {bytes} bytes is larger than the limit"),
            Self::Memory => f.write_str("unpacking it takes more memory than pregrub uses"),
            Self::Io(error) => write!(f, "it cannot be read: {}", why(error)),
        }
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl DecodeError {
    pub(super) fn damaged(why: &str) -> Self {
        Self::Damaged(why.to_owned())
    }

    /// What a decoder of a crate reports, unless reading the input had failed.
    pub(super) fn of(error: &io::Error, read: Option<io::Error>) -> Self {
        if let Some(error) = read {
            return Self::Io(error);
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Truncated,
            io::ErrorKind::OutOfMemory => Self::Dictionary(0),
            io::ErrorKind::Unsupported => Self::Unsupported(error.to_string()),
            _ => Self::Damaged(error.to_string()),
        }
    }
}
