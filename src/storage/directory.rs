//! A directory of this machine as the root of a filesystem: a mounted boot disk, or a tree that will become one.
//!
//! Paths are walked as libext2fs walks them (see [`ext`](super::ext)), inside the directory: an absolute symbolic link
//! starts again at its root, `..` stays in it, and what is mounted below it belongs to another filesystem, which pygrub
//! would not see.

pub(super) mod file;
mod volume;
mod walk;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::ops::Bound;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use self::file::{BytesFile, DirectoryFile};
pub use self::volume::{DirectoryVolume, PlannedVolume};
use self::walk::DirectoryWalk;
use super::beneath::{HeldDirectory, Node, NodeKind};
use super::filesystem::{FileKind, Filesystem, Note, OpenError, OpenFile, Topic};
use super::mount_table::MountPoint;
use super::opened;

/// A directory that stands for a filesystem.
#[derive(Debug)]
pub struct Directory {
    root: HeldDirectory,
    /// A directory in it that is held by itself: where it lay, and how it is reached whatever has its name by now.
    part: Option<(PathBuf, HeldDirectory)>,
    device: u64,
    /// The number of the mount that it lies on, where the operating system says it: what is mounted in it may be of the same device.
    mount: Option<u64>,
    /// Of the mounts in it that were met, whether they hide nothing.
    hide_nothing: RefCell<BTreeMap<u64, bool>>,
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
        Self::held(HeldDirectory::open(root)?)
    }

    /// Takes a directory that is held for the root of a filesystem.
    ///
    /// # Errors
    ///
    /// It cannot be examined.
    pub fn held(root: HeldDirectory) -> io::Result<Self> {
        let mounted = mounted(&root);
        let device = root.itself()?.device;
        let mount = root.mount().map(|mount| mount.number);
        let hide_nothing = RefCell::default();
        Ok(Self { device, mount, hide_nothing, root, part: None, mounted, unseen: false, planned: PlannedFiles::new() })
    }

    /// The same, where what is beneath `path` is what is in `directory`, which lies there and is held, too.
    #[must_use]
    pub fn with_part(mut self, path: PathBuf, directory: HeldDirectory) -> Self {
        self.part = Some((path, directory)).filter(|(path, _)| path.components().next().is_some());
        self
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
        self.planned_in(&place).next().is_some()
    }

    /// What is planned at a place and beneath it.
    fn planned_in(&self, place: &Path) -> impl Iterator<Item = &PathBuf> {
        // The order is that of the components.
        let from = self.planned.range::<Path, _>((Bound::Included(place), Bound::Unbounded));
        from.map(|(path, _)| path).take_while(move |path| path.starts_with(place))
    }

    /// What a place is reached by: a directory that is held, and the path beneath it.
    fn reached<'a>(&'a self, place: &'a Path) -> (&'a HeldDirectory, &'a Path) {
        let part = self.part.as_ref().and_then(|(path, held)| Some((held, place.strip_prefix(path).ok()?)));
        part.unwrap_or((&self.root, place))
    }

    /// Whether something else lies at a place on the disk, under what is mounted there: it may be a piece of the same filesystem.
    fn is_mounted_over(&self, place: &Path) -> bool {
        let (held, place) = self.reached(place);
        let (Some(own), Some(there)) = (self.mount, held.mount_at(place)) else { return false };
        let hides_nothing = || {
            let mounts = MountPoint::numbered(own).zip(MountPoint::numbered(there.number));
            mounts.is_some_and(|(own, there)| there.hides_nothing_of(&own))
        };
        own != there.number && !*self.hide_nothing.borrow_mut().entry(there.number).or_insert_with(hides_nothing)
    }

    /// What is at a place.
    fn node_at(&self, place: &Path) -> io::Result<Node> {
        let (held, place) = self.reached(place);
        held.node(place)
    }

    /// Whether a filesystem is mounted right here, so that its type is the guest's.
    pub fn is_mount_point(&self) -> bool {
        self.mounted.is_some()
    }
}

/// What is mounted right there. The root of this machine is not a guest's disk.
fn mounted(root: &HeldDirectory) -> Option<MountPoint> {
    MountPoint::at(root).filter(|_| root.path() != Path::new("/"))
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
        let mut walk = DirectoryWalk::new(self);
        let Ok(place) = walk.open(Vec::new(), path, 0) else { return Vec::new() };
        let relative = relative(&place);
        let (held, beneath) = self.reached(&relative);
        let here = held.first_names(beneath, most).into_iter().flatten().map(|name| name.as_bytes().to_vec());
        let planned = self.planned_in(&relative).filter_map(|path| {
            let name = path.strip_prefix(&relative).ok()?.iter().next()?;
            Some(name.as_bytes().to_vec())
        });
        here.chain(planned).take(most).collect()
    }

    fn open<'a>(&'a self, path: &[u8]) -> Result<Box<dyn OpenFile + 'a>, OpenError> {
        let mut walk = DirectoryWalk::new(self);
        let found = walk.open(Vec::new(), path, 0)?;
        let place = relative(&found);
        let (root, path) = match self.planned.get(&place) {
            Some(PlannedFile::Bytes(bytes)) => return Ok(Box::new(BytesFile(bytes))),
            Some(PlannedFile::CopyOf(root, path)) => (root, path.as_path()),
            None => self.reached(&place),
        };
        let kind = match root.node(path)?.kind {
            NodeKind::Directory => FileKind::Directory,
            NodeKind::Regular => FileKind::Regular,
            NodeKind::Special | NodeKind::Link => FileKind::Special,
        };
        let file = if kind == FileKind::Regular { Some(root.open_file(path)?) } else { None };
        file.iter().for_each(opened::note);
        let size = file.as_ref().map(File::metadata).transpose()?.map_or(0, |metadata| metadata.len());
        Ok(Box::new(DirectoryFile { file, kind, size }))
    }
}

impl Directory {
    /// What a path leads to, as pygrub walks it; `None` where the disk has nothing there, and for a file that is only planned.
    ///
    /// # Errors
    ///
    /// Where it leads on the disk is not known: something on the way cannot be read, or is hidden by a mount.
    pub(crate) fn node(&self, path: &[u8]) -> Result<Option<Node>, OpenError> {
        let mut walk = DirectoryWalk::new(self);
        let place = match walk.open(Vec::new(), path, 0) {
            Ok(place) => relative(&place),
            Err(OpenError::NotFound(reason)) if walk.met_mount => return Err(OpenError::Unknown(reason)),
            Err(OpenError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        if self.planned.contains_key(&place) {
            return Ok(None);
        }
        Ok(Some(self.node_at(&place)?))
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

    #[test]
    fn a_part_that_is_held_stays_the_one_that_it_was() {
        let dir = tree();
        fs::create_dir_all(dir.path().join("other/grub")).unwrap();
        fs::write(dir.path().join("other/k"), b"another").unwrap();
        let root = HeldDirectory::open(dir.path()).unwrap();
        let part = root.directory(Path::new("boot")).unwrap();
        let directory = Directory::held(root).unwrap().with_part("boot".into(), part);
        fs::rename(dir.path().join("boot"), dir.path().join("aside")).unwrap();
        fs::rename(dir.path().join("other"), dir.path().join("boot")).unwrap();
        for path in ["/boot/k", "/dir/k", "/absolute"] {
            let mut buf = [0; 9];
            let count = directory.open(path.as_bytes()).unwrap().read_at(0, &mut buf).unwrap();
            assert_eq!(&buf[..count], b"kernel", "{path}");
        }
        assert_eq!(directory.names(b"/boot/", 9).len(), 2);
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
