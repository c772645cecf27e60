//! Why a target cannot be run on.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::Kind;
use crate::escape::shown_path;
use crate::storage::container::ContainerError;
use crate::system_error::cannot_read;

/// Why a target cannot be opened or read. Displayed, it is one sentence: what, where, and what to do.
#[derive(Debug)]
#[non_exhaustive]
pub enum TargetError {
    /// There is no such file.
    Missing {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is there, and the user may not read it.
    Forbidden {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Opening or reading fails in another way.
    Unreadable {
        /// The path.
        path: PathBuf,
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
    /// It is a file of another kind than the one that is expected.
    OtherKind {
        /// The path.
        path: PathBuf,
        /// What is expected.
        expected: Kind,
        /// What it is instead.
        seen: SeenKind,
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

/// What a file is by its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SeenKind {
    /// There is no byte in it.
    Empty,
    /// It has bytes that no text has.
    Binary,
    /// XML.
    Xml,
    /// It belongs to what pregrub knows.
    Known(Kind),
    /// Another text.
    Text,
}

/// As a clause: `it is a text of another kind`.
impl fmt::Display for SeenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::Binary => f.write_str("it has bytes that no text has, as a disk image does"),
            Self::Xml => f.write_str("it is XML"),
            Self::Known(kind) => write!(f, "it looks like {}", kind.noun()),
            Self::Text => f.write_str("it is a text of another kind"),
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
    /// It is wholly a domain of this kind, whose disk would be opened: only the caller can say that no guest wrote it.
    Domain(Kind),
}

impl TargetError {
    /// What the system says while the target of this name is read.
    pub(crate) fn unreadable(name: &str, source: io::Error) -> Self {
        Self::of(Path::new(name), source)
    }

    /// What the system says of a path.
    pub(super) fn of(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::Missing { path, source },
            io::ErrorKind::PermissionDenied => Self::Forbidden { path, source },
            _ => Self::Unreadable { path, source },
        }
    }
}

/// A kind of target with its article.
fn a(kind: Kind) -> &'static str {
    match kind {
        Kind::Image => "an image",
        Kind::Directory => "a directory",
        Kind::Config => "a configuration",
        Kind::Xl | Kind::Libvirt | Kind::Xapi => "a domain's configuration",
    }
}

impl fmt::Display for TargetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path, source } | Self::Forbidden { path, source } | Self::Unreadable { path, source } => {
                f.write_str(&cannot_read(&shown_path(path), source))
            }
            Self::Directory { path, expected } => {
                write!(f, "cannot read `{}`: it is a directory, not {}", shown_path(path), a(*expected))
            }
            Self::OtherKind { path, expected, seen } => {
                write!(f, "cannot read `{}` as {}: {seen}", shown_path(path), expected.noun())
            }
            Self::NotADirectory { path } => {
                write!(f, "cannot read `{}`: it is a file, not a directory", shown_path(path))
            }
            Self::Special { path } => {
                write!(f, "cannot read `{}`: it is neither a file nor a block device nor a directory", shown_path(path))
            }
            Self::StandardInput(StandardInput::NotSeekable) => {
                f.write_str("standard input can only be a configuration: name an image by its path")
            }
            Self::StandardInput(StandardInput::Empty) => {
                f.write_str("standard input is empty: there is no configuration to read")
            }
            Self::StandardInput(StandardInput::NotText) => {
                f.write_str("standard input is not text: name an image by its path")
            }
            Self::StandardInput(StandardInput::Domain(kind)) => write!(
                f,
                "standard input looks like a domain of {0}, whose disk would be opened: add --as {0} if no guest wrote it, or \
                 --as config to read it as a boot configuration",
                kind.name()
            ),
            Self::Unrecognised { path, configuration: true } => write!(
                f,
                "`{}` is not a boot configuration that pregrub recognises: say --dialect grub2, legacy or extlinux if it is one; \
                 disks and domains are for `pregrub check`",
                shown_path(path)
            ),
            Self::Unrecognised { path, configuration: false } => write!(
                f,
                "`{}` is text, but not a boot configuration that pregrub recognises: say --dialect grub2, legacy or extlinux \
                 if it is one, --as xl, libvirt or xapi if it is a domain's, or --as image if it is a disk",
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
                "cannot read the disk in the image `{}`: {source}; give --image-format raw if the guest was given a raw disk, \
                 and let no other program read that as an image: the guest may have written its header",
                shown_path(path)
            ),
            Self::TooLarge { path, limit } => {
                write!(
                    f,
                    "cannot read `{}`: it is larger than {} MiB, which no domain needs",
                    shown_path(path),
                    limit >> 20
                )
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
