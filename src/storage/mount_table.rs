//! What is mounted on this machine, and from which device.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::beneath::{HeldDirectory, HeldMount};
use super::ext::Ext;
use super::filesystem::MountError;
use super::source::{FileSource, Volume};

/// A line of /proc/self/mountinfo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MountPoint {
    /// Its number.
    number: u64,
    /// `major:minor`.
    device: String,
    /// What of the filesystem is mounted.
    root: String,
    /// Where.
    point: PathBuf,
    /// The type, by Linux's name.
    pub kind: String,
    source: String,
}

impl MountPoint {
    /// The mount that a directory lies on: by its number, or by the directory's path where the kernel gives no number.
    pub(crate) fn of(directory: &HeldDirectory) -> Option<Self> {
        match directory.mount() {
            Some(HeldMount { number, .. }) => Self::numbered(number),
            None => Self::of_path(directory.path()),
        }
    }

    /// The mount of this number.
    pub(crate) fn numbered(number: u64) -> Option<Self> {
        table()?.into_iter().find(|mount| mount.number == number)
    }

    /// Whether it shows the piece of the filesystem that `outer` has there itself, as where NixOS mounts /nix/store on itself, read-only.
    pub(crate) fn hides_nothing_of(&self, outer: &Self) -> bool {
        let place = self.point.strip_prefix(&outer.point).map(|place| Path::new(&outer.root).join(place));
        self.device == outer.device && place.is_ok_and(|place| place == Path::new(&self.root))
    }

    /// The mount whose root a directory is.
    pub(crate) fn at(directory: &HeldDirectory) -> Option<Self> {
        match directory.mount() {
            Some(mount) => Self::of(directory).filter(|_| mount.is_root),
            None => table()?.into_iter().rfind(|mount| mount.point == directory.path()),
        }
    }

    fn of_path(path: &Path) -> Option<Self> {
        // Of several at one place the last covers the others, and `max_by_key` takes the last.
        let mounts = table()?.into_iter().filter(|mount| path.starts_with(&mount.point));
        mounts.max_by_key(|mount| mount.point.components().count())
    }

    fn parse(line: &str) -> Option<Self> {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ');
        let number = left.next()?.parse().ok()?;
        let mut left = left.skip(1);
        let device = left.next()?.to_owned();
        let root = unescape(left.next()?);
        let point = PathBuf::from(unescape(left.next()?));
        let mut right = right.split(' ');
        let kind = right.next()?.to_owned();
        Some(Self { number, device, root, point, kind, source: unescape(right.next()?) })
    }

    /// Whether it is one of the ext family.
    pub(crate) fn is_ext(&self) -> bool {
        matches!(self.kind.as_str(), "ext2" | "ext3" | "ext4")
    }

    /// Where `path` lies on the filesystem.
    pub(crate) fn inside(&self, path: &Path) -> PathBuf {
        Path::new(&self.root).join(path.strip_prefix(&self.point).unwrap_or(path))
    }

    /// What pygrub makes of an ext filesystem that is mounted here, by its device; nothing where the device cannot be opened or
    /// does not hold it, as in a container.
    pub(crate) fn ext(&self) -> Option<Result<Ext, MountError>> {
        let candidates = [PathBuf::from(&self.source), PathBuf::from(format!("/dev/block/{}", self.device))];
        let devices = candidates.into_iter().filter(|path| path.starts_with("/dev"));
        devices.filter_map(|device| open(&device).ok()).map(Ext::mount).find(|mounted| {
            // A path may stand for another device by now.
            !matches!(mounted, Err(MountError::NotThis | MountError::Io(_)))
        })
    }
}

fn open(device: &Path) -> io::Result<Volume> {
    Ok(Volume::new(Arc::new(FileSource::new(File::open(device)?)?), 0))
}

fn table() -> Option<Vec<MountPoint>> {
    let table = fs::read("/proc/self/mountinfo").ok()?;
    Some(String::from_utf8_lossy(&table).lines().filter_map(MountPoint::parse).collect())
}

/// Undoes the octal escapes of mountinfo.
fn unescape(field: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(field.to_owned(), |text, (escape, plain)| text.replace(escape, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(line: &str) -> MountPoint {
        MountPoint::parse(line).unwrap()
    }

    #[test]
    fn the_place_on_the_filesystem_is_found() {
        let own = mount("36 35 202:0 / /boot rw,noatime shared:1 - ext4 /dev/xvda rw");
        assert_eq!(own.inside(Path::new("/boot")), Path::new("/"));
        assert_eq!((own.device.as_str(), own.source.as_str()), ("202:0", "/dev/xvda"));
        let part = mount("36 35 202:1 / / rw - ext4 /dev/root rw");
        assert_eq!(part.inside(Path::new("/boot")), Path::new("/boot"));
        let bound = mount("36 35 202:1 /srv/a\\040b /boot rw - ext3 /dev/xvda1 rw");
        assert_eq!(bound.inside(Path::new("/boot/x")), Path::new("/srv/a b/x"));
        assert!(bound.is_ext());
        assert!(!mount("36 35 0:30 / / rw - btrfs /dev/xvda1 rw").is_ext());
        assert!(MountPoint::parse("nonsense").is_none());
    }

    #[test]
    fn a_piece_that_is_mounted_on_itself_hides_nothing() {
        let outer = mount("36 35 202:1 /srv /mnt rw - ext4 /dev/xvda1 rw");
        for (line, hides_nothing) in [
            ("37 36 202:1 /srv/nix/store /mnt/nix/store ro - ext4 /dev/xvda1 rw", true),
            ("37 36 202:1 /nix/store /mnt/nix/store ro - ext4 /dev/xvda1 rw", false),
            ("37 36 202:1 /srv/other /mnt/nix/store ro - ext4 /dev/xvda1 rw", false),
            ("37 36 202:2 /srv/nix/store /mnt/nix/store ro - ext4 /dev/xvda2 rw", false),
            ("37 35 202:1 /srv /elsewhere ro - ext4 /dev/xvda1 rw", false),
        ] {
            assert_eq!(mount(line).hides_nothing_of(&outer), hides_nothing, "{line}");
        }
    }

    #[test]
    fn the_last_mount_at_a_place_covers_the_others() {
        // In a chroot nothing need be mounted on `/`.
        let held = HeldDirectory::open(Path::new("/")).unwrap();
        if let Some(root) = MountPoint::at(&held) {
            assert_eq!(MountPoint::of(&held).as_ref(), Some(&root));
            assert_eq!(MountPoint::of_path(Path::new("/")), Some(root));
        }
        // By its number and by its path it is the same.
        let proc = HeldDirectory::open(Path::new("/proc")).unwrap();
        assert_eq!(MountPoint::of(&proc), MountPoint::of_path(proc.path()));
        assert_eq!(MountPoint::at(&proc).map(|mount| mount.kind), Some("proc".to_owned()));
        assert_eq!(MountPoint::at(&HeldDirectory::open(Path::new("/proc/self")).unwrap()), None);
    }
}
