//! A host's tree of files, which need not be this machine's: `--root DIR`.
//!
//! A path is one of the host: an absolute link leads to a place in the tree, and `..` never out of it, as in a chroot.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

/// The tree of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rooted {
    root: PathBuf,
}

/// As many links Linux follows on a path.
const LINKS: usize = 40;

impl Rooted {
    /// The host whose root directory this is.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Whether it is this machine.
    pub fn is_this_machine(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Its root directory, as a path of this machine.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path of the host is on this machine. A relative one starts at the host's root directory.
    ///
    /// # Errors
    ///
    /// There is no such file, or the links on the path lead in circles.
    pub fn place(&self, path: &Path) -> io::Result<PathBuf> {
        self.resolved(path, true)
    }

    fn resolved(&self, path: &Path, follows_last: bool) -> io::Result<PathBuf> {
        let mut left = names(path);
        let (mut done, mut links) = (Vec::<OsString>::new(), 0);
        while let Some(name) = left.pop_front() {
            if name == ".." {
                done.pop();
                continue;
            }
            done.push(name);
            let here = self.joined(&done);
            let metadata = fs::symlink_metadata(&here)?;
            if !metadata.is_symlink() || left.is_empty() && !follows_last {
                continue;
            }
            links += 1;
            if links > LINKS {
                return Err(io::Error::other("the links on its path lead in circles"));
            }
            let target = fs::read_link(&here)?;
            done.pop();
            if target.is_absolute() {
                done.clear();
            }
            let mut ahead = names(&target);
            ahead.append(&mut left);
            left = ahead;
        }
        Ok(self.joined(&done))
    }

    fn joined(&self, names: &[OsString]) -> PathBuf {
        let mut path = self.root.clone();
        path.extend(names);
        path
    }

    /// Opens a file for reading, without waiting for one that makes its reader wait.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    pub fn open(&self, path: &Path) -> io::Result<File> {
        let place = self.place(path)?;
        // A FIFO would wait for a writer.
        if !fs::metadata(&place)?.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        File::open(place)
    }

    /// What the operating system says of a file; links are followed.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    pub fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        fs::metadata(self.place(path)?)
    }

    /// Whether a path is that of a regular file; links are followed.
    pub fn is_file(&self, path: impl AsRef<Path>) -> bool {
        self.metadata(path.as_ref()).is_ok_and(|metadata| metadata.is_file())
    }

    /// Whether a path is that of a link.
    pub fn is_link(&self, path: &Path) -> bool {
        let place = self.resolved(path, false);
        place.and_then(fs::symlink_metadata).is_ok_and(|metadata| metadata.is_symlink())
    }

    /// The names in a directory, in no order.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    pub fn names(&self, path: &Path) -> io::Result<Vec<OsString>> {
        fs::read_dir(self.place(path)?)?.map(|entry| Ok(entry?.file_name())).collect()
    }
}

/// Reads at most `limit` bytes of a regular file of the host whose root directory is `root`.
///
/// # Errors
///
/// As the operating system says; the file is larger.
pub(super) fn read_file(root: &Path, path: &str, limit: u64) -> io::Result<Vec<u8>> {
    let file = Rooted::new(root).open(Path::new(path))?;
    let length = file.metadata()?.len().min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0).saturating_add(1));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than such a file is"));
    }
    Ok(bytes)
}

/// The names on a path; the root directory and `.` are none.
fn names(path: &Path) -> VecDeque<OsString> {
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => Some(name),
        Component::ParentDir => Some(OsStr::new("..")),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    });
    names.map(OsStr::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_stay_in_the_tree() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("etc/xen/auto")).unwrap();
        fs::write(root.join("etc/xen/web.cfg"), "a").unwrap();
        symlink("/etc/xen/web.cfg", root.join("etc/xen/auto/web.cfg")).unwrap();
        symlink("../../../../../../etc/xen", root.join("up")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let host = Rooted::new(&root);
        let place = |path: &str| host.place(Path::new(path)).ok();
        assert_eq!(place("/etc/xen/auto/web.cfg"), Some(root.join("etc/xen/web.cfg")));
        assert_eq!(place("/up/web.cfg"), Some(root.join("etc/xen/web.cfg")));
        assert_eq!(place("etc/./xen/../xen/web.cfg"), Some(root.join("etc/xen/web.cfg")));
        assert_eq!(place("/../.."), Some(root.clone()));
        assert_eq!((place("/loop"), place("/gone")), (None, None));
        assert!(host.is_link(Path::new("/etc/xen/auto/web.cfg")) && !host.is_link(Path::new("/up/web.cfg")));
        assert!(host.is_file("/up/auto/web.cfg") && host.open(Path::new("/etc")).is_err());
    }
}
