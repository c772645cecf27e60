//! Which files a domain's configuration may have opened.
//!
//! Who names a domain's configuration on the command line has chosen it. One that was found in a tree of directories may be anybody's: a
//! guest's, whose tree is mounted there, or a stranger's, whose commit is checked. It must not choose what of the host is read. Nor must
//! one of a list that `find` wrote, or one that a commit has and the command line names.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::TargetError;
use crate::escape::shown_path;
use crate::host;
use crate::storage::beneath::{HeldDirectory, NodeKind, is_of_repository};
use crate::storage::opened;
use crate::storage::opening::open_without_waiting;
use crate::storage::source::{FileSource, Source};

/// Which files may be opened: any, those beneath a directory, or none but the target.
#[derive(Clone, Debug, Default)]
pub struct DiskAccess {
    scope: Scope,
}

#[derive(Clone, Debug, Default)]
enum Scope {
    /// Any file.
    #[default]
    Anywhere,
    /// The target was found in a tree, where it and its disks lie.
    Found(Tree),
    /// The target is opened wherever it is, and of its disks those of a tree.
    Named(Tree),
    /// The target stands in a list: it is opened wherever it is, and no disk that it names.
    Listed,
    /// The same for a target that nobody trusts, where there is no tree that its disks could lie in.
    #[cfg(feature = "cli")]
    NotTrusted,
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
        Ok(Self { scope: Scope::Found(Tree::new(tree)?) })
    }

    /// Any target, but of the disks that a domain names only regular files beneath `tree`, through no symbolic link, for a target whose name
    /// the caller has from somebody else. The directory is held from now on.
    ///
    /// # Errors
    ///
    /// There is no such directory.
    pub fn with_disks_beneath(tree: &Path) -> io::Result<Self> {
        Ok(Self { scope: Scope::Named(Tree::new(tree)?) })
    }

    /// Any target, but no disk that a domain names, for a target of a list: a program wrote the list, and anybody the domain.
    pub fn of_list() -> Self {
        Self { scope: Scope::Listed }
    }

    /// Any target, but no disk that a domain names, for a target whose name the caller has from somebody else: not that of a list.
    #[cfg(feature = "cli")]
    pub(crate) fn without_disks() -> Self {
        Self { scope: Scope::NotTrusted }
    }

    /// Whether any file may be opened.
    pub fn is_unlimited(&self) -> bool {
        matches!(self.scope, Scope::Anywhere)
    }

    /// The tree that the target lies in.
    fn tree_of_target(&self) -> Option<&Tree> {
        match &self.scope {
            Scope::Found(tree) => Some(tree),
            Scope::Anywhere | Scope::Named(_) | Scope::Listed => None,
            #[cfg(feature = "cli")]
            Scope::NotTrusted => None,
        }
    }

    /// Opens a file for reading. Of one that makes its reader wait reading fails instead.
    ///
    /// # Errors
    ///
    /// There is no such file, or it may not be opened.
    pub fn open_file(&self, path: &Path) -> io::Result<File> {
        let file = match self.tree_of_target() {
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
        match &self.scope {
            Scope::Anywhere => {}
            Scope::Listed => {
                let help = "name the domain itself, or add --trust-domains if only this host's administrator can write what the list names";
                return Err(NotOpened {
                    reason: format!("`{shown}` is not opened, because this domain comes from a list of targets"),
                    help: Some(help.to_owned()),
                });
            }
            #[cfg(feature = "cli")]
            Scope::NotTrusted => {
                let help =
                    "work in the directory of its disks, or add --trust-domains if nobody else can write this domain";
                return Err(NotOpened {
                    reason: format!(
                        "`{shown}` is not opened, because this domain is not trusted (--no-trust-domains, or a commit may have written it), \
                         and the working directory is `/`"
                    ),
                    help: Some(help.to_owned()),
                });
            }
            Scope::Found(tree) => {
                let because = "this domain was found in a tree and";
                let help =
                    "name the domain itself, or add --trust-domains if the tree is not a guest's or a stranger's";
                return tree.open_disk(path, because, help);
            }
            Scope::Named(tree) => {
                let because = "this domain is not trusted (--no-trust-domains, or a commit may have written it) and";
                let help = "name the disk itself, or add --trust-domains if nobody else can write this domain";
                return tree.open_disk(path, because, help);
            }
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
        let Some(tree) = self.tree_of_target() else {
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

    /// Whether something has this name in the tree that is searched, through no symbolic link on the way. Anything else is not known here.
    #[cfg(feature = "cli")]
    pub(crate) fn has(&self, path: &Path) -> bool {
        self.tree_of_target().is_some_and(|tree| tree.place(path).is_some_and(|place| tree.held.node(&place).is_ok()))
    }

    /// The directory of a file beneath the tree. `None` without a tree.
    pub(super) fn directory_of(&self, path: &Path) -> Option<io::Result<HeldDirectory>> {
        let tree = self.tree_of_target()?;
        Some(tree.place(path).ok_or_else(outside).and_then(|place| match place.parent() {
            Some(parent) => tree.held.directory(parent),
            None => Err(outside()),
        }))
    }

    /// Whether the files that the image of a domain may name are looked for by its path, as the limits of images allow. They are not where
    /// the path is another machine's, or leads into a tree that may be exchanged in the meantime.
    pub(super) fn has_images_by_name(&self) -> bool {
        matches!(self.scope, Scope::Anywhere | Scope::Named(_)) && host::other_machine().is_none()
    }

    /// A disk that can be read. `None` if it cannot be opened, or is something else.
    pub fn disk(&self, path: &Path) -> Option<Arc<dyn Source>> {
        self.open_disk(path).ok()
    }

    /// Whether it is certain that there is nothing at a path. Outside of the tree nothing is.
    pub fn is_missing(&self, path: &Path) -> bool {
        match &self.scope {
            Scope::Listed => false,
            #[cfg(feature = "cli")]
            Scope::NotTrusted => false,
            Scope::Anywhere => match host::other_machine() {
                None => matches!(path.try_exists(), Ok(false)),
                Some(other) => other.node(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound),
            },
            Scope::Found(tree) | Scope::Named(tree) => {
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
    fn new(tree: &Path) -> io::Result<Self> {
        Ok(Self { held: HeldDirectory::open(tree)?, name: tree.to_owned() })
    }

    /// Opens a disk of the tree. `because` is why no other one may be opened, before `names a disk`, and `help` the way out.
    fn open_disk(&self, path: &Path, because: &str, help: &str) -> Result<Arc<dyn Source>, NotOpened> {
        match self.place(path).map(|place| self.held.open_file(&place).and_then(FileSource::new)) {
            Some(Ok(source)) => Ok(Arc::new(source)),
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => {
                Err(NotOpened { reason: TargetError::of(path, error).to_string(), help: None })
            }
            _ => Err(NotOpened {
                reason: format!(
                    "`{}` is not opened, because {because} names a disk that is not a regular file in `{}`",
                    shown_path(path),
                    shown_path(&self.name)
                ),
                help: Some(help.to_owned()),
            }),
        }
    }

    /// Where a path of the caller's lies beneath the tree. `None` if it does not, or belongs to a repository (`.git`).
    fn place(&self, path: &Path) -> Option<PathBuf> {
        self.beneath(path).filter(|place| !place.iter().any(is_of_repository))
    }

    fn beneath(&self, path: &Path) -> Option<PathBuf> {
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
        // A repository's own files are nobody's disks.
        fs::create_dir(real.join("tree/.git")).unwrap();
        fs::write(real.join("tree/.git/disk"), "of git").unwrap();
        assert!(DiskAccess::beneath(&real.join("tree")).unwrap().disk(&real.join("tree/.git/disk")).is_none());
        // A domain that is named by somebody else is opened wherever it is.
        let named = DiskAccess::with_disks_beneath(&real.join("tree")).unwrap();
        assert!(named.open_file(&real.join("outside")).is_ok() && named.disk(&real.join("tree/sub/disk")).is_some());
        for path in ["outside", "tree/link", "tree/up/outside", "tree/../outside", "tree/.git/disk"] {
            assert!(named.open_disk(&real.join(path)).err().unwrap().help.is_some(), "{path}");
            assert!(!named.is_missing(&real.join(path)), "{path}");
        }
        assert!(!named.is_unlimited() && named.is_missing(&real.join("tree/missing")));
        let listed = DiskAccess::of_list();
        assert!(listed.open_file(&real.join("outside")).is_ok() && listed.open_disk(&real.join("outside")).is_err());
        assert!(!listed.is_unlimited() && !listed.is_missing(Path::new("/nonexistent/of-nobody")));
        assert!(DiskAccess::anywhere().disk(&real.join("tree/link")).is_some());
        assert!(DiskAccess::anywhere().is_missing(Path::new("/nonexistent/of-nobody")));
    }
}
