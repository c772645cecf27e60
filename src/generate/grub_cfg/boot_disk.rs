//! The filesystem that pygrub will look at, and where on it the boot directory lies.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::uuid::{filesystem_uuid, is_uuid};

/// How GRUB is told which filesystem is the boot disk. pygrub passes the line by.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BootDisk {
    /// The root of the filesystem, on this machine.
    pub root: PathBuf,
    /// The boot directory, on this machine: `root` itself, or a directory in it.
    pub boot: PathBuf,
    /// The boot directory as paths on the boot disk begin: empty, or such as `/boot`.
    pub prefix: String,
    /// The UUID of the filesystem, where it is known.
    pub uuid: Option<String>,
}

impl BootDisk {
    /// Finds out on which filesystem `boot` lies. A `prefix` is taken as given.
    ///
    /// # Errors
    ///
    /// There is no such directory, or it lies on a filesystem that pygrub or an installation that survives a power cut cannot
    /// work with, or what is given does not go with it.
    pub fn find(boot: &Path, prefix: Option<&str>, search: &Search) -> Result<Self, Error> {
        if let Search::Uuid(uuid) = search
            && !is_uuid(uuid)
        {
            return Err(Error::new(format!("`{}` is no UUID of a filesystem", uuid.escape_debug())));
        }
        let boot = boot.canonicalize().map_err(|error| Error::io("find the boot directory", boot, &error))?;
        if !boot.is_dir() {
            return Err(Error::new(format!("`{}` is no directory", boot.display())));
        }
        let mount = Mount::of(&boot);
        let prefix = match (prefix, &mount) {
            (Some(prefix), _) => prefix.trim_end_matches('/').to_owned(),
            (None, Some(mount)) => mount.prefix(&boot)?,
            (None, None) => {
                let sentence = "/proc/self/mountinfo does not tell where `{}` is mounted: say with --prefix where it lies on its filesystem";
                return Err(Error::new(sentence.replace("{}", &boot.display().to_string())));
            }
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | '+' | '@');
        if !prefix.chars().all(plain) || !prefix.is_empty() && !prefix.starts_with('/') || prefix.contains("//") {
            return Err(Error::new(format!(
                "`{}` is no place on the boot disk that both pygrub and GRUB can name",
                prefix.escape_debug()
            )));
        }
        let root = root(&boot, &prefix)?;
        let uuid = match search {
            Search::Uuid(uuid) => Some(uuid.clone()),
            Search::Never => None,
            Search::Device => mount.as_ref().and_then(Mount::uuid),
        };
        Ok(Self { root, boot, prefix, uuid })
    }

    /// How the boot disk names a file in the boot directory.
    pub fn path(&self, in_boot: &str) -> String {
        format!("{}/{in_boot}", self.prefix)
    }
}

/// The directory that `boot` is `prefix` of.
fn root(boot: &Path, prefix: &str) -> Result<PathBuf, Error> {
    let mut root = boot;
    for name in prefix.split('/').rev().filter(|name| !name.is_empty()) {
        root = match root.parent() {
            Some(parent) if root.file_name().is_some_and(|last| last == name) => parent,
            _ => {
                return Err(Error::new(format!(
                    "`{}` does not end in `{prefix}`, as it is said to lie on its filesystem",
                    boot.display()
                )));
            }
        };
    }
    Ok(root.to_owned())
}

/// A line of /proc/self/mountinfo.
struct Mount {
    /// `major:minor`.
    device: String,
    /// What of the filesystem is mounted.
    root: String,
    /// Where.
    point: PathBuf,
    kind: String,
    source: String,
}

impl Mount {
    /// The mount that a path lies on.
    fn of(path: &Path) -> Option<Self> {
        let table = fs::read("/proc/self/mountinfo").ok()?;
        let table = String::from_utf8_lossy(&table);
        // Of several at one place the last covers the others, and `max_by_key` takes the last.
        let mounts = table.lines().filter_map(Self::parse).filter(|mount| path.starts_with(&mount.point));
        mounts.max_by_key(|mount| mount.point.components().count())
    }

    fn parse(line: &str) -> Option<Self> {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(2);
        let device = left.next()?.to_owned();
        let root = unescape(left.next()?);
        let point = PathBuf::from(unescape(left.next()?));
        let mut right = right.split(' ');
        let kind = right.next()?.to_owned();
        Some(Self { device, root, point, kind, source: unescape(right.next()?) })
    }

    /// The UUID of the filesystem, by its device.
    fn uuid(&self) -> Option<String> {
        [Path::new(&self.source), Path::new(&format!("/dev/block/{}", self.device))]
            .into_iter()
            .filter(|path| path.starts_with("/dev"))
            .find_map(|device| filesystem_uuid(device).ok().flatten())
    }

    /// Where `path` lies on the filesystem.
    fn prefix(&self, path: &Path) -> Result<String, Error> {
        if !matches!(self.kind.as_str(), "ext2" | "ext3" | "ext4") {
            return Err(Error::new(format!(
                "`{}` lies on a filesystem of type {}: pregrub installs on ext2, ext3 and ext4 only, which pygrub reads and which \
                 a power cut leaves whole",
                path.display(),
                self.kind
            )));
        }
        let below = path.strip_prefix(&self.point).unwrap_or(path);
        let whole = Path::new(&self.root).join(below);
        let prefix = whole.to_str().ok_or_else(|| Error::new(format!("`{}` is no UTF-8", whole.display())))?;
        Ok(prefix.trim_end_matches('/').to_owned())
    }
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

    fn mount(line: &str) -> Mount {
        Mount::parse(line).unwrap()
    }

    #[test]
    fn the_place_on_the_filesystem_is_found() {
        let own = mount("36 35 202:0 / /boot rw,noatime shared:1 - ext4 /dev/xvda rw");
        assert_eq!(own.prefix(Path::new("/boot")).unwrap(), "");
        assert_eq!((own.device.as_str(), own.source.as_str()), ("202:0", "/dev/xvda"));
        let part = mount("36 35 202:1 / / rw - ext4 /dev/root rw");
        assert_eq!(part.prefix(Path::new("/boot")).unwrap(), "/boot");
        let bound = mount("36 35 202:1 /srv/a\\040b /boot rw - ext3 /dev/xvda1 rw");
        assert_eq!(bound.prefix(Path::new("/boot")).unwrap(), "/srv/a b");
        let error = mount("36 35 0:30 / / rw - btrfs /dev/xvda1 rw").prefix(Path::new("/boot")).unwrap_err();
        assert!(error.to_string().contains("type btrfs"), "{error}");
        assert!(Mount::parse("nonsense").is_none());
    }

    #[test]
    fn the_root_lies_above() {
        assert_eq!(root(Path::new("/mnt/boot"), "").unwrap(), Path::new("/mnt/boot"));
        assert_eq!(root(Path::new("/mnt/boot"), "/boot").unwrap(), Path::new("/mnt"));
        assert!(root(Path::new("/mnt/efi"), "/boot").is_err());
    }
}
