//! Why a target cannot be run on.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::Kind;
use crate::escape::shown_path;
use crate::storage::container::ContainerError;

/// Why a target cannot be opened or read. Displayed, it is one sentence: what, where, and what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum TargetError {
    /// There is no such file.
    Missing {
        /// The path.
        path: PathBuf,
        /// What was tried.
        access: Access,
        /// What the system says.
        source: io::Error,
    },
    /// The file is there, and the user may not read it.
    Forbidden {
        /// The path.
        path: PathBuf,
        /// What was tried.
        access: Access,
        /// What the system says.
        source: io::Error,
    },
    /// Opening or reading fails in another way.
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What was tried.
        access: Access,
        /// What the system says.
        source: io::Error,
    },
    /// It is a directory, and something else is expected.
    Directory {
        /// The path.
        path: PathBuf,
        /// What is expected.
        expected: Kind,
    },
    /// A directory is expected, and it is something else.
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// It is neither a file nor a block device nor a directory: a pipe, a terminal.
    Special {
        /// The path.
        path: PathBuf,
    },
    /// Standard input is given as something that it cannot be.
    StandardInput(StandardInput),
    /// It is text, and not a configuration that pregrub recognises.
    Unrecognised {
        /// The path.
        path: PathBuf,
        /// Whether a boot configuration is expected: it can be nothing else then.
        configuration: bool,
    },
    /// It is a document, in which examples may stand.
    Document {
        /// The path.
        path: PathBuf,
    },
    /// It is of a kind that this build of pregrub does not read.
    Unsupported {
        /// The path.
        path: PathBuf,
        /// The feature of the crate that reads it.
        feature: &'static str,
    },
    /// The disk inside of an image cannot be read.
    Image {
        /// The image.
        path: PathBuf,
        /// Why.
        source: ContainerError,
    },
    /// A domain's configuration is larger than a domain needs.
    TooLarge {
        /// The path.
        path: PathBuf,
        /// The limit in bytes.
        limit: usize,
    },
}

/// What was tried with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Opening it.
    Open,
    /// Reading it.
    Read,
}

impl Access {
    fn verb(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Read => "read",
        }
    }
}

/// What is wrong with standard input as a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StandardInput {
    /// It is given as an image or a directory, and can only be a configuration.
    NotSeekable,
    /// It has no byte.
    Empty,
    /// It has bytes that no text has.
    NotText,
}

impl TargetError {
    /// What the system says while the target of this name is read.
    pub(crate) fn unreadable(name: &str, source: io::Error) -> Self {
        Self::of(Path::new(name), Access::Read, source)
    }

    /// What the system says of a path.
    pub(super) fn of(path: &Path, access: Access, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path, access, source },
            io::ErrorKind::PermissionDenied => Self::Forbidden { path, access, source },
            _ => Self::Unreadable { path, access, source },
        }
    }
}

/// An error of the operating system as a clause: `Is a directory (os error 21)` without the number.
fn reason(error: &io::Error) -> String {
    error.to_string().split(" (os error").next().unwrap_or_default().to_owned()
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path, access, .. } => {
                write!(f, "cannot {} `{}`: there is no such file", access.verb(), shown_path(path))
            }
            Self::Forbidden { path, access, .. } => write!(
                f,
                "cannot {} `{}`: permission denied; it must be readable for you",
                access.verb(),
                shown_path(path)
            ),
            Self::Unreadable { path, access, source } => {
                write!(f, "cannot {} `{}`: {}", access.verb(), shown_path(path), reason(source))
            }
            Self::Directory { path, expected } => {
                write!(f, "`{}` is a directory, no {}", shown_path(path), expected.name())
            }
            Self::NotADirectory { path } => write!(f, "`{}` is not a directory", shown_path(path)),
            Self::Special { path } => write!(
                f,
                "`{}` is neither a file nor a block device nor a directory: name one of those",
                shown_path(path)
            ),
            Self::StandardInput(StandardInput::NotSeekable) => {
                f.write_str("standard input can only be a configuration: name an image by its path")
            }
            Self::StandardInput(StandardInput::Empty) => {
                f.write_str("standard input is empty: there is no configuration to read")
            }
            Self::StandardInput(StandardInput::NotText) => {
                f.write_str("standard input is not a text: name an image by its path")
            }
            Self::Unrecognised { path, configuration: true } => write!(
                f,
                "`{}` is not a boot configuration that pregrub recognises: say --dialect grub2, legacy or extlinux if it is one; \
                 disks and domains are for `pregrub check`",
                shown_path(path)
            ),
            Self::Unrecognised { path, configuration: false } => write!(
                f,
                "`{}` is text, but no boot configuration that pregrub recognises: say --dialect grub2, legacy or extlinux if \
                 it is one, --as xl, libvirt or xapi if it is a domain's, or --as image if it is a disk",
                shown_path(path)
            ),
            Self::Document { path } => write!(
                f,
                "`{}` is a document, and not a boot configuration, a disk or a domain: say --dialect or --as if it is one of those",
                shown_path(path)
            ),
            Self::Unsupported { path, feature } => {
                write!(f, "cannot read `{}`: pregrub is built without its feature `{feature}`", shown_path(path))
            }
            Self::Image { path, source } => write!(
                f,
                "cannot read the disk in the image `{}`: {source}; convert it with `qemu-img convert -O raw`, or see with \
                 --image-format raw what pygrub makes of the file itself",
                shown_path(path)
            ),
            Self::TooLarge { path, limit } => {
                write!(f, "`{}` has more than {} MiB, which no domain needs", shown_path(path), limit >> 20)
            }
        }
    }
}

impl Error for TargetError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Missing { source, .. } | Self::Forbidden { source, .. } | Self::Unreadable { source, .. } => {
                Some(source)
            }
            Self::Image { source, .. } => Some(source),
            _ => None,
        }
    }
}
