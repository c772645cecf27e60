//! What every filesystem driver offers to the run, and how it fails.
//!
//! A driver shows what pygrub's library (libfsimage and its plugins) shows, which is not what Linux shows.

use std::fmt;
use std::io;

use super::budget::BudgetExhausted;
use crate::system_error::why;

/// A mounted filesystem as pygrub sees it. Reads go to the disk as they are needed.
pub trait Filesystem {
    /// The name of the filesystem as Linux spells it: `ext2`, `ext3`, `ext4`, `vfat`, `iso9660`, ...
    fn name(&self) -> &str;

    /// Its size by its own account, and how much of it the disk has; zeros where that is not known.
    fn size(&self) -> Size {
        Size::default()
    }

    /// What a user should know of this filesystem before he trusts the outcome.
    fn notes(&self) -> Vec<Note> {
        Vec::new()
    }

    /// The optional features that it was made with, as its own tools spell them; none where the driver says no names.
    fn features(&self) -> Vec<String> {
        Vec::new()
    }

    /// Names in the directory `path`, at most `most` of them, in no order: for naming the file that is probably meant by a path
    /// that does not open. pygrub never lists a directory, so nothing of a verdict rests on it, and a driver that names none
    /// has none.
    fn names(&self, _path: &[u8], _most: usize) -> Vec<Vec<u8>> {
        Vec::new()
    }

    /// The same, for anyone who reads a directory as another program does that lists it (GRUB): names as they are written.
    fn listed(&self, path: &[u8], most: usize) -> Vec<Vec<u8>> {
        self.names(path, most)
    }

    /// Whether what was asked so far rests on a bound that the driver has only since XSA-497 was fixed
    /// ([`RockRidgeBounded`](crate::release::Change::RockRidgeBounded)).
    fn rests_on_bounds(&self) -> bool {
        false
    }

    /// Whether [`open`](Self::open) opens `path`, where the driver can say so in less time; `None` if it must be asked to open it.
    fn opens(&self, _path: &[u8]) -> Option<bool> {
        None
    }

    /// Opens `path` the way the plugin walks it. `path` is what pygrub hands over: UTF-8 or, for releases that ran
    /// under Python 2, any bytes; it has no NUL.
    ///
    /// # Errors
    ///
    /// [`OpenError::NotFound`] where pygrub gets `[Errno 2] No such file or directory`, whatever the cause.
    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError>;
}

/// A name in a message: a hostile one is no longer than this.
pub(super) fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().take(80).collect()
}

/// What a note is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Topic {
    /// The disk ends before the filesystem does.
    Incomplete,
    /// The journal holds changes that pygrub does not see.
    Journal,
    /// Directories hold the types of files, which pygrub's driver does not know.
    FileTypes,
    /// The names are not those that the filesystem was made of.
    Names,
    /// A directory of this machine is judged in place of a filesystem.
    Directory,
}

/// What a user should know of a filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub topic: Topic,
    /// A sentence without a full stop.
    pub text: String,
}

impl Note {
    /// A note.
    pub fn new(topic: Topic, text: impl Into<String>) -> Self {
        Self { topic, text: text.into() }
    }
}

/// Serialised as its text.
impl serde::Serialize for Note {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The size of a filesystem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Size {
    /// Bytes by its own account.
    pub claimed: u64,
    /// Bytes that the disk has from its start on.
    pub there: u64,
}

impl Size {
    /// What is to be said where the disk ends before the filesystem does.
    pub fn incomplete(self) -> Option<String> {
        let Self { claimed, there } = self;
        (claimed > there).then(|| {
            format!(
                "the filesystem has {claimed} bytes by its own account, and the disk ends after {there}: the image is \
                 incomplete"
            )
        })
    }
}

/// What kind of thing a path led to. pygrub does not ask; its user needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    Regular,
    /// A directory. libext2fs opens it like a file and reads its raw blocks.
    Directory,
    /// A FIFO, socket or device node: opens, and reads as empty.
    Special,
}

/// What is wrong with a file that pygrub reads without noticing: it copies something out, and that is not the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// How many bytes pygrub gets.
    pub bytes: u64,
    /// What is wrong and where, as a clause without a full stop.
    pub reason: String,
}

/// A piece of a file and where its data lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileExtent {
    /// Its length in bytes; 0 at the end of the file.
    pub bytes: u64,
    /// Where it lies.
    pub place: Place,
}

/// Where the data of a piece of a file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// On the disk, in one piece, from this byte of the volume on.
    Disk(u64),
    /// Nowhere: it reads as zeros.
    Zeros,
    /// The driver does not say: the data must be read through it.
    Unknown,
}

/// A file opened through a driver.
pub trait OpenFile {
    /// Its length in bytes by its metadata, which is what pygrub reads from it unless it is damaged.
    fn size(&self) -> u64;

    /// What it is.
    fn kind(&self) -> FileKind;

    /// Reads up to `buf.len()` bytes from `offset` on, as one `read(size, offset)` of pygrub's file object does; 0 at the end.
    ///
    /// # Errors
    ///
    /// [`ReadError::Failed`] where pygrub gets an exception.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError>;

    /// Where the bytes from `offset` on lie, for copying them without reading them through the driver. What is said to lie
    /// on the disk lies inside the image and is what [`read_at`](Self::read_at) gives.
    ///
    /// # Errors
    ///
    /// As [`read_at`](Self::read_at).
    fn stretch_at(&self, _offset: u64) -> Result<Option<FileExtent>, ReadError> {
        Ok(Some(FileExtent { bytes: u64::MAX, place: Place::Unknown }))
    }

    /// Checks from metadata alone what a copy of the whole file would give: every block that holds data lies inside the image.
    /// Nothing is returned where pygrub gets the file as it is, and the damage where it copies something else and does not
    /// notice.
    ///
    /// # Errors
    ///
    /// The error that reading the first bad place would give.
    fn verify(&self) -> Result<Option<Damage>, ReadError>;
}

/// Why a filesystem could not be mounted.
#[derive(Debug)]
pub enum MountError {
    /// This is not the driver's filesystem (no magic number).
    NotThis,
    /// It is, and pygrub's driver refuses it. The reason is a clause without a full stop, such as
    /// `the feature bigalloc is not supported by libext2fs`.
    Rejected(String),
    /// It is, and pregrub cannot tell what pygrub's driver would do with it.
    Unknown(String),
    /// The disk could not be read.
    Io(io::Error),
}

/// Why a path could not be opened.
#[derive(Debug)]
pub enum OpenError {
    /// pygrub gets `[Errno 2] No such file or directory`. The reason says what was really in the way, as a clause.
    NotFound(String),
    /// pregrub cannot tell what pygrub would get.
    Unknown(String),
    /// The disk could not be read.
    Io(io::Error),
}

/// Why an opened file could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// pygrub gets an `OSError` with this errno (22 for data past the end of the image). The reason says why, as a clause.
    Failed {
        /// The `errno` of the Python exception.
        errno: i32,
        /// What is wrong, and where.
        reason: String,
    },
    /// pygrub's process dies: the plugin reads or writes outside its memory (signal 11). The reason is a clause.
    Crashes(String),
    /// pregrub cannot tell what pygrub would get.
    Unknown(String),
    /// The disk could not be read.
    Io(io::Error),
}

impl fmt::Display for MountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotThis => f.write_str("no such filesystem here"),
            Self::Rejected(reason) | Self::Unknown(reason) => f.write_str(reason),
            Self::Io(error) => write!(f, "the disk cannot be read: {}", why(error)),
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(reason) | Self::Unknown(reason) => f.write_str(reason),
            Self::Io(error) => write!(f, "the disk cannot be read: {}", why(error)),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { reason, .. } | Self::Crashes(reason) | Self::Unknown(reason) => f.write_str(reason),
            Self::Io(error) => write!(f, "the disk cannot be read: {}", why(error)),
        }
    }
}

impl std::error::Error for MountError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<BudgetExhausted> for OpenError {
    fn from(_: BudgetExhausted) -> Self {
        Self::Unknown(BudgetExhausted::REASON.to_owned())
    }
}

impl From<BudgetExhausted> for ReadError {
    fn from(_: BudgetExhausted) -> Self {
        Self::Unknown(BudgetExhausted::REASON.to_owned())
    }
}

impl From<io::Error> for MountError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
