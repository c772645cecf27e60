//! ISO 9660 with Rock Ridge names as pygrub's plugin `iso9660` shows it.
//!
//! That is not what Linux shows. Only the primary volume descriptor counts (no Joliet), names keep their case, symbolic
//! links, `.` and `..` are never found, a Rock Ridge name in pieces is only its first piece, and a read that meets the
//! end of the image gives nothing at all. Behaviour was measured with the plugin and is tested against it.

use self::directory_record::Extent;
use self::file::IsoFile;
use self::sectors::Sectors;
use super::filesystem::{Filesystem, MountError, OpenError, OpenFile};
use super::path_end;
use super::source::Volume;

mod directory_record;
mod file;
mod rock_ridge;
mod sectors;
mod volume_descriptor;
mod walk;

/// A mounted ISO 9660 filesystem.
#[derive(Debug)]
pub struct Iso9660 {
    sectors: Sectors,
    root: Extent,
    /// The size of the filesystem in bytes by its own account.
    claimed: u64,
}

impl Iso9660 {
    /// Mounts the filesystem that starts at the start of `volume`. Reads the volume descriptors and nothing else.
    ///
    /// # Errors
    ///
    /// [`MountError::NotThis`] without a primary volume descriptor in the sectors 16 to 31.
    pub fn mount(volume: Volume) -> Result<Self, MountError> {
        let sectors = Sectors::new(volume);
        let descriptor = volume_descriptor::find(&sectors)?.ok_or(MountError::NotThis)?;
        Ok(Self { sectors, root: descriptor.root, claimed: descriptor.claimed })
    }
}

impl Filesystem for Iso9660 {
    fn name(&self) -> &str {
        "iso9660"
    }

    fn notes(&self) -> Vec<String> {
        let there = self.sectors.volume_len();
        if self.claimed <= there {
            return Vec::new();
        }
        vec![format!(
            "the filesystem has {} bytes by its own account, and the disk ends after {there}: the image is incomplete",
            self.claimed
        )]
    }

    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError> {
        let extent = walk::resolve(self, path).map_err(|error| path_end::explained(path, error))?;
        Ok(Box::new(IsoFile::new(&self.sectors, extent)))
    }
}
