//! Where the host's own device nodes lie, and the links to them.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The filesystem of /dev. What is mounted below it is not of it: in /dev/shm everybody may make a tree, with links and nodes in it.
#[derive(Debug)]
pub(super) struct HostDevices {
    place: PathBuf,
    /// The number of the filesystem. `None` if /dev is a directory of the root filesystem, as in a chroot, where anybody may have made it.
    filesystem: Option<u64>,
}

impl HostDevices {
    /// Those of this machine.
    pub(super) fn new() -> Self {
        Self::at(Path::new("/dev"))
    }

    fn at(place: &Path) -> Self {
        let filesystem =
            |path: &Path| path.symlink_metadata().ok().filter(fs::Metadata::is_dir).map(|there| there.dev());
        let of_parent = place.parent().and_then(filesystem);
        Self {
            place: place.to_owned(),
            filesystem: filesystem(place).filter(|own| of_parent.is_some_and(|parent| parent != *own)),
        }
    }

    /// Whether a directory, by its real path, is of that filesystem, and only its owners may have made what lies in it.
    pub(super) fn have(&self, directory: &Path) -> bool {
        let below = |directory: &&Path| directory.starts_with(&self.place);
        // In a container, /dev/shm may be a directory of the same filesystem.
        let is_of_it = |there: &fs::Metadata| {
            there.is_dir() && Some(there.dev()) == self.filesystem && there.mode() & WRITABLE_BY_OTHERS == 0
        };
        below(&directory)
            && directory
                .ancestors()
                .take_while(below)
                .all(|path| path.symlink_metadata().is_ok_and(|there| is_of_it(&there)))
    }
}

/// The bit of a file's mode.
const WRITABLE_BY_OTHERS: u32 = 0o002;

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn what_is_mounted_below_is_not_of_it() {
        let devices = HostDevices::new();
        assert!(devices.filesystem.is_none() || devices.have(Path::new("/dev")));
        for directory in ["/dev/shm", "/dev/shm/a", "/dev/mqueue", "/dev/hugepages", "/dev/pts", "/", "/tmp", "/device"]
        {
            assert!(!devices.have(Path::new(directory)), "{directory}");
        }
    }

    /// The filesystem of /dev in another place: a directory of it that everybody may write is not of it, nor what lies there.
    #[test]
    fn nor_what_everybody_may_write() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().canonicalize().unwrap();
        assert_eq!(HostDevices::at(&place).filesystem, None, "a directory of the filesystem above");
        for name in ["vg", "shm/guest/vg"] {
            fs::create_dir_all(place.join(name)).unwrap();
        }
        fs::set_permissions(&place, fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(place.join("vg"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::set_permissions(place.join("shm"), fs::Permissions::from_mode(0o1777)).unwrap();
        symlink("vg", place.join("link")).unwrap();
        let devices = HostDevices { filesystem: Some(place.metadata().unwrap().dev()), place: place.clone() };
        let have = |name: &str| devices.have(&place.join(name));
        assert!(have("") && have("vg"));
        assert!(!have("shm") && !have("shm/guest") && !have("shm/guest/vg") && !have("link") && !have("gone"));
        let other = HostDevices { filesystem: Some(devices.filesystem.unwrap().wrapping_add(1)), place: place.clone() };
        assert!(!other.have(&place) && !other.have(&place.join("vg")));
    }
}
