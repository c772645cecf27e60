//! Which files a domain's configuration may have opened.
//!
//! Who names a domain's configuration on the command line has chosen it. One that was found in a tree of directories may be anybody's: a
//! guest's, whose tree is mounted there, or a stranger's, whose commit is checked. It must not choose what of the host is read. Nor must
//! one of a list that `find` wrote.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::TargetError;
use crate::escape::shown_path;
use crate::host;
use crate::storage::beneath::{HeldDirectory, NodeKind};
use crate::storage::opened;
use crate::storage::opening::open_without_waiting;
use crate::storage::source::{FileSource, Source};

/// Which files may be opened: any, those beneath the directory in which the target was found, or none but the target.
#[derive(Clone, Debug, Default)]
pub struct DiskAccess {
    tree: Option<Tree>,
    /// Whether the target stands in a list: it is opened, wherever it is, and the disk that it names is not.
    listed: bool,
}

#[derive(Clone, Debug)]
struct Tree {
    held: HeldDirectory,
    /// As it was named.
    name: PathBuf,
}

/// Why a disk is not opened.
#[derive(Clone, Debug)]
pub(super) struct NotOpened {
    /// A clause without a full stop.
    pub reason: String,
    /// The way out.
    pub help: Option<String>,
}

impl DiskAccess {
    /// Any file, for a target that the caller names.
    pub fn anywhere() -> Self {
        Self::default()
    }

    /// Regular files beneath `tree` alone, through no symbolic link, for a target that is found there. The directory is held from now on.
    ///
    /// # Errors
    ///
    /// There is no such directory.
    pub fn beneath(tree: &Path) -> io::Result<Self> {
        Ok(Self { tree: Some(Tree { held: HeldDirectory::open(tree)?, name: tree.to_owned() }), listed: false })
    }

    /// Any target, but no disk that a domain names, for a target of a list: a program wrote the list, and anybody the domain.
    pub fn of_list() -> Self {
        Self { tree: None, listed: true }
    }

    /// Whether any file may be opened.
    pub fn is_unlimited(&self) -> bool {
        self.tree.is_none() && !self.listed
    }

    /// Opens a file for reading. Of one that makes its reader wait reading fails instead.
    ///
    /// # Errors
    ///
    /// There is no such file, or it may not be opened.
    pub fn open_file(&self, path: &Path) -> io::Result<File> {
        let file = match &self.tree {
            None => open_without_waiting(path),
            Some(tree) => match tree.place(path) {
                Some(place) => tree.held.open_file(&place),
                None => Err(outside()),
            },
        }?;
        opened::note(&file);
        Ok(file)
    }

    /// Opens the disk that a domain names, or says why not.
    pub(super) fn open_disk(&self, path: &Path) -> Result<Arc<dyn Source>, NotOpened> {
        let shown = shown_path(path);
        let no_help = |reason: String| NotOpened { reason, help: None };
        if self.listed {
            let help = "name the domain itself, or add --trust-domains if only this host's administrator can write what the list names";
            return Err(NotOpened {
                reason: format!("`{shown}` is not opened, because this domain comes from a list of targets"),
                help: Some(help.to_owned()),
            });
        }
        if let Some(tree) = &self.tree {
            let source = tree.place(path).map(|place| tree.held.open_file(&place).and_then(FileSource::new));
            return match source {
                Some(Ok(source)) => Ok(Arc::new(source)),
                Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                    Err(no_help(TargetError::of(path, error).to_string()))
                }
                _ => Err(NotOpened {
                    reason: format!(
                        "`{shown}` is not opened, because this domain was found in a tree and names a disk that is not a regular file in `{}`",
                        shown_path(&tree.name)
                    ),
                    help: Some(
                        "name the domain itself, or add --trust-domains if the tree is not a guest's or a stranger's"
                            .to_owned(),
                    ),
                }),
            };
        }
        let failed = |error| no_help(TargetError::of(path, error).to_string());
        let neither = || no_help(format!("`{shown}` is neither a file nor a block device"));
        if let Some(other) = host::other_machine() {
            // A device in its tree would be one of this machine's.
            return match other.node(path).map_err(failed)?.kind {
                NodeKind::Regular => Ok(Arc::new(other.open(path).and_then(FileSource::new).map_err(failed)?)),
                NodeKind::Special => {
                    Err(no_help(format!("`{shown}` is not a regular file of the host that is looked at")))
                }
                NodeKind::Directory | NodeKind::Link => Err(neither()),
            };
        }
        let is_disk = |metadata: Metadata| metadata.is_file() || metadata.file_type().is_block_device();
        // Opening a device of another kind may do something.
        if !is_disk(fs::metadata(path).map_err(failed)?) {
            return Err(neither());
        }
        let file = open_without_waiting(path).map_err(failed)?;
        if !is_disk(file.metadata().map_err(failed)?) {
            return Err(neither());
        }
        Ok(Arc::new(FileSource::new(file).map_err(failed)?))
    }

    /// What is at a path: a file that was found in a tree is looked for there, and nothing else is.
    ///
    /// # Errors
    ///
    /// There is nothing.
    pub(super) fn examine(&self, path: &Path) -> io::Result<Examined> {
        let Some(tree) = &self.tree else {
            let metadata = fs::metadata(path)?;
            return Ok(match metadata.file_type() {
                kind if kind.is_dir() => Examined::Directory,
                kind if kind.is_file() => Examined::File,
                kind if kind.is_block_device() => Examined::Device,
                _ => Examined::Special,
            });
        };
        let place = tree.place(path).ok_or_else(outside)?;
        Ok(match tree.held.node(&place)?.kind {
            NodeKind::Regular => Examined::File,
            NodeKind::Directory | NodeKind::Link | NodeKind::Special => Examined::Special,
        })
    }

    /// The directory of a file beneath the tree. `None` without a tree.
    pub(super) fn directory_of(&self, path: &Path) -> Option<io::Result<HeldDirectory>> {
        let tree = self.tree.as_ref()?;
        Some(tree.place(path).ok_or_else(outside).and_then(|place| match place.parent() {
            Some(parent) => tree.held.directory(parent),
            None => Err(outside()),
        }))
    }

    /// Whether paths mean the same to this machine. Where they do not, the files that an image names are not looked for: their names
    /// would be read as this machine's.
    pub(super) fn names_this_machine(&self) -> bool {
        self.is_unlimited() && host::other_machine().is_none()
    }

    /// A disk that can be read. `None` if it cannot be opened, or is something else.
    pub fn disk(&self, path: &Path) -> Option<Arc<dyn Source>> {
        self.open_disk(path).ok()
    }

    /// Whether it is certain that there is nothing at a path. Outside of the tree nothing is.
    pub fn is_missing(&self, path: &Path) -> bool {
        match &self.tree {
            None if self.listed => false,
            None => match host::other_machine() {
                None => matches!(path.try_exists(), Ok(false)),
                Some(other) => other.node(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound),
            },
            Some(tree) => {
                let node = tree.place(path).map(|place| tree.held.node(&place));
                node.is_some_and(|node| node.is_err_and(|error| error.kind() == io::ErrorKind::NotFound))
            }
        }
    }
}

fn outside() -> io::Error {
    io::Error::other("it is outside of the directory that is searched")
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Examined {
    Directory,
    File,
    /// A block device.
    Device,
    Special,
}

impl Tree {
    /// Where a path of the caller's lies beneath the tree. `None` if it does not.
    fn place(&self, path: &Path) -> Option<PathBuf> {
        if let Ok(beneath) = path.strip_prefix(&self.name) {
            return Some(beneath.to_owned());
        }
        // A relative path is one from the working directory, as for libxl.
        let path = std::path::absolute(path).ok()?;
        let name = std::path::absolute(&self.name).ok()?;
        let beneath = path.strip_prefix(self.held.path()).or_else(|_| path.strip_prefix(name));
        beneath.ok().map(Path::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_outside_of_the_tree_is_opened() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap();
        fs::create_dir_all(real.join("tree/sub")).unwrap();
        fs::write(real.join("tree/sub/disk"), "inside").unwrap();
        fs::write(real.join("outside"), "outside").unwrap();
        symlink(real.join("outside"), real.join("tree/link")).unwrap();
        symlink("..", real.join("tree/up")).unwrap();
        symlink("tree", real.join("named")).unwrap();
        for named in ["tree", "named"] {
            let access = DiskAccess::beneath(&real.join(named)).unwrap();
            for path in ["tree/sub/disk", "named/sub/disk"] {
                let known = path.starts_with("tree") || named == "named";
                assert_eq!(access.disk(&real.join(path)).is_some(), known, "{named} {path}");
            }
            for path in
                ["outside", "tree/link", "tree/up/outside", "tree/../outside", "tree/sub/../../outside", "tree/sub"]
            {
                let refused = access.open_disk(&real.join(path)).err().unwrap();
                assert!(refused.help.is_some() && access.open_file(&real.join(path)).is_err(), "{named} {path}");
                assert!(!access.is_missing(&real.join(path)), "{named} {path}");
            }
            let missing = real.join("tree/missing");
            assert!(access.is_missing(&missing) && access.open_disk(&missing).err().unwrap().help.is_none());
            assert!(!access.is_missing(Path::new("/nonexistent/of-nobody")));
        }
        let listed = DiskAccess::of_list();
        assert!(listed.open_file(&real.join("outside")).is_ok() && listed.open_disk(&real.join("outside")).is_err());
        assert!(!listed.is_unlimited() && !listed.is_missing(Path::new("/nonexistent/of-nobody")));
        assert!(DiskAccess::anywhere().disk(&real.join("tree/link")).is_some());
        assert!(DiskAccess::anywhere().is_missing(Path::new("/nonexistent/of-nobody")));
    }
}
