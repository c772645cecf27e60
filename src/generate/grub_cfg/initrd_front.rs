//! What stands in front of an initrd on the boot disk, so that every Xen hands all of it to the guest.
//!
//! libxenguest up to 4.19 unpacks an initrd that begins as gzip, and drops what follows the first member if that unpacks to less
//! than the last. It leaves alone what begins as a plain archive, and to the kernel an empty one is nothing. What Xen the host has
//! now or will have is not known in the guest.

use std::io::{self, Read};

use crate::initrd::{GuestKernel, Handed, InitrdDepth, judge};
use crate::release::Release;
use crate::storage::source::{FileSource, Source};

/// An archive of cpio without an entry: its end alone, padded to a multiple of four.
const EMPTY_ARCHIVE: &[u8] = concat!(
    "070701",
    "00000000000000000000000000000000",
    "00000001",
    "000000000000000000000000000000000000000000000000",
    "0000000B",
    "00000000",
    "TRAILER!!!\0\0\0\0",
)
.as_bytes();

/// What is to stand in front of an initrd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Front {
    /// Nothing.
    None,
    /// An empty archive.
    EmptyArchive,
}

impl Front {
    /// Its bytes.
    pub(super) fn bytes(self) -> &'static [u8] {
        match self {
            Self::None => &[],
            Self::EmptyArchive => EMPTY_ARCHIVE,
        }
    }

    /// Of an initrd to which another archive is appended: nothing is known of that one.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(super) fn before_more(mut file: impl Read) -> io::Result<Self> {
        let mut beginning = [0; 2];
        match file.read_exact(&mut beginning) {
            Ok(()) if beginning == [0x1f, 0x8b] => Ok(Self::EmptyArchive),
            Ok(()) => Ok(Self::None),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Self::None),
            Err(error) => Err(error),
        }
    }

    /// Of an initrd as it is: an archive where some Xen would lose a part of it, or may.
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub(super) fn of_whole(file: &FileSource) -> io::Result<Self> {
        let mut beginning = [0; 2];
        if file.read_at(0, &mut beginning)? < 2 || Self::before_more(&beginning[..])? == Self::None {
            return Ok(Self::None);
        }
        let release = Release::line(LAST_THAT_UNPACKS).unwrap_or(Release::NEWEST);
        let report = judge(file, file.len(), &GuestKernel::default(), release, InitrdDepth::Whole)?;
        Ok(match report.handed {
            Handed::FirstMemberOnly | Handed::Unknown => Self::EmptyArchive,
            Handed::Untouched | Handed::FailsToUnpack | Handed::Unpacked | Handed::NotBuilt => Self::None,
        })
    }
}

/// The last line of Xen that unpacks initrds.
const LAST_THAT_UNPACKS: u8 = 19;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::initrd::End;

    #[test]
    fn an_empty_archive_is_one() {
        assert_eq!(EMPTY_ARCHIVE.len(), 124);
        let release = "4.17".parse().unwrap();
        let report = judge(&EMPTY_ARCHIVE, 124, &GuestKernel::default(), release, InitrdDepth::Whole).unwrap();
        assert_eq!((report.walk.end, report.walk.inventory.entries), (End::Complete, 0));
        assert_eq!((report.walk.members.len(), report.walk.message), (1, None));
    }
}
