//! ISO 9660 with Rock Ridge names as pygrub's plugin `iso9660` shows it.
//!
//! That is not what Linux shows. Only the primary volume descriptor counts (no Joliet), names keep their case, symbolic
//! links, `.` and `..` are never found, a Rock Ridge name in pieces is only its first piece, and a read that meets the
//! end of the image gives nothing at all. Behaviour was measured with the plugin and is tested against it.

use std::cell::Cell;

use self::directory_record::{Extent, Records};
use self::file::IsoFile;
use self::sectors::Sectors;
use super::filesystem::{Filesystem, MountError, Note, OpenError, OpenFile, Size, Topic};
use super::source::Volume;
use crate::storage::path_whitespace;

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
    /// Whether an entry was met that is longer than it can be.
    overlong: Cell<bool>,
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
        Ok(Self { sectors, root: descriptor.root, claimed: descriptor.claimed, overlong: Cell::new(false) })
    }
}

impl Filesystem for Iso9660 {
    fn name(&self) -> &str {
        "iso9660"
    }

    fn size(&self) -> Size {
        Size { claimed: self.claimed, there: self.sectors.volume_len() }
    }

    fn notes(&self) -> Vec<Note> {
        let plain = "it has no Rock Ridge names, and plain ones are in upper case, such as /BOOT, while pygrub looks for lower \
                     case: make it with Rock Ridge, as xorriso -as mkisofs -R does";
        // What cannot be read here is reported where it is looked for.
        let sector = self.sectors.read(self.root.sector).ok().flatten();
        let first = sector.as_ref().and_then(|sector| Records::new(sector).next());
        let shouts = |name: &[u8]| name.iter().any(u8::is_ascii_uppercase) && !name.iter().any(u8::is_ascii_lowercase);
        match first {
            Some(record) if record.system_use.is_empty() && shouts(record.name) => {
                vec![Note::new(Topic::Names, plain)]
            }
            _ => Vec::new(),
        }
    }

    fn rests_on_bounds(&self) -> bool {
        self.overlong.get()
    }

    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError> {
        let extent = walk::resolve(self, path).map_err(|error| path_whitespace::explained(path, error))?;
        Ok(Box::new(IsoFile::new(&self.sectors, extent)))
    }
}
