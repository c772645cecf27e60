//! A host's tree of files, which need not be this machine's: `--root DIR`.
//!
//! A path is one of the host: an absolute link leads to a place in the tree, and `..` never out of it, as in a chroot. The root
//! directory is held, and every name is looked up in the directory before it, by its descriptor and without links
//! ([`storage::beneath`](crate::storage::beneath)): what changes in the tree in the meantime leads nowhere else.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use crate::storage::beneath::{HeldDirectory, Node, NodeKind};

/// The tree of a host.
#[derive(Clone, Debug)]
pub struct Rooted {
    root: PathBuf,
    /// `None` if there was no such directory.
    held: Option<HeldDirectory>,
}

/// What a path leads to.
struct Reached {
    /// The directory that it is in, or the directory that it is.
    directory: HeldDirectory,
    /// Its name there. `None` for a directory.
    name: Option<OsString>,
    node: Node,
    /// The names that lead to it from the root directory without links.
    names: Vec<OsString>,
}

/// As many links Linux follows on a path.
const LINKS: usize = 40;

impl Rooted {
    /// The host whose root directory this is. It is held from now on.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let root = root.into();
        Self { held: HeldDirectory::open(&root).ok(), root }
    }

    /// Whether it is this machine.
    pub fn is_this_machine(&self) -> bool {
        self.root == Path::new("/")
    }

    /// Its root directory, as a path of this machine.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path of the host leads to on the host, without links. A relative one starts at the host's root directory.
    ///
    /// # Errors
    ///
    /// There is no such file, or the links on the path lead in circles.
    pub fn real(&self, path: &Path) -> io::Result<PathBuf> {
        Ok(Path::new("/").join(self.reach(path, true)?.names.iter().collect::<PathBuf>()))
    }

    fn reach(&self, path: &Path, follows_last: bool) -> io::Result<Reached> {
        let root = self.held.as_ref().ok_or(io::ErrorKind::NotFound)?;
        let mut left = names(path);
        let mut directories = vec![root.clone()];
        let (mut done, mut links) = (Vec::<OsString>::new(), 0);
        while let Some(name) = left.pop_front() {
            if name == ".." {
                if done.pop().is_some() {
                    directories.pop();
                }
                continue;
            }
            let here = directories.last().unwrap_or(root);
            let node = here.node(Path::new(&name))?;
            match node.kind {
                NodeKind::Link if follows_last || !left.is_empty() => {
                    links += 1;
                    if links > LINKS {
                        return Err(io::Error::other("the links on its path lead in circles"));
                    }
                    let target = here.read_link(Path::new(&name))?;
                    if target.is_absolute() {
                        done.clear();
                        directories.truncate(1);
                    }
                    let mut ahead = names(&target);
                    ahead.append(&mut left);
                    left = ahead;
                }
                NodeKind::Directory => {
                    let below = here.directory(Path::new(&name))?;
                    directories.push(below);
                    done.push(name);
                }
                _ if left.is_empty() => {
                    done.push(name.clone());
                    return Ok(Reached { directory: here.clone(), name: Some(name), node, names: done });
                }
                _ => return Err(io::ErrorKind::NotADirectory.into()),
            }
        }
        let directory = directories.pop().unwrap_or_else(|| root.clone());
        Ok(Reached { node: directory.itself()?, directory, name: None, names: done })
    }

    /// Opens a regular file for reading. Anything else is not opened.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    pub fn open(&self, path: &Path) -> io::Result<File> {
        let Reached { directory, name, .. } = self.reach(path, true)?;
        match name {
            Some(name) => directory.open_file(Path::new(&name)),
            None => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    /// What is at a path; links are followed.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    pub fn node(&self, path: &Path) -> io::Result<Node> {
        Ok(self.reach(path, true)?.node)
    }

    /// Whether a path is that of a regular file; links are followed.
    pub fn is_file(&self, path: impl AsRef<Path>) -> bool {
        self.node(path.as_ref()).is_ok_and(|node| node.kind == NodeKind::Regular)
    }

    /// Whether a path is that of a link.
    pub fn is_link(&self, path: &Path) -> bool {
        self.reach(path, false).is_ok_and(|reached| reached.node.kind == NodeKind::Link)
    }

    /// The names in a directory, in the order of the operating system.
    ///
    /// # Errors
    ///
    /// As the operating system says.
    pub fn names(&self, path: &Path) -> io::Result<Vec<OsString>> {
        let Reached { directory, name, .. } = self.reach(path, true)?;
        if name.is_some() { Err(io::ErrorKind::NotADirectory.into()) } else { directory.names(Path::new("")) }
    }

    /// The names in a directory that are UTF-8; none where it cannot be listed.
    pub(super) fn texts(&self, path: &str) -> impl Iterator<Item = String> {
        self.names(Path::new(path)).unwrap_or_default().into_iter().filter_map(|name| name.into_string().ok())
    }

    /// Reads at most `limit` bytes of a regular file.
    ///
    /// # Errors
    ///
    /// As the operating system says; the file is larger.
    pub(super) fn read(&self, path: &str, limit: u64) -> io::Result<Vec<u8>> {
        let file = self.open(Path::new(path))?;
        let length = usize::try_from(file.metadata()?.len().min(limit)).unwrap_or_default();
        let mut bytes = Vec::with_capacity(length.saturating_add(1));
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than such a file is"));
        }
        Ok(bytes)
    }
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
    use std::fs;
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
        let real = |path: &str| host.real(Path::new(path)).ok().map(|path| path.to_str().unwrap().to_owned());
        assert_eq!(real("/etc/xen/auto/web.cfg").as_deref(), Some("/etc/xen/web.cfg"));
        assert_eq!(real("/up/web.cfg").as_deref(), Some("/etc/xen/web.cfg"));
        assert_eq!(real("etc/./xen/../xen/web.cfg").as_deref(), Some("/etc/xen/web.cfg"));
        assert_eq!(real("/../..").as_deref(), Some("/"));
        assert_eq!((real("/loop"), real("/gone"), real("/etc/xen/web.cfg/x")), (None, None, None));
        assert!(host.is_link(Path::new("/etc/xen/auto/web.cfg")) && !host.is_link(Path::new("/up/web.cfg")));
        assert!(host.is_file("/up/auto/web.cfg") && host.open(Path::new("/etc")).is_err());
    }

    /// Another directory that gets the name of one that is held is not looked into.
    #[test]
    fn what_is_held_stays() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        for (tree, text) in [("host", "a"), ("other", "b")] {
            fs::create_dir_all(root.join(tree).join("etc")).unwrap();
            fs::write(root.join(tree).join("etc/file"), text).unwrap();
        }
        let host = Rooted::new(root.join("host"));
        fs::rename(root.join("host"), root.join("aside")).unwrap();
        symlink("other", root.join("host")).unwrap();
        assert_eq!(host.read("/etc/file", 9).unwrap(), b"a");
        assert_eq!(host.names(Path::new("etc")).unwrap(), ["file"]);
        assert!(Rooted::new(root.join("none")).names(Path::new("/")).is_err());
    }
}
