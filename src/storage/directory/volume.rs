//! The one volume that a directory is, or will be.

use std::io;
use std::path::Path;
use std::rc::Rc;

use super::{Directory, PlannedFiles};
use crate::storage::beneath::HeldDirectory;
use crate::storage::filesystem::MountError;
use crate::storage::identify::Format;
use crate::storage::mount::{Mounting, Volumes};

/// The one volume that a directory is.
pub struct DirectoryVolume<'a>(pub &'a Path);

/// The one volume that a directory will be.
pub struct PlannedVolume<'a> {
    /// The directory.
    pub root: &'a HeldDirectory,
    /// A directory in it that is held by itself, and where it lies: empty for `root` itself.
    pub part: (&'a Path, &'a HeldDirectory),
    /// What is still to come in it.
    pub files: &'a PlannedFiles,
}

impl Volumes for DirectoryVolume<'_> {
    fn mount(&self, _offset: u64) -> io::Result<Mounting> {
        Directory::new(self.0)?.mounting()
    }
}

impl Volumes for PlannedVolume<'_> {
    fn mount(&self, _offset: u64) -> io::Result<Mounting> {
        let (path, part) = self.part;
        let directory = Directory::held(self.root.clone())?.with_part(path.to_owned(), part.clone());
        directory.with(self.files.clone()).mounting()
    }
}

impl Directory {
    /// What pygrub makes of the filesystem that is mounted here.
    fn mounting(mut self) -> io::Result<Mounting> {
        let Some(mounted) = &self.mounted else { return Ok(Mounting::Mounted(Rc::new(self))) };
        let name = &mounted.kind;
        if mounted.is_ext() {
            match mounted.ext() {
                Some(Err(MountError::Rejected(why))) => {
                    let instead = Some("make the boot disk's filesystem again, without what is refused");
                    return Ok(Mounting::Refused { identified: None, why, instead });
                }
                Some(Err(MountError::Unknown(why))) => {
                    return Ok(Mounting::Unknown { identified: None, why, plugins: Vec::new() });
                }
                Some(_) => {}
                None => self.unseen = true,
            }
            return Ok(Mounting::Mounted(Rc::new(self)));
        }
        if matches!(name.as_str(), "tmpfs" | "overlay") {
            return Ok(Mounting::Mounted(Rc::new(self)));
        }
        // The types that a plugin of pygrub reads in some form, by the names of Linux.
        Ok(if matches!(name.as_str(), "vfat" | "msdos" | "iso9660" | "xfs" | "reiserfs" | "ufs" | "zfs") {
            let why = format!("a {name} filesystem is mounted here, which pregrub cannot judge from a directory");
            Mounting::Unknown { identified: None, why, plugins: Vec::new() }
        } else {
            let title = Format::ALL.iter().find(|format| format.name() == name).map_or(name.as_str(), |f| f.title());
            let why = format!("this is {title}, and pygrub has no driver for it");
            Mounting::Refused { identified: None, why, instead: Some("format the boot disk as ext4") }
        })
    }
}
