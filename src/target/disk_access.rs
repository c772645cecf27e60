//! Which files a domain's configuration may have opened.
//!
//! Who names a domain's configuration on the command line has chosen it. One that was found in a tree of directories may be anybody's: a
//! guest's, whose tree is mounted there, or a stranger's, whose commit is checked. It must not choose what of the host is read.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Access, TargetError, open_without_waiting};
use crate::escape::shown_path;
use crate::host;
use crate::storage::beneath::HeldDirectory;
use crate::storage::source::{FileSource, Source};

/// Which files may be opened: any, or those beneath the directory in which the target was found.
#[derive(Clone, Debug, Default)]
pub struct DiskAccess {
    tree: Option<Tree>,
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
        Ok(Self { tree: Some(Tree { held: HeldDirectory::open(tree)?, name: tree.to_owned() }) })
    }

    /// Whether any file may be opened.
    pub fn is_unlimited(&self) -> bool {
        self.tree.is_none()
    }

    /// Opens a file for reading. Of one that makes its reader wait reading fails instead.
    ///
    /// # Errors
    ///
    /// There is no such file, or it may not be opened.
    pub fn open_file(&self, path: &Path) -> io::Result<File> {
        match &self.tree {
            None => open_without_waiting(path),
            Some(tree) => match tree.place(path) {
                Some(place) => tree.held.open_file(&place),
                None => Err(io::Error::other("it is outside of the directory that is searched")),
            },
        }
    }

    /// Opens the disk that a domain names, or says why not.
    pub(super) fn open_disk(&self, path: &Path) -> Result<Arc<dyn Source>, NotOpened> {
        let shown = shown_path(path);
        let no_help = |reason: String| NotOpened { reason, help: None };
        if let Some(tree) = &self.tree {
            let source = tree.place(path).map(|place| tree.held.open_file(&place).and_then(FileSource::new));
            return match source {
                Some(Ok(source)) => Ok(Arc::new(source)),
                Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                    Err(no_help(TargetError::of(path, Access::Open, error).to_string()))
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
        let failed = |error| no_help(TargetError::of(path, Access::Open, error).to_string());
        let place = host::placed(path).map_err(failed)?;
        let metadata = fs::metadata(&place).map_err(failed)?;
        if !metadata.is_file() && !metadata.file_type().is_block_device() {
            return Err(no_help(format!("`{shown}` is neither a file nor a block device")));
        }
        let source = open_without_waiting(&place).and_then(FileSource::new);
        Ok(Arc::new(source.map_err(failed)?))
    }

    /// Whether a path means the same to this machine. Where it does not, the files that an image names are not looked for: their names
    /// would be read as this machine's.
    pub(super) fn names_this_machine(&self, path: &Path) -> bool {
        self.tree.is_none() && host::placed(path).is_ok_and(|place| place == path)
    }

    /// A disk that can be read. `None` if it cannot be opened, or is something else.
    pub fn disk(&self, path: &Path) -> Option<Arc<dyn Source>> {
        self.open_disk(path).ok()
    }

    /// Whether it is certain that there is nothing at a path. Outside of the tree nothing is.
    pub fn is_missing(&self, path: &Path) -> bool {
        match &self.tree {
            None => match host::placed(path) {
                Ok(place) => matches!(place.try_exists(), Ok(false)),
                Err(error) => error.kind() == io::ErrorKind::NotFound,
            },
            Some(tree) => {
                let node = tree.place(path).map(|place| tree.held.node(&place));
                node.is_some_and(|node| node.is_err_and(|error| error.kind() == io::ErrorKind::NotFound))
            }
        }
    }
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
        assert!(DiskAccess::anywhere().disk(&real.join("tree/link")).is_some());
        assert!(DiskAccess::anywhere().is_missing(Path::new("/nonexistent/of-nobody")));
    }
}
