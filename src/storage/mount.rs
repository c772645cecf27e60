//! Which filesystem is at an offset: pregrub's drivers, and where none fits, what pygrub's plugins would say.

use std::io;
use std::sync::Arc;

use super::ext::Ext;
use super::filesystem::{Filesystem, MountError};
use super::identify::{self, Identified, Support};
use super::source::{Source, Volume};

/// What comes of mounting.
pub enum Mounting {
    /// A filesystem that pregrub reads as pygrub does.
    Mounted(Box<dyn Filesystem>),
    /// No plugin of pygrub mounts it: it gets `[Errno 95] Operation not supported`.
    Refused {
        /// What it is, if that is known.
        identified: Option<Identified>,
        /// Why, as a clause without a full stop.
        why: String,
        /// The way out, as an imperative without a full stop, if there is one.
        instead: Option<&'static str>,
    },
    /// pregrub cannot tell whether pygrub mounts it, or has no driver for it.
    Unknown {
        /// What it is, if that is known.
        identified: Option<Identified>,
        /// Why, as a clause without a full stop.
        why: String,
    },
}

/// A disk on which filesystems are mounted by offset. The run asks nothing else of a disk but its partition table.
pub trait Volumes {
    /// Mounts what starts at the byte `offset`.
    ///
    /// # Errors
    ///
    /// The disk cannot be read.
    fn mount(&self, offset: u64) -> io::Result<Mounting>;
}

/// The volumes of a disk image or a block device.
pub struct DiskVolumes(Arc<dyn Source>);

impl DiskVolumes {
    /// Looks for filesystems in `source`.
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self(source)
    }
}

impl Volumes for DiskVolumes {
    fn mount(&self, offset: u64) -> io::Result<Mounting> {
        mount(&Volume::new(Arc::clone(&self.0), offset))
    }
}

/// Mounts what starts where `volume` starts.
///
/// # Errors
///
/// The disk cannot be read.
pub fn mount(volume: &Volume) -> io::Result<Mounting> {
    let others = identify::might_be_accepted(volume)?;
    let ext = match Ext::mount(volume.clone()) {
        Ok(ext) if others.is_empty() => return Ok(Mounting::Mounted(Box::new(ext))),
        Ok(_) => Err(format!(
            "both {} and ext2fs-lib of pygrub's plugins might mount it, and which is tried first depends on the host",
            others.join(", ")
        )),
        Err(MountError::Io(error)) => return Err(error),
        Err(MountError::NotThis) => Ok(None),
        Err(MountError::Rejected(why)) => Ok(Some(why)),
        Err(MountError::Unknown(why)) => Err(why),
    };
    let identified = identify::identify(volume)?;
    let ext = match ext {
        Ok(ext) => ext,
        Err(why) => return Ok(Mounting::Unknown { identified, why }),
    };
    if !others.is_empty() {
        let why = match &identified {
            Some(found) => format!(
                "this is {}, which pygrub's plugin {} may read and pregrub cannot read yet",
                found.format.title(),
                others.join(" or ")
            ),
            None => format!("pygrub's plugin {} might take this for its filesystem", others.join(" or ")),
        };
        return Ok(Mounting::Unknown { identified, why });
    }
    if let Some(why) = ext {
        return Ok(Mounting::Refused {
            identified,
            why,
            instead: Some(
                "check it with e2fsck -fn; where it has a feature that pygrub refuses, format it as ext4 without",
            ),
        });
    }
    Ok(match identified.as_ref().map(|found| (found, found.support())) {
        None => unrecognised(volume),
        Some((found, Support::PygrubRefuses { why, instead })) => {
            let detail = if found.detail.is_empty() { String::new() } else { format!(", {}", found.detail) };
            let why = format!("what is here is {}{detail}: {why}", found.format.title());
            Mounting::Refused { identified, why, instead: Some(instead) }
        }
        // No plugin accepted it just now, whatever the format promises.
        Some((found, Support::PygrubReads { plugin })) => {
            let why =
                format!("this looks like {}, but pygrub's plugin {plugin} does not mount it", found.format.title());
            Mounting::Refused { identified, why, instead: None }
        }
        Some((_, Support::Unknown { why })) => Mounting::Unknown { identified, why: why.to_owned() },
    })
}

/// What is said where there is nothing that pregrub knows.
fn unrecognised(volume: &Volume) -> Mounting {
    let (why, instead) = if volume.is_empty() && volume.offset() == 0 {
        ("the disk is empty: it has no byte", "name the disk that holds the guest's /boot")
    } else if volume.is_empty() {
        ("the partition begins behind the end of the disk", "check that the image is complete")
    } else {
        let instead = "check that this is the disk with the guest's /boot, and format that as ext4: an unpartitioned disk, or a \
                       primary partition";
        ("no filesystem is recognised here", instead)
    };
    Mounting::Refused { identified: None, why: why.to_owned(), instead: Some(instead) }
}
