//! A directory that is held open, and what lies beneath it.
//!
//! A guest's tree may hold a symbolic link anywhere, made to lead a program of the host to the host's own files. Here every
//! directory on a path is opened by the descriptor of the one before it, with `O_NOFOLLOW`, and what is done to the last name
//! (opening, making, renaming, removing) goes by the descriptor of its directory. A link anywhere is an error, also one that takes
//! the place of a directory in the meantime. Callers that need links followed resolve them in the view of the guest, name by name.
//!
//! Linux's `openat2` with `RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS` does the same in one call where it is there and no seccomp filter
//! forbids it; this walk works everywhere, so that there is one way to test instead of two.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fchmod, fstat, linkat, mkdirat, openat, readlinkat};
use rustix::fs::{renameat, statat, unlinkat};
use rustix::io::Errno;

/// The directory that a path's last name lies in.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Whether a name is that of a repository's own directory (`.git`), whatever the case: what git runs lies there, and credentials do. A
/// commit must choose nothing of it.
pub(crate) fn is_of_repository(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(".git")
}

/// A directory that is held open. Paths that are given to it lie beneath it: they have no `..`, and a slash at their start says
/// nothing.
#[derive(Clone, Debug)]
pub struct HeldDirectory {
    descriptor: Arc<OwnedFd>,
    path: PathBuf,
}

/// What a name stands for; a symbolic link stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A directory.
    Directory,
    /// A regular file.
    Regular,
    /// A symbolic link.
    Link,
    /// A device, a FIFO or a socket.
    Special,
}

/// What the operating system says of a name.
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Its size in bytes.
    pub size: u64,
    /// The number of the filesystem that it is on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// How many names it has.
    pub links: u64,
    /// When its content was modified last.
    pub modified: SystemTime,
}

/// The mount that a directory lies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldMount {
    /// Its number in `/proc/self/mountinfo`.
    pub number: u64,
    /// Whether the directory is what is mounted.
    pub is_root: bool,
}

/// A symbolic link where none may be.
#[derive(Debug)]
struct LinkInTheWay(OsString);

impl fmt::Display for LinkInTheWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is a symbolic link, which is not followed", Path::new(&self.0).display())
    }
}

impl std::error::Error for LinkInTheWay {}

/// Why no file is made in a directory whose names stay.
const KEEPS_ITS_NAMES: &str =
    "its directory is append-only or immutable, so that no file in it can be renamed: chattr -a -i takes that away";

/// Whether an error says that a symbolic link is in the way.
pub fn is_link_in_the_way(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<LinkInTheWay>())
}

/// How a directory is held: by a descriptor that can be walked from and nothing else, which needs no right to list it.
#[cfg(target_os = "linux")]
const HELD: OFlags = OFlags::PATH;
#[cfg(not(target_os = "linux"))]
const HELD: OFlags = OFlags::RDONLY;

impl HeldDirectory {
    /// Holds the directory that a path of the caller's leads to. Links on this path are followed: it is not a guest's.
    ///
    /// # Errors
    ///
    /// There is no such directory.
    pub fn open(path: &Path) -> io::Result<Self> {
        let flags = HELD | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor = rustix::fs::open(path, flags, Mode::empty())?;
        let path = real_path(&descriptor, path)?;
        Ok(Self { descriptor: Arc::new(descriptor), path })
    }

    /// Holds the directory that a path of the caller's names, where some of it may be a guest's: a link on it is an error.
    /// `..` is the parent.
    ///
    /// # Errors
    ///
    /// There is no such directory, or a link is in the way.
    pub fn open_without_links(path: &Path) -> io::Result<Self> {
        let start = Self::open(Path::new(if path.is_absolute() { "/" } else { "." }))?;
        let mut descriptor = start.descriptor;
        for component in path.components() {
            match component {
                Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
                // The parent of a directory that was come to without links is the one before it.
                Component::ParentDir => {
                    descriptor = Arc::new(open_directory_at(descriptor.as_fd(), OsStr::new(".."), HELD)?);
                }
                Component::Normal(name) => descriptor = Arc::new(open_directory_at(descriptor.as_fd(), name, HELD)?),
            }
        }
        let path = real_path(&descriptor, path)?;
        Ok(Self { descriptor, path })
    }

    /// Where it was when it was opened, for messages and for the table of mounts: a real path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Holds a directory beneath.
    ///
    /// # Errors
    ///
    /// There is none, or a link is in the way.
    pub fn directory(&self, path: &Path) -> io::Result<Self> {
        let mut here = Self { descriptor: Arc::clone(&self.descriptor), path: self.path.clone() };
        for name in names(path)? {
            here.descriptor = Arc::new(open_directory_at(here.descriptor.as_fd(), name, HELD)?);
            here.path.push(name);
        }
        Ok(here)
    }

    /// Holds the directory that this one lies in now.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    pub fn parent(&self) -> io::Result<Self> {
        let descriptor = open_directory_at(self.descriptor.as_fd(), OsStr::new(".."), HELD)?;
        let path = self.path.parent().unwrap_or(&self.path);
        let path = real_path(&descriptor, path)?;
        Ok(Self { descriptor: Arc::new(descriptor), path })
    }

    /// The mount that it lies on. `None` if the operating system does not say (Linux before 5.8).
    pub fn mount(&self) -> Option<HeldMount> {
        self.mount_of(OsStr::new(""), AtFlags::EMPTY_PATH)
    }

    /// The mount that what is at a path lies on; a symbolic link stands for itself. `None` if there is nothing, or the operating system
    /// does not say.
    pub fn mount_at(&self, path: &Path) -> Option<HeldMount> {
        let (directory, name) = self.place(path).ok()?;
        directory.mount_of(name, AtFlags::SYMLINK_NOFOLLOW)
    }

    fn mount_of(&self, name: &OsStr, flags: AtFlags) -> Option<HeldMount> {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{StatxAttributes, StatxFlags, statx};
            let found = statx(&self.descriptor, name, flags, StatxFlags::MNT_ID).ok()?;
            let said = StatxFlags::from_bits_retain(found.stx_mask).contains(StatxFlags::MNT_ID)
                && found.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT);
            said.then(|| HeldMount {
                number: found.stx_mnt_id,
                is_root: found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT),
            })
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (name, flags);
            None
        }
    }

    /// Whether nothing in it can be renamed or removed, not even by root: it is append-only or immutable (`chattr +a`, `+i`).
    pub fn keeps_its_names(&self) -> bool {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{StatxAttributes, StatxFlags, statx};
            let found = statx(&self.descriptor, "", AtFlags::EMPTY_PATH, StatxFlags::empty());
            found.is_ok_and(|found| {
                found.stx_attributes.intersects(StatxAttributes::APPEND | StatxAttributes::IMMUTABLE)
            })
        }
        #[cfg(not(target_os = "linux"))]
        false
    }

    /// A path by which another process of the same user comes to this directory, wherever it is by then.
    #[cfg(target_os = "linux")]
    pub fn path_for_others(&self) -> PathBuf {
        use std::os::fd::AsRawFd;
        let path = format!("/proc/{}/fd/{}", std::process::id(), self.descriptor.as_raw_fd());
        let mine = self.itself().ok().map(|node| (node.device, node.inode));
        let theirs = rustix::fs::stat(path.as_str()).ok().map(|stat| Node::new(&stat));
        match theirs.map(|node| (node.device, node.inode)) {
            theirs if theirs.is_some() && theirs == mine => path.into(),
            // Without /proc.
            _ => self.path.clone(),
        }
    }

    /// What is at a path.
    ///
    /// # Errors
    ///
    /// There is nothing, or a link is in the way to it.
    pub fn node(&self, path: &Path) -> io::Result<Node> {
        let (directory, name) = self.place(path)?;
        Ok(Node::new(&statat(&directory.descriptor, name, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    /// Where a symbolic link leads.
    ///
    /// # Errors
    ///
    /// There is none, or another link is in the way to it.
    pub fn read_link(&self, path: &Path) -> io::Result<PathBuf> {
        let (directory, name) = self.place(path)?;
        let target = readlinkat(&directory.descriptor, name, Vec::new())?;
        Ok(OsStr::from_bytes(target.as_bytes()).into())
    }

    /// The names in a directory, in the order of the operating system.
    ///
    /// # Errors
    ///
    /// There is no such directory, or it cannot be listed.
    pub fn names(&self, path: &Path) -> io::Result<Vec<OsString>> {
        self.first_names(path, usize::MAX)
    }

    /// The first names in a directory, at most `most`: no more of it is read.
    ///
    /// # Errors
    ///
    /// As [`names`](Self::names).
    pub fn first_names(&self, path: &Path, most: usize) -> io::Result<Vec<OsString>> {
        let directory = self.directory(path)?;
        let mut names = Vec::new();
        for entry in Dir::read_from(directory.readable()?)? {
            if names.len() >= most {
                break;
            }
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        Ok(names)
    }

    /// Opens a regular file for reading. Anything else is not opened: a FIFO would wait for a writer, and a device may do
    /// something.
    ///
    /// # Errors
    ///
    /// There is no such file, it is something else, or a link is in the way.
    pub fn open_file(&self, path: &Path) -> io::Result<File> {
        self.open_regular(path, OFlags::RDONLY)
    }

    /// Opens a regular file to write at its end.
    ///
    /// # Errors
    ///
    /// As [`open_file`](Self::open_file).
    pub fn open_to_append(&self, path: &Path) -> io::Result<File> {
        self.open_regular(path, OFlags::WRONLY | OFlags::APPEND)
    }

    fn open_regular(&self, path: &Path, flags: OFlags) -> io::Result<File> {
        let (directory, name) = self.place(path)?;
        Node::new(&statat(&directory.descriptor, name, AtFlags::SYMLINK_NOFOLLOW)?).expect_regular(name)?;
        // It may be another thing by now, which must neither be followed nor waited for.
        let flags = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = openat(&directory.descriptor, name, flags, Mode::empty())?;
        Node::new(&fstat(&file)?).expect_regular(name)?;
        Ok(File::from(file))
    }

    /// Makes an empty file, with these permissions as far as the umask lets it. There is nothing of that name.
    ///
    /// # Errors
    ///
    /// There is something, or the directory cannot be written, or [keeps its names](Self::keeps_its_names): who makes a file here gives
    /// it another name later, or takes it away again, and it would stay.
    pub fn create(&self, path: &Path, mode: u32) -> io::Result<File> {
        let (directory, name) = self.place(path)?;
        if directory.keeps_its_names() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, KEEPS_ITS_NAMES));
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(openat(&directory.descriptor, name, flags, mode_of(mode))?))
    }

    /// Makes a directory.
    ///
    /// # Errors
    ///
    /// There is something of that name, or its directory cannot be written.
    pub fn make_directory(&self, path: &Path, mode: u32) -> io::Result<()> {
        let (directory, name) = self.place(path)?;
        Ok(mkdirat(&directory.descriptor, name, mode_of(mode))?)
    }

    /// Gives a file another name in one step; what had that name is gone.
    ///
    /// # Errors
    ///
    /// One of the directories cannot be written, or a directory has the name.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let ((from, old), (to, new)) = (self.place(from)?, self.place(to)?);
        Ok(renameat(&from.descriptor, old, &to.descriptor, new)?)
    }

    /// Gives a file another name, which nothing has, in one step where the operating system can do that.
    ///
    /// # Errors
    ///
    /// Something has the name, or one of the directories cannot be written.
    pub fn rename_to_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            let ((from, old), (to, new)) = (self.place(from)?, self.place(to)?);
            let flags = rustix::fs::RenameFlags::NOREPLACE;
            match rustix::fs::renameat_with(&from.descriptor, old, &to.descriptor, new, flags) {
                // A filesystem or a kernel that does not know it.
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
                renamed => return Ok(renamed?),
            }
        }
        self.link(from, to)?;
        self.remove(from)
    }

    /// Exchanges what two names stand for, in one step. `false` if the operating system or the filesystem cannot do that.
    ///
    /// # Errors
    ///
    /// One of the names stands for nothing, or one of the directories cannot be written.
    pub(crate) fn exchange(&self, one: &Path, other: &Path) -> io::Result<bool> {
        #[cfg(target_os = "linux")]
        {
            let ((one, first), (other, second)) = (self.place(one)?, self.place(other)?);
            let flags = rustix::fs::RenameFlags::EXCHANGE;
            match rustix::fs::renameat_with(&one.descriptor, first, &other.descriptor, second, flags) {
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
                exchanged => return Ok(exchanged.map(|()| true)?),
            }
        }
        #[cfg(not(target_os = "linux"))]
        let _ = (one, other);
        Ok(false)
    }

    /// As [`sync_filesystem_of`] for the filesystem that it is on.
    ///
    /// # Errors
    ///
    /// Those of the disk, or it cannot be listed.
    pub(crate) fn sync_filesystem(&self) -> io::Result<()> {
        sync_filesystem_of(&self.as_file()?)
    }

    /// Gives a file one more name, which nothing has.
    ///
    /// # Errors
    ///
    /// Something has the name, or the filesystem knows no second names.
    pub fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        let ((from, old), (to, new)) = (self.place(from)?, self.place(to)?);
        Ok(linkat(&from.descriptor, old, &to.descriptor, new, AtFlags::empty())?)
    }

    /// Takes a name away that is not a directory's.
    ///
    /// # Errors
    ///
    /// There is none, or its directory cannot be written.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        let (directory, name) = self.place(path)?;
        Ok(unlinkat(&directory.descriptor, name, AtFlags::empty())?)
    }

    /// Takes an empty directory away.
    ///
    /// # Errors
    ///
    /// There is none, or it is not empty.
    pub fn remove_directory(&self, path: &Path) -> io::Result<()> {
        let (directory, name) = self.place(path)?;
        Ok(unlinkat(&directory.descriptor, name, AtFlags::REMOVEDIR)?)
    }

    /// The directory as a file: to be flushed or locked.
    ///
    /// # Errors
    ///
    /// It cannot be listed.
    pub fn as_file(&self) -> io::Result<File> {
        Ok(File::from(self.readable()?))
    }

    /// Whether both are one directory.
    pub fn is_same(&self, other: &Self) -> bool {
        let number = |held: &Self| {
            fstat(&held.descriptor).ok().map(|stat| Node::new(&stat)).map(|node| (node.device, node.inode))
        };
        number(self).is_some_and(|mine| number(other) == Some(mine))
    }

    /// What is held itself.
    ///
    /// # Errors
    ///
    /// Those of the operating system.
    pub fn itself(&self) -> io::Result<Node> {
        Ok(Node::new(&fstat(&self.descriptor)?))
    }

    fn readable(&self) -> io::Result<OwnedFd> {
        open_directory_at(self.descriptor.as_fd(), OsStr::new("."), OFlags::RDONLY)
    }

    /// The directory that a path's last name is in, and the name; `.` for the directory itself.
    fn place<'a>(&self, path: &'a Path) -> io::Result<(Self, &'a OsStr)> {
        let names = names(path)?;
        let Some((last, above)) = names.split_last() else { return Ok((self.clone(), OsStr::new("."))) };
        Ok((self.directory(&above.iter().collect::<PathBuf>())?, last))
    }
}

impl Node {
    #[allow(
        clippy::as_conversions,
        clippy::unnecessary_cast,
        reason = "the types differ from one operating system to the next"
    )]
    fn new(stat: &Stat) -> Self {
        let seconds = Duration::from_secs(u64::try_from(stat.st_mtime).unwrap_or_default());
        Self {
            kind: match FileType::from_raw_mode(stat.st_mode as _) {
                FileType::Directory => NodeKind::Directory,
                FileType::RegularFile => NodeKind::Regular,
                FileType::Symlink => NodeKind::Link,
                _ => NodeKind::Special,
            },
            size: u64::try_from(stat.st_size).unwrap_or_default(),
            device: stat.st_dev as u64,
            inode: stat.st_ino as u64,
            links: stat.st_nlink as u64,
            modified: UNIX_EPOCH.checked_add(seconds).unwrap_or(UNIX_EPOCH),
        }
    }

    /// Whether it is the file of this metadata.
    pub(crate) fn is(&self, metadata: &Metadata) -> bool {
        (self.device, self.inode) == (metadata.dev(), metadata.ino())
    }

    fn expect_regular(self, name: &OsStr) -> io::Result<()> {
        match self.kind {
            NodeKind::Regular => Ok(()),
            NodeKind::Link => Err(in_the_way(name)),
            NodeKind::Directory | NodeKind::Special => Err(io::Error::other("it is not a regular file")),
        }
    }
}

/// Returns once everything of the filesystem of a file is in its own place on the disk, and not in the journal only. `fsync` is not enough
/// for pygrub, which reads the disk and does not replay the journal: it would see the old name, which may lead to another file's blocks.
///
/// # Errors
///
/// Those of the disk.
pub(crate) fn sync_filesystem_of(file: &File) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::fs::syncfs(file)?;
    #[cfg(not(target_os = "linux"))]
    {
        let _ = file;
        rustix::fs::sync();
    }
    Ok(())
}

/// Gives an open file these permissions, whatever the umask says.
///
/// # Errors
///
/// Those of the operating system.
pub fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    Ok(fchmod(file, mode_of(mode))?)
}

#[allow(clippy::as_conversions, reason = "the type differs from one operating system to the next")]
fn mode_of(mode: u32) -> Mode {
    Mode::from_bits_truncate(mode as _)
}

fn open_directory_at(parent: BorrowedFd<'_>, name: &OsStr, flags: OFlags) -> io::Result<OwnedFd> {
    let flags = flags | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match openat(parent, name, flags, Mode::empty()) {
        Ok(descriptor) => Ok(descriptor),
        Err(error @ (Errno::LOOP | Errno::NOTDIR | Errno::MLINK)) => {
            let stat = statat(parent, name, AtFlags::SYMLINK_NOFOLLOW);
            let is_link = stat.is_ok_and(|stat| Node::new(&stat).kind == NodeKind::Link);
            Err(if is_link { in_the_way(name) } else { error.into() })
        }
        Err(error) => Err(error.into()),
    }
}

/// Where an open directory is, and not what has the path that it was opened by.
fn real_path(descriptor: &OwnedFd, path: &Path) -> io::Result<PathBuf> {
    #[cfg(target_os = "linux")]
    {
        use std::os::fd::AsRawFd;
        let shown = std::fs::read_link(format!("/proc/self/fd/{}", descriptor.as_raw_fd()));
        // What has no path any longer is shown with a word after it.
        let is_it = |shown: &PathBuf| {
            let node = |stat: Stat| (Node::new(&stat).device, Node::new(&stat).inode);
            shown.is_absolute() && rustix::fs::stat(shown).ok().map(node) == fstat(descriptor).ok().map(node)
        };
        if let Some(shown) = shown.ok().filter(is_it) {
            return Ok(shown);
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = descriptor;
    path.canonicalize()
}

fn in_the_way(name: &OsStr) -> io::Error {
    io::Error::other(LinkInTheWay(name.to_owned()))
}

/// The names of a path that lies beneath something.
fn names(path: &Path) -> io::Result<Vec<&OsStr>> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(Ok(name)),
            Component::ParentDir => Some(Err(io::Error::other("there is a `..` in the path, which might leave it"))),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn tree() -> (tempfile::TempDir, HeldDirectory) {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("root/a/b")).unwrap();
        fs::create_dir_all(dir.path().join("outside")).unwrap();
        fs::write(dir.path().join("root/a/b/file"), "inside").unwrap();
        fs::write(dir.path().join("outside/file"), "outside").unwrap();
        let held = HeldDirectory::open(&dir.path().join("root")).unwrap();
        (dir, held)
    }

    #[test]
    fn no_link_is_followed_wherever_it_is() {
        let (dir, held) = tree();
        let outside = dir.path().join("outside");
        symlink(&outside, dir.path().join("root/out")).unwrap();
        symlink("a", dir.path().join("root/in")).unwrap();
        symlink(outside.join("file"), dir.path().join("root/a/link")).unwrap();
        symlink("loop", dir.path().join("root/loop")).unwrap();
        for path in ["out/file", "in/b/file", "a/link", "loop", "loop/x", "out"] {
            let error = held.open_file(Path::new(path)).unwrap_err();
            assert!(is_link_in_the_way(&error), "{path}: {error}");
        }
        for path in ["out", "in", "in/b"] {
            assert!(is_link_in_the_way(&held.directory(Path::new(path)).unwrap_err()), "{path}");
            assert!(is_link_in_the_way(&held.names(Path::new(path)).unwrap_err()), "{path}");
        }
        assert_eq!(held.node(Path::new("out")).unwrap().kind, NodeKind::Link);
        assert_eq!(held.read_link(Path::new("/in")).unwrap(), Path::new("a"));
        for change in [
            held.create(Path::new("out/new"), 0o644).map(drop),
            held.create(Path::new("a/link"), 0o644).map(drop),
            held.make_directory(Path::new("out/new"), 0o755),
            held.remove(Path::new("out/file")),
            held.rename(Path::new("a/b/file"), Path::new("out/file")),
            held.rename(Path::new("out/file"), Path::new("a/b/file")),
            held.link(Path::new("a/b/file"), Path::new("out/other")),
            held.open_to_append(Path::new("a/link")).map(drop),
        ] {
            change.unwrap_err();
        }
        // A link itself goes, and not what it leads to.
        held.remove(Path::new("a/link")).unwrap();
        assert_eq!(fs::read_to_string(outside.join("file")).unwrap(), "outside");
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 1);
    }

    #[test]
    fn nothing_is_above() {
        let (dir, held) = tree();
        for path in ["..", "a/../../outside/file", "a/.."] {
            assert!(held.node(Path::new(path)).is_err() && held.directory(Path::new(path)).is_err(), "{path}");
        }
        let path = dir.path().canonicalize().unwrap().join("root/a/../../outside");
        assert!(HeldDirectory::open_without_links(&path).unwrap().node(Path::new("file")).is_ok());
        symlink("outside", dir.path().join("link")).unwrap();
        let path = dir.path().canonicalize().unwrap().join("link");
        assert!(is_link_in_the_way(&HeldDirectory::open_without_links(&path).unwrap_err()));
    }

    #[test]
    fn a_directory_that_is_exchanged_stays_the_one_that_is_held() {
        let (dir, held) = tree();
        let held = held.directory(Path::new("a")).unwrap();
        fs::rename(dir.path().join("root/a"), dir.path().join("root/c")).unwrap();
        symlink(dir.path().join("outside"), dir.path().join("root/a")).unwrap();
        held.create(Path::new("new"), 0o600).unwrap();
        assert!(dir.path().join("root/c/new").exists() && !dir.path().join("outside/new").exists());
        assert!(held.parent().unwrap().node(Path::new("c/new")).is_ok());
    }

    #[test]
    fn what_is_not_a_regular_file_is_not_opened() {
        let (dir, held) = tree();
        rustix::fs::mknodat(rustix::fs::CWD, dir.path().join("root/fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        for path in ["fifo", "a"] {
            assert_eq!(held.open_file(Path::new(path)).unwrap_err().to_string(), "it is not a regular file", "{path}");
        }
        assert_eq!(held.node(Path::new("fifo")).unwrap().kind, NodeKind::Special);
        assert_eq!(held.node(Path::new("missing")).unwrap_err().kind(), io::ErrorKind::NotFound);
        let mut names = held.names(Path::new("")).unwrap();
        names.sort();
        assert_eq!(names, ["a", "fifo"]);
    }
}
