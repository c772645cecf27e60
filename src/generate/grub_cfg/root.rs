//! The guest's own view of its files.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use crate::storage::beneath::{HeldDirectory, Node, NodeKind};

/// How many symbolic links one path may lead through, as in Linux.
const MOST_LINKS: usize = 40;

/// The directory that is `/` to the guest. Absolute symbolic links start again there, and `..` stays in it: nothing above it is
/// ever opened, since every name is opened by the descriptor of the directory that it is in.
#[derive(Clone, Debug)]
pub struct RootDirectory {
    path: PathBuf,
    /// Nothing where the directory could not be opened.
    held: Option<HeldDirectory>,
}

impl Default for RootDirectory {
    /// This machine is the guest.
    fn default() -> Self {
        Self::new("/")
    }
}

impl RootDirectory {
    /// The guest's files lie below `directory`. It is held from now on.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        let path = directory.into();
        Self { held: HeldDirectory::open(&path).ok(), path }
    }

    /// Whether this machine is the guest.
    pub fn is_here(&self) -> bool {
        self.path == Path::new("/")
    }

    /// Where a path of the guest's lies on this machine, to be named in a message. Links are not followed.
    pub fn host(&self, path: &Path) -> PathBuf {
        let names = path.components().filter(|component| matches!(component, Component::Normal(_)));
        let mut host = self.path.clone();
        host.extend(names);
        host
    }

    /// The directory itself.
    pub(super) fn held(&self) -> io::Result<HeldDirectory> {
        self.held.clone().map_or_else(|| HeldDirectory::open(&self.path), Ok)
    }

    /// Follows all symbolic links, and gives the guest's path of what is there.
    ///
    /// # Errors
    ///
    /// There is nothing, or it cannot be examined.
    pub fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        self.walk(path).map(|(place, _)| place)
    }

    /// What a path of the guest's leads to, and where that is.
    fn walk(&self, path: &Path) -> io::Result<(PathBuf, Node)> {
        let held = self.held()?;
        let mut left: VecDeque<OsString> = names(path);
        let mut place = PathBuf::from("/");
        let mut node = held.itself()?;
        let mut links = 0;
        while let Some(name) = left.pop_front() {
            if name == ".." {
                place.pop();
                node = held.node(&place)?;
                continue;
            }
            let next = place.join(&name);
            node = held.node(&next)?;
            if node.kind != NodeKind::Link {
                place = next;
                continue;
            }
            links += 1;
            if links > MOST_LINKS {
                return Err(io::Error::other("too many symbolic links"));
            }
            let target = held.read_link(&next)?;
            if target.is_absolute() {
                place = PathBuf::from("/");
            }
            for name in names(&target).into_iter().rev() {
                left.push_front(name);
            }
        }
        Ok((place, node))
    }

    /// What a path of the guest's leads to, links followed.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve).
    pub(super) fn node(&self, path: &Path) -> io::Result<Node> {
        self.walk(path).map(|(_, node)| node)
    }

    /// What the last name of a path is, itself where it is a link.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve).
    pub(super) fn last_node(&self, path: &Path) -> io::Result<Node> {
        match (path.parent(), path.file_name()) {
            (Some(parent), Some(name)) => self.held()?.node(&self.resolve(parent)?.join(name)),
            _ => self.node(path),
        }
    }

    /// Whether nothing has the last name of a path: not even a link that leads nowhere, as to a filesystem that is not mounted.
    pub(super) fn is_missing(&self, path: &Path) -> bool {
        self.last_node(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    }

    /// The names in the directory that a path of the guest's leads to.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve), or it cannot be listed.
    pub(super) fn names(&self, path: &Path) -> io::Result<Vec<OsString>> {
        self.held()?.names(&self.resolve(path)?)
    }

    /// Where what a path of the guest's leads to lies on this machine.
    ///
    /// # Errors
    ///
    /// As [`resolve`](Self::resolve).
    pub fn locate(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(self.host(&self.resolve(path)?))
    }

    /// Opens the regular file that a path of the guest's leads to. Anything else is not opened: a FIFO would wait for a writer.
    ///
    /// # Errors
    ///
    /// There is no such file, or it cannot be opened.
    pub fn open(&self, path: &Path) -> io::Result<File> {
        self.open_resolved(&self.resolve(path)?)
    }

    /// Opens the regular file at a path of the guest's that no link is in.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open); and where the file is one that the kernel of this machine shows, such as `/proc`, or lies in its memory,
    /// such as `/run`: those that are mounted in a tree are this machine's, and a link of the guest's may lead there.
    pub(super) fn open_resolved(&self, place: &Path) -> io::Result<File> {
        let held = self.held()?;
        let file = held.open_file(place)?;
        if file.metadata()?.dev() != held.itself()?.device && !self.is_here() && lies_in_memory(&file)? {
            return Err(io::Error::other(OfThisMachine));
        }
        Ok(file)
    }

    /// Holds a boot directory, which is named on this machine: where it lies beneath this root, by the root, else by its whole
    /// path. A symbolic link on the way is an error, since a guest's leads to the boot directory of this machine.
    ///
    /// # Errors
    ///
    /// There is no such directory, or a link is in the way.
    pub(super) fn boot_directory(&self, boot: &Path) -> io::Result<HeldDirectory> {
        let held = self.held()?;
        let root = held.itself()?;
        let boot = std::path::absolute(boot)?;
        // From above, so that no link of the guest's is followed on the way to the root.
        let mut above: Vec<&Path> = boot.ancestors().collect();
        above.reverse();
        for directory in above {
            if root.is(&fs::metadata(directory)?) {
                return held.directory(boot.strip_prefix(directory).unwrap_or(Path::new("")));
            }
        }
        HeldDirectory::open_without_links(&boot)
    }
}

/// A file of the guest's is not one.
#[derive(Debug)]
pub(super) struct OfThisMachine;

impl fmt::Display for OfThisMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it lies on a filesystem of this machine that is mounted there, not on a disk of the guest")
    }
}

impl std::error::Error for OfThisMachine {}

/// Whether a file lies on a filesystem without a disk: one that shows the kernel, or holds files in memory.
#[cfg(target_os = "linux")]
fn lies_in_memory(file: &File) -> io::Result<bool> {
    /// Their numbers in Linux's `magic.h` and in its sources.
    const WITHOUT_DISK: [u32; 19] = [
        0x0102_1994, // tmpfs and devtmpfs
        0x8584_58f6, // ramfs
        0x0000_9fa0, // proc
        0x6265_6572, // sysfs
        0x0000_1cd1, // devpts
        0x0027_e0eb, // cgroup
        0x6367_7270, // cgroup2
        0x6462_6720, // debugfs
        0x7472_6163, // tracefs
        0x7363_6673, // securityfs
        0xf97c_ff8c, // selinuxfs
        0x6265_6570, // configfs
        0x6165_676c, // pstore
        0xde5e_81e4, // efivarfs
        0xcafe_4a11, // bpf
        0x1980_0202, // mqueue
        0x9584_58f6, // hugetlbfs
        0x6573_5543, // fusectl
        0xabba_1974, // xenfs
    ];
    let kind = rustix::fs::fstatfs(file)?.f_type;
    // The type of the field is that of the processor, and signed on some.
    Ok(WITHOUT_DISK.contains(&(kind as u32)))
}

#[cfg(not(target_os = "linux"))]
fn lies_in_memory(_: &File) -> io::Result<bool> {
    Ok(false)
}

fn names(path: &Path) -> VecDeque<OsString> {
    path.components()
        .filter_map(|component| match component {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some("..".into()),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_stay_in_the_guest() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("nix/store/a")).unwrap();
        fs::write(dir.path().join("nix/store/a/kernel"), "k").unwrap();
        symlink("/nix/store/a", dir.path().join("current")).unwrap();
        symlink("../../../current", dir.path().join("nix/up")).unwrap();
        symlink("loop", dir.path().join("loop")).unwrap();
        let root = RootDirectory::new(dir.path());
        for path in ["/current/kernel", "/nix/up/kernel", "/nix/../current/./kernel"] {
            assert_eq!(root.resolve(Path::new(path)).unwrap(), Path::new("/nix/store/a/kernel"), "{path}");
        }
        assert_eq!(root.locate(Path::new("/current")).unwrap(), dir.path().join("nix/store/a"));
        assert!(root.resolve(Path::new("/loop")).is_err());
        assert!(root.open(Path::new("/current/kernel")).is_ok() && root.open(Path::new("/current")).is_err());
        assert_eq!(root.resolve(Path::new("/etc/passwd")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_boot_directory_is_come_to_without_links() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap();
        for path in ["guest/boot/sub", "other/boot", "host/boot"] {
            fs::create_dir_all(real.join(path)).unwrap();
        }
        symlink(real.join("host/boot"), real.join("guest/out")).unwrap();
        symlink("boot", real.join("guest/in")).unwrap();
        symlink("guest", real.join("named")).unwrap();
        let root = RootDirectory::new(real.join("named"));
        let held = |path: &str| root.boot_directory(&real.join(path)).map(|held| held.path().to_owned());
        assert_eq!(held("guest/boot").unwrap(), real.join("guest/boot"));
        assert_eq!(held("named/boot/sub").unwrap(), real.join("guest/boot/sub"));
        assert_eq!(held("guest").unwrap(), real.join("guest"));
        assert_eq!(held("other/boot").unwrap(), real.join("other/boot"));
        for path in ["guest/out", "guest/in", "guest/in/sub", "named/out", "guest/boot/../out", "guest/../other/boot"] {
            assert!(held(path).is_err(), "{path}");
        }
        assert_eq!(held("guest/missing").unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
