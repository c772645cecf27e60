//! A directory of this machine as the root of a filesystem: a mounted boot disk, or a tree that will become one.
//!
//! Paths are walked as libext2fs walks them (see [`ext`](super::ext)), inside the directory: an absolute symbolic link
//! starts again at its root, `..` stays in it, and what is mounted below it belongs to another filesystem, which pygrub
//! would not see.

pub(super) mod file;
mod volume;
mod walk;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use self::file::{BytesFile, DirectoryFile};
pub use self::volume::{DirectoryVolume, PlannedVolume};
use self::walk::Walk;
use super::beneath::{HeldDirectory, Node, NodeKind};
use super::filesystem::{FileKind, Filesystem, Note, OpenError, OpenFile, Topic};
use super::mount_table::MountPoint;

/// A directory that stands for a filesystem.
#[derive(Debug)]
pub struct Directory {
    root: HeldDirectory,
    device: u64,
    /// What is mounted here.
    mounted: Option<MountPoint>,
    /// Whether the features of what is mounted here are not known.
    unseen: bool,
    planned: PlannedFiles,
}

/// Files as they will be, by their path from the root of the filesystem, without a slash at its start: they are seen whether
/// they are there now or not, and so are the directories that they need.
pub type PlannedFiles = BTreeMap<PathBuf, PlannedFile>;

/// What will be in a file.
#[derive(Clone, Debug)]
pub enum PlannedFile {
    /// What is in the file at this path beneath a directory.
    CopyOf(HeldDirectory, PathBuf),
    /// These bytes.
    Bytes(Vec<u8>),
}

impl Directory {
    /// Takes `root` for the root of a filesystem.
    ///
    /// # Errors
    ///
    /// It cannot be examined, or is not a directory.
    pub fn new(root: &Path) -> io::Result<Self> {
        let root = HeldDirectory::open(root)?;
        let mounted = mounted(root.path());
        Ok(Self { device: root.itself()?.device, root, mounted, unseen: false, planned: PlannedFiles::new() })
    }

    /// The same with files that are still to come.
    #[must_use]
    pub fn with(mut self, planned: PlannedFiles) -> Self {
        self.planned = planned;
        self
    }

    /// Whether a directory will be there for what is planned in it.
    fn holds_planned(&self, place: &[Vec<u8>]) -> bool {
        let place = relative(place);
        self.planned.keys().any(|path| path.starts_with(&place))
    }

    /// Whether a filesystem is mounted right here, so that its type is the guest's.
    pub fn is_mount_point(&self) -> bool {
        self.mounted.is_some()
    }
}

/// What is mounted at `path`. The root of this machine is not a guest's disk.
fn mounted(path: &Path) -> Option<MountPoint> {
    MountPoint::at(path).filter(|_| path != Path::new("/"))
}

impl Filesystem for Directory {
    fn name(&self) -> &str {
        self.mounted.as_ref().map_or("directory", |mounted| &mounted.kind)
    }

    fn notes(&self) -> Vec<Note> {
        let note = if self.mounted.is_none() {
            "no filesystem is mounted on this directory: it is judged as the root of an ext4 filesystem"
        } else if self.unseen {
            "the device that is mounted here cannot be read, so that features of its filesystem that pygrub refuses would not be \
             seen: check the device itself, or as root"
        } else {
            return Vec::new();
        };
        vec![Note::new(Topic::Directory, note)]
    }

    fn names(&self, path: &[u8], most: usize) -> Vec<Vec<u8>> {
        let mut walk = Walk { directory: self, steps: 0 };
        let Ok(place) = walk.open(Vec::new(), path, 0) else { return Vec::new() };
        let relative = relative(&place);
        let here = self.root.names(&relative).into_iter().flatten().map(|name| name.as_bytes().to_vec());
        let planned = self.planned.keys().filter_map(|path| {
            let name = path.strip_prefix(&relative).ok()?.iter().next()?;
            Some(name.as_bytes().to_vec())
        });
        here.chain(planned).take(most).collect()
    }

    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError> {
        let mut walk = Walk { directory: self, steps: 0 };
        let found = walk.open(Vec::new(), path, 0)?;
        let place = relative(&found);
        let (root, path) = match self.planned.get(&place) {
            Some(PlannedFile::Bytes(bytes)) => return Ok(Box::new(BytesFile(bytes))),
            Some(PlannedFile::CopyOf(root, path)) => (root, path),
            None => (&self.root, &place),
        };
        let kind = match root.node(path)?.kind {
            NodeKind::Directory => FileKind::Directory,
            NodeKind::Regular => FileKind::Regular,
            NodeKind::Special | NodeKind::Link => FileKind::Special,
        };
        let file = if kind == FileKind::Regular { Some(root.open_file(path)?) } else { None };
        let size = file.as_ref().map(File::metadata).transpose()?.map_or(0, |metadata| metadata.len());
        Ok(Box::new(DirectoryFile { file, kind, size }))
    }
}

impl Directory {
    /// What a path leads to, as pygrub walks it; nothing where it leads nowhere, or to a file that is only planned.
    pub(crate) fn node(&self, path: &[u8]) -> Option<Node> {
        let mut walk = Walk { directory: self, steps: 0 };
        let place = relative(&walk.open(Vec::new(), path, 0).ok()?);
        if self.planned.contains_key(&place) { None } else { self.root.node(&place).ok() }
    }
}

/// A place, as names from the root, as a path from there.
fn relative(place: &[Vec<u8>]) -> PathBuf {
    place.iter().map(|name| OsStr::from_bytes(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn planned_files_are_seen() {
        let dir = tree();
        symlink(".", dir.path().join("here")).unwrap();
        let planned = PlannedFiles::from([
            ("boot/grub/grub.cfg".into(), PlannedFile::Bytes(b"new".to_vec())),
            ("boot/k".into(), PlannedFile::CopyOf(HeldDirectory::open(Path::new("/etc")).unwrap(), "passwd".into())),
            ("new/k".into(), PlannedFile::Bytes(b"in a directory to come".to_vec())),
        ]);
        let directory = Directory::new(dir.path()).unwrap().with(planned);
        let read = |path: &str| {
            let mut buf = [0; 9];
            let count = directory.open(path.as_bytes()).ok()?.read_at(0, &mut buf).unwrap();
            Some(buf[..count].to_vec())
        };
        for path in ["/boot/grub/grub.cfg", "/here/here/boot/grub/grub.cfg", "/dir/grub/grub.cfg"] {
            assert_eq!(read(path).as_deref(), Some(&b"new"[..]), "{path}");
        }
        assert_eq!(read("/absolute").unwrap(), fs::read("/etc/passwd").unwrap()[..9]);
        assert_eq!(read("/new/../new/k").as_deref(), Some(&b"in a dire"[..]));
        assert!(read("/new/other").is_none() && read("/neW/k").is_none() && read("/boot/k/x").is_none());
    }

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("boot/grub")).unwrap();
        fs::write(dir.path().join("boot/k"), b"kernel").unwrap();
        symlink("/boot/k", dir.path().join("absolute")).unwrap();
        symlink("boot", dir.path().join("dir")).unwrap();
        symlink("loop", dir.path().join("loop")).unwrap();
        symlink("../../../etc/passwd", dir.path().join("escape")).unwrap();
        symlink("//boot/k", dir.path().join("double")).unwrap();
        dir
    }

    #[test]
    fn walks_as_libext2fs_does() {
        let dir = tree();
        let directory = Directory::new(dir.path()).unwrap();
        for path in ["/boot/k", "boot/k", "/boot/k/", "/dir/k", "/absolute", "/../boot/k", "/boot/../boot/./k", "/"] {
            assert!(directory.open(path.as_bytes()).is_ok(), "{path}");
        }
        for path in ["//boot/k", "/boot//k", "/loop", "/escape", "/double", "/boot/k/.", "/nothing", "/boot/k//"] {
            assert!(matches!(directory.open(path.as_bytes()), Err(OpenError::NotFound(_))), "{path}");
        }
        let mut buf = [0; 9];
        assert_eq!(directory.open(b"/dir/k").unwrap().read_at(3, &mut buf).unwrap(), 3);
        assert_eq!(&buf[..3], b"nel");
    }
}
