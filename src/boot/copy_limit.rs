//! How large a kernel or an initrd may be that is copied to the host.
//!
//! pygrub copies whatever length the guest's filesystem claims. A file's length is one number on the disk: holes, or blocks that are
//! named again and again, make any length of it, and the copy lies in `/var/run`, which is memory.

use std::fmt;

/// Most bytes of a file that is copied by default: 1 GiB. libxenguest, which loads what pygrub hands over, takes no more
/// (`XC_DOM_DECOMPRESS_MAX`).
pub const LARGEST_COPY: u64 = 1 << 30;

/// Why a file is too large to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// It is longer than the disk that it lies on.
    Disk {
        /// Its length in bytes.
        bytes: u64,
        /// The disk's.
        disk: u64,
    },
    /// It is longer than is copied.
    Limit {
        /// Its length in bytes.
        bytes: u64,
        /// The limit.
        most: u64,
    },
}

impl TooLarge {
    /// Judges a file of `bytes` on a disk of `disk` bytes, where there is one, if at most `most` are copied.
    pub fn of(bytes: u64, disk: Option<u64>, most: u64) -> Option<Self> {
        match disk {
            Some(disk) if bytes > disk => Some(Self::Disk { bytes, disk }),
            _ => (bytes > most).then_some(Self::Limit { bytes, most }),
        }
    }

    /// The length of the file.
    pub fn bytes(self) -> u64 {
        match self {
            Self::Disk { bytes, .. } | Self::Limit { bytes, .. } => bytes,
        }
    }

    /// The way out, as an imperative without a full stop.
    pub fn help(self) -> &'static str {
        match self {
            Self::Disk { .. } => "write the file again: no kernel or initrd is longer than its disk",
            Self::Limit { .. } => {
                "name the right file; to copy larger ones, set PREGRUB_MAX_FILE_SIZE_MB for the drop-in"
            }
        }
    }
}

/// A predicate without a full stop: `has 5 bytes, ...`.
impl fmt::Display for TooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk { bytes, disk } => write!(f, "claims {bytes} bytes, and its whole disk has {disk}"),
            Self::Limit { bytes, most } => write!(f, "has {bytes} bytes, and at most {most} are copied"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits() {
        assert_eq!(TooLarge::of(5, Some(5), 5), None);
        assert_eq!(TooLarge::of(6, Some(5), 5), Some(TooLarge::Disk { bytes: 6, disk: 5 }));
        assert_eq!(TooLarge::of(6, Some(6), 5), Some(TooLarge::Limit { bytes: 6, most: 5 }));
        assert_eq!(TooLarge::of(6, None, 6), None);
    }
}
