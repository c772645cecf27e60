//! The disk that the guest mounts as its root, which need not be the one that it boots from.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::boot;
use crate::explain::files::{Answer, Files};
use crate::release::Release;
use crate::storage::directory::DirectoryVolume;
use crate::storage::mount::DiskVolumes;
use crate::storage::partitions::partition_table;
use crate::system_error::why;
use crate::target::Target;

/// The filesystems of a root disk, as far as pregrub has drivers for them.
pub struct RootDisk {
    filesystems: Vec<Files>,
}

/// Why a root disk cannot be looked at. Displayed, it is a clause without a full stop.
#[derive(Debug)]
#[non_exhaustive]
pub enum NoRoot {
    /// The target is a configuration alone.
    Configuration,
    /// pregrub has no driver for what is on it.
    NoFilesystem,
    /// The disk cannot be read.
    Io(io::Error),
}

impl fmt::Display for NoRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration => f.write_str("it is a configuration, not a disk"),
            Self::NoFilesystem => {
                f.write_str(
                "pregrub reads none of the filesystems on it: show its files with `guestmount --format=raw --ro`, and name the directory \
                 (after a mount, the host's kernel would work on what the guest wrote)",
            )
            }
            Self::Io(error) => write!(f, "it cannot be read: {}", why(error)),
        }
    }
}

impl std::error::Error for NoRoot {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// How many partitions are looked at.
const MOST: usize = 128;

impl RootDisk {
    /// Opens the filesystems of an image, of its partitions if it has any, or of a directory.
    ///
    /// # Errors
    ///
    /// There is none that pregrub reads, or the disk cannot be read.
    pub fn open(target: &Target) -> Result<Self, NoRoot> {
        let filesystems: Vec<Files> = match target {
            Target::Directory(path) => Files::mount(&DirectoryVolume(path), 0).into_iter().collect(),
            Target::Image(disk) | Target::Inside { disk, .. } => {
                // The newest release looks at every primary partition, and at the whole disk where there is no table.
                let table = partition_table(&**disk, &boot::partition_rules(Release::NEWEST)).map_err(NoRoot::Io)?;
                let mut offsets: Vec<u64> =
                    table.candidates.iter().filter_map(|candidate| u64::try_from(candidate.offset).ok()).collect();
                offsets.sort_unstable();
                offsets.dedup();
                let volumes = DiskVolumes::new(Arc::clone(disk));
                offsets.into_iter().take(MOST).filter_map(|offset| Files::mount(&volumes, offset)).collect()
            }
            _ => return Err(NoRoot::Configuration),
        };
        if filesystems.is_empty() { Err(NoRoot::NoFilesystem) } else { Ok(Self { filesystems }) }
    }

    /// The first bytes of a file, at most `most`; `None` if none of the filesystems has it.
    pub(in crate::lint) fn beginning(&self, path: &[u8], most: usize) -> Option<Vec<u8>> {
        self.filesystems.iter().find_map(|files| files.beginning(path, most))
    }

    /// Why none of the filesystems has this path, as a clause; nothing where one has it or pregrub cannot tell.
    pub fn why_missing(&self, path: &[u8]) -> Option<String> {
        let mut first = None;
        for files in &self.filesystems {
            match files.look(path) {
                Answer::There { .. } | Answer::Unknown => return None,
                Answer::Missing(why) => first.get_or_insert(why),
            };
        }
        first
    }
}
