//! Why a command ends without its result, and the exit status that this means.

use std::fmt;
use std::io;

use super::{Status, stdout};

/// Why a command ends without its result.
#[derive(Debug)]
pub(super) enum Error {
    /// It is a usage error, its settings are broken, or it could not do its work. One sentence.
    Usage(String),
    /// What the command is about cannot be read, or there is no verdict on it. One sentence.
    Target(String),
    /// The command refuses. One sentence.
    Refused(String),
    /// The output could not be written.
    Output(io::Error),
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// The sentence.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(why) | Self::Target(why) | Self::Refused(why) => f.write_str(why),
            Self::Output(error) => write!(f, "cannot write the result: {}", super::why(error)),
        }
    }
}

impl Error {
    /// Reports it on standard error.
    pub(super) fn report(&self) -> Status {
        match self {
            Self::Usage(why) => {
                stdout::complain(why);
                Status::Usage
            }
            Self::Target(why) => {
                stdout::complain(why);
                Status::Unknown
            }
            Self::Refused(why) => {
                stdout::complain(why);
                Status::Fails
            }
            // The reader has closed the pipe: it has seen enough.
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => Status::Fine,
            Self::Output(_) => {
                stdout::complain(&self.to_string());
                Status::Usage
            }
        }
    }
}
