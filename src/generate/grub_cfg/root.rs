//! The guest's own view of its files.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

/// How many symbolic links one path may lead through, as in Linux.
const MOST_LINKS: usize = 40;

/// The directory that is `/` to the guest. Absolute symbolic links start again there, and `..` stays in it.
#[derive(Clone, Debug)]
pub struct Root(PathBuf);

impl Default for Root {
    /// This machine is the guest.
    fn default() -> Self {
        Self::new("/")
    }
}

impl Root {
    /// The guest's files lie below `directory`.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self(directory.into())
    }

    /// Whether this machine is the guest.
    pub fn is_here(&self) -> bool {
        self.0 == Path::new("/")
    }

    /// Where a path of the guest's lies on this machine. Links are not followed.
    pub fn host(&self, path: &Path) -> PathBuf {
        let names = path.components().filter(|component| matches!(component, Component::Normal(_)));
        let mut host = self.0.clone();
        host.extend(names);
        host
    }

    /// Follows all symbolic links, and gives the guest's path of what is there.
    ///
    /// # Errors
    ///
    /// There is nothing, or it cannot be examined.
    pub fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        let mut left: VecDeque<OsString> = names(path);
        let mut place = PathBuf::from("/");
        let mut links = 0;
        while let Some(name) = left.pop_front() {
            if name == ".." {
                place.pop();
                continue;
            }
            let next = place.join(&name);
            if !fs::symlink_metadata(self.host(&next))?.is_symlink() {
                place = next;
                continue;
            }
            links += 1;
            if links > MOST_LINKS {
                return Err(io::Error::other("too many symbolic links"));
            }
            let target = fs::read_link(self.host(&next))?;
            if target.is_absolute() {
                place = PathBuf::from("/");
            }
            for name in names(&target).into_iter().rev() {
                left.push_front(name);
            }
        }
        Ok(place)
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
        let host = self.locate(path)?;
        if !fs::metadata(&host)?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        File::open(host)
    }
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
        let root = Root::new(dir.path());
        for path in ["/current/kernel", "/nix/up/kernel", "/nix/../current/./kernel"] {
            assert_eq!(root.resolve(Path::new(path)).unwrap(), Path::new("/nix/store/a/kernel"), "{path}");
        }
        assert_eq!(root.locate(Path::new("/current")).unwrap(), dir.path().join("nix/store/a"));
        assert!(root.resolve(Path::new("/loop")).is_err());
        assert!(root.open(Path::new("/current/kernel")).is_ok() && root.open(Path::new("/current")).is_err());
        assert_eq!(root.resolve(Path::new("/etc/passwd")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
