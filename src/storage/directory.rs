//! A directory of this machine as the root of a filesystem: a mounted boot disk, or a tree that will become one.
//!
//! Paths are walked as libext2fs walks them (see [`ext`](super::ext)), inside the directory: an absolute symbolic link
//! starts again at its root, `..` stays in it, and what is mounted below it belongs to another filesystem, which pygrub
//! would not see.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::beneath::{HeldDirectory, Node, NodeKind};
use super::filesystem::{Damage, FileKind, Filesystem, MountError, Note, OpenError, OpenFile, ReadError, Topic};
use super::identify::Format;
use super::mount::{Mounting, Volumes};
use super::mount_table::MountPoint;

/// How deep symbolic links may be nested, as in libext2fs.
const DEEPEST: u32 = 8;
/// How many components one path may come to, links followed: a bound against mazes of links.
const MOST_STEPS: u32 = 100_000;

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
    /// It cannot be examined, or is no directory.
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

/// What is mounted at `path`. The root of this machine is no guest's disk.
fn mounted(path: &Path) -> Option<MountPoint> {
    MountPoint::at(path).filter(|_| path != Path::new("/"))
}

/// The one volume that a directory is.
pub struct DirectoryVolume<'a>(pub &'a Path);

/// The one volume that a directory will be.
pub struct PlannedVolume<'a> {
    /// The directory.
    pub root: &'a Path,
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
        Directory::new(self.root)?.with(self.files.clone()).mounting()
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
                    let instead = Some("make the boot disk's filesystem anew without what is refused");
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

struct Walk<'a> {
    directory: &'a Directory,
    steps: u32,
}

impl Walk<'_> {
    /// What is at a place, as names from the root. None of them is a link's but the last.
    fn node(&self, place: &[Vec<u8>]) -> io::Result<Node> {
        self.directory.root.node(&relative(place))
    }

    fn open(&mut self, base: Vec<Vec<u8>>, path: &[u8], nesting: u32) -> Result<Vec<Vec<u8>>, OpenError> {
        let (mut place, path) = match path.strip_prefix(b"/") {
            Some(rest) => (Vec::new(), rest),
            None => (base, path),
        };
        if path.is_empty() {
            return Ok(place);
        }
        // One slash at the end is nothing.
        let path = path.strip_suffix(b"/").unwrap_or(path);
        for name in path.split(|&byte| byte == b'/') {
            place = self.step(place, name, nesting)?;
        }
        Ok(place)
    }

    fn step(&mut self, place: Vec<Vec<u8>>, name: &[u8], nesting: u32) -> Result<Vec<Vec<u8>>, OpenError> {
        self.steps += 1;
        let shown = String::from_utf8_lossy(name).into_owned();
        if self.steps > MOST_STEPS {
            return Err(OpenError::Unknown("the symbolic links form a maze".to_owned()));
        }
        if name.is_empty() {
            let reason = "there is an empty component between two slashes, which libext2fs looks up as a name";
            return Err(OpenError::NotFound(reason.to_owned()));
        }
        let is_directory = self.directory.holds_planned(&place) || self.node(&place)?.kind == NodeKind::Directory;
        let parent = if place.is_empty() { "the root directory" } else { "its directory" };
        let missing = || OpenError::NotFound(format!("there is no `{shown}` in {parent}"));
        if !is_directory || name.len() > 255 || name.contains(&0) {
            return Err(missing());
        }
        let mut next = place.clone();
        match name {
            b"." => return Ok(place),
            b".." => {
                next.pop();
                return Ok(next);
            }
            _ => next.push(name.to_vec()),
        }
        if self.directory.planned.contains_key(&relative(&next)) {
            return Ok(next);
        }
        let node = match self.node(&next) {
            Ok(node) => node,
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.directory.holds_planned(&next) => {
                return Ok(next);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(missing()),
            Err(error) => return Err(error.into()),
        };
        // Device nodes and the like carry the number of the filesystem that holds them.
        if node.device != self.directory.device {
            let reason = format!("`{shown}` is a mount point: what is mounted there is another filesystem");
            return Err(OpenError::NotFound(reason));
        }
        if node.kind != NodeKind::Link {
            return Ok(next);
        }
        if nesting >= DEEPEST {
            return Err(OpenError::NotFound(format!("`{shown}` is a symbolic link nested deeper than {DEEPEST}")));
        }
        let target = self.directory.root.read_link(&relative(&next))?;
        self.open(place, target.as_os_str().as_bytes(), nesting + 1)
    }
}

/// A file of this machine.
struct DirectoryFile {
    /// Nothing for what is not a regular file: it is not opened, since a FIFO would wait.
    file: Option<File>,
    kind: FileKind,
    size: u64,
}

impl OpenFile for DirectoryFile {
    fn size(&self) -> u64 {
        self.size
    }

    fn kind(&self) -> FileKind {
        self.kind
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let Some(file) = &self.file else {
            return match self.kind {
                FileKind::Special => Ok(0),
                _ => Err(ReadError::Unknown("the blocks of a directory cannot be seen from outside".to_owned())),
            };
        };
        let mut done = 0;
        while done < buf.len() {
            match file.read_at(&mut buf[done..], offset.saturating_add(done as u64)) {
                Ok(0) => break,
                Ok(count) => done += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(done)
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        match self.kind {
            FileKind::Directory => {
                Err(ReadError::Unknown("the blocks of a directory cannot be seen from outside".to_owned()))
            }
            _ => Ok(None),
        }
    }
}

/// A file that is only planned.
pub(super) struct BytesFile<'a>(pub(super) &'a [u8]);

impl OpenFile for BytesFile<'_> {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn kind(&self) -> FileKind {
        FileKind::Regular
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, ReadError> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let count = buf.len().min(self.0.len() - start);
        buf[..count].copy_from_slice(&self.0[start..start + count]);
        Ok(count)
    }

    fn verify(&self) -> Result<Option<Damage>, ReadError> {
        Ok(None)
    }
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
