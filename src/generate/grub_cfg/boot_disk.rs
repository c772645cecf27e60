//! The filesystem that pygrub will look at, and where on it the boot directory lies.

use std::path::{Path, PathBuf};

use super::error::GrubCfgError;
use super::root::RootDirectory;
use crate::escape::escaped;
use crate::generate::boot_filesystem::check_feature;
use crate::storage::beneath::{HeldDirectory, is_link_in_the_way};
use crate::storage::filesystem::MountError;
use crate::storage::mount_table::MountPoint;

/// Where grub.cfg lies in the boot directory.
pub(super) const GRUB_CFG: &str = "grub/grub.cfg";

/// How GRUB finds the filesystem of the boot disk. pygrub passes the line by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// By the UUID that is read from the device of the boot directory; not at all where it cannot be read.
    Device,
    /// By this UUID.
    Uuid(String),
    /// Not at all: GRUB starts on the filesystem that its own files are on.
    Never,
}

/// The boot disk.
#[derive(Clone, Debug)]
pub struct BootDisk {
    /// The root of the filesystem, held open: whatever is judged there is looked at by this.
    pub root: HeldDirectory,
    /// The boot directory, on this machine: `root` itself, or a directory in it.
    pub boot: PathBuf,
    /// The boot directory, held open: whatever is read or written there goes by this.
    pub directory: HeldDirectory,
    /// The boot directory as paths on the boot disk begin: empty, or such as `/boot`.
    pub prefix: String,
    /// The UUID of the filesystem, where it is known.
    pub uuid: Option<String>,
}

impl BootDisk {
    /// Finds out on which filesystem `boot` lies, a path of this machine. A `prefix` is taken as given.
    ///
    /// # Errors
    ///
    /// There is no such directory, a symbolic link is in the way to it (below `root`, or from `/` on where it lies elsewhere), or it lies on a filesystem that pygrub or an installation that survives a power cut cannot
    /// work with, or what is given does not go with it.
    pub fn find(
        root: &RootDirectory,
        boot: &Path,
        prefix: Option<&str>,
        search: &Search,
    ) -> Result<Self, GrubCfgError> {
        if let Search::Uuid(uuid) = search
            && !is_uuid(uuid)
        {
            return Err(GrubCfgError::new(format!("`{}` is not a UUID of a filesystem", escaped(uuid))));
        }
        let directory = root.boot_directory(boot).map_err(|error| {
            let sentence = GrubCfgError::io("find the boot directory", boot, &error);
            if !is_link_in_the_way(&error) {
                return sentence;
            }
            GrubCfgError::new(format!("{sentence}: name the directory itself with --boot, if it is the guest's"))
        })?;
        let boot = directory.path().to_owned();
        let mounted = MountPoint::of(&directory);
        let prefix = match (prefix, &mounted) {
            (Some(prefix), _) => prefix.trim_end_matches('/').to_owned(),
            (None, Some(mounted)) => place(mounted, &boot)?,
            (None, None) => {
                let sentence = "/proc/self/mountinfo does not show where `{}` is mounted: say with --prefix where it lies on its filesystem";
                return Err(GrubCfgError::new(sentence.replace("{}", &boot.display().to_string())));
            }
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | '@');
        if !prefix.chars().all(plain) || !prefix.is_empty() && !prefix.starts_with('/') || prefix.contains("//") {
            return Err(GrubCfgError::new(format!(
                "`{}` is not a place on the boot disk that both pygrub and GRUB can name",
                escaped(&prefix)
            )));
        }
        let root = above(&directory, &prefix)?;
        // A directory that is said to lie elsewhere will be copied to another filesystem.
        let own = mounted.filter(|mounted| place(mounted, &boot).is_ok_and(|place| place == prefix));
        let own = own.map(|mounted| uuid(&mounted, &boot)).transpose()?.flatten();
        let uuid = match search {
            Search::Uuid(uuid) => Some(uuid.clone()),
            Search::Never => None,
            Search::Device => own,
        };
        Ok(Self { root, boot, directory, prefix, uuid })
    }

    /// Whether the boot directory still lies where it lay on its filesystem.
    ///
    /// # Errors
    ///
    /// It was moved, so that pygrub would come to another one.
    #[cfg(all(target_os = "linux", feature = "install"))]
    pub(super) fn expect_in_place(&self) -> Result<(), GrubCfgError> {
        let there = self.root.directory(Path::new(self.prefix.trim_start_matches('/')));
        if there.is_ok_and(|there| there.is_same(&self.directory)) {
            return Ok(());
        }
        let boot = self.boot.display();
        Err(GrubCfgError::new(format!(
            "`{boot}` was moved while pregrub was at work, or another directory has its name"
        )))
    }

    /// How the boot disk names a file in the boot directory.
    pub fn path(&self, in_boot: &str) -> String {
        format!("{}/{in_boot}", self.prefix)
    }
}

/// Whether a text is the UUID of some filesystem (FAT and ISO 9660 have shorter ones).
fn is_uuid(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// The directory that `boot` is `prefix` of.
fn above(boot: &HeldDirectory, prefix: &str) -> Result<HeldDirectory, GrubCfgError> {
    let mut root = boot.clone();
    for name in prefix.split('/').rev().filter(|name| !name.is_empty()) {
        let parent =
            root.parent().map_err(|error| GrubCfgError::io("open the directory above", root.path(), &error))?;
        let named = parent.directory(Path::new(name));
        if parent.is_same(&root) || !named.is_ok_and(|named| named.is_same(&root)) {
            return Err(GrubCfgError::new(format!(
                "`{}` does not end in `{prefix}`, as it is said to lie on its filesystem",
                boot.path().display()
            )));
        }
        root = parent;
    }
    Ok(root)
}

/// Where `path` lies on the filesystem that is mounted there.
fn place(mounted: &MountPoint, path: &Path) -> Result<String, GrubCfgError> {
    if !mounted.is_ext() {
        return Err(GrubCfgError::new(format!(
            "`{}` lies on a filesystem of type {}: pregrub installs on ext2, ext3 and ext4 only, which pygrub reads and which \
             a power cut leaves whole",
            path.display(),
            mounted.kind
        )));
    }
    let whole = mounted.inside(path);
    let prefix = whole.to_str().ok_or_else(|| GrubCfgError::new(format!("`{}` is not UTF-8", whole.display())))?;
    Ok(prefix.trim_end_matches('/').to_owned())
}

/// The UUID of the filesystem that is mounted there, where its device can be read.
///
/// # Errors
///
/// Its features keep pygrub or GRUB from reading it.
fn uuid(mounted: &MountPoint, boot: &Path) -> Result<Option<String>, GrubCfgError> {
    let refused = |why: &str| {
        let boot = boot.display();
        GrubCfgError::new(format!("`{boot}` lies on a filesystem that cannot be the boot disk: {why}"))
    };
    match mounted.ext() {
        None => Ok(None),
        Some(Ok(ext)) => {
            for feature in ext.features().names() {
                check_feature(&feature).map_err(|refusal| refused(&refusal.reason))?;
            }
            let uuid = ext.uuid();
            Ok(Some(uuid).filter(|uuid| uuid.bytes().any(|byte| !matches!(byte, b'0' | b'-'))))
        }
        Some(Err(MountError::Rejected(why) | MountError::Unknown(why))) => Err(refused(&why)),
        Some(Err(MountError::NotThis | MountError::Io(_))) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_lies_above() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap();
        std::fs::create_dir_all(real.join("mnt/boot/sub")).unwrap();
        let boot = HeldDirectory::open(&real.join("mnt/boot")).unwrap();
        assert_eq!(above(&boot, "").unwrap().path(), real.join("mnt/boot"));
        assert_eq!(above(&boot, "/boot").unwrap().path(), real.join("mnt"));
        assert_eq!(above(&boot, "/mnt/boot").unwrap().path(), real);
        assert!(above(&boot, "/efi").is_err() && above(&boot, "/boot/boot").is_err());
        assert!(above(&HeldDirectory::open(Path::new("/")).unwrap(), "/..").is_err());
    }

    #[test]
    fn uuids() {
        assert!(is_uuid("3f1c9a5e-77aa-4d0e-9c59-0f3a5d2e6b11") && is_uuid("ABCD-1234"));
        assert!(!is_uuid("") && !is_uuid("a b") && !is_uuid(&"a".repeat(65)));
    }
}
