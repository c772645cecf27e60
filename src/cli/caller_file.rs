//! Files that the caller names: what may be opened under such a name.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::bounded_read;
use crate::storage::beneath::{HeldDirectory, directory_of};
use crate::storage::opening::{open_disk, open_without_waiting};

/// Opens a regular file or a block device without waiting for anybody, as a pipe would.
pub(super) fn file_or_device(path: &Path) -> io::Result<File> {
    if path.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { open_disk(path) }
}

/// The directories among all targets of a command line, whether they are looked at or searched. A file that the command line names as well
/// (`--config`, `--baseline`, `--targets-from`, `--template @FILE`) may lie in one of them: then a link on the way to it is not the
/// caller's choice, but a guest's, and is not followed. Elsewhere it is the caller's.
#[derive(Clone, Debug, Default)]
pub(super) struct TargetTrees(Vec<PathBuf>);

impl TargetTrees {
    /// The trees among these targets. Their places are those of now.
    pub(super) fn of(targets: &[impl AsRef<Path>]) -> Self {
        let trees = targets.iter().map(AsRef::as_ref).filter(|target| target.is_dir());
        Self(trees.filter_map(|tree| tree.canonicalize().ok()).collect())
    }

    /// Whether a directory, by its real path, is one of them or lies in one.
    pub(super) fn have(&self, directory: &Path) -> bool {
        self.0.iter().any(|tree| directory.starts_with(tree))
    }

    /// Whether a name in the path is looked up in one of them, wherever it leads from there.
    fn lie_on_the_way_to(&self, path: &Path) -> bool {
        let mut before = PathBuf::new();
        path.components().any(|component| {
            let is_looked_up_there = matches!(component, Component::Normal(_))
                && directory_of(&before.join("x")).canonicalize().is_ok_and(|directory| self.have(&directory));
            before.push(component);
            is_looked_up_there
        })
    }

    /// Opens a file that the caller names, if it lies in a tree: through no symbolic link. `None` if it does not.
    pub(super) fn open(&self, path: &Path) -> Option<io::Result<File>> {
        self.lie_on_the_way_to(path).then(|| open_without_links(path))
    }

    /// Reads a regular file of at most `most` bytes that the caller names, in a tree through no symbolic link.
    pub(super) fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let file = self.open(path).unwrap_or_else(|| open_without_waiting(path))?;
        bounded_read::read_file(file, most)
    }
}

/// Opens a regular file through no symbolic link.
fn open_without_links(path: &Path) -> io::Result<File> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
    HeldDirectory::open_without_links(directory_of(path))?.open_file(Path::new(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_outside_of_trees_alone() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        fs::create_dir_all(real.join("guest/sub")).unwrap();
        fs::create_dir(real.join("own")).unwrap();
        fs::write(real.join("own/file"), "own").unwrap();
        fs::write(real.join("guest/sub/file"), "guest").unwrap();
        symlink("../../own/file", real.join("guest/sub/link")).unwrap();
        symlink("../own", real.join("guest/away")).unwrap();
        symlink("own/file", real.join("link")).unwrap();
        symlink("guest", real.join("named")).unwrap();
        // A tree counts wherever it stands among the targets, by whatever name.
        for tree in ["guest", "named"] {
            let trees = TargetTrees::of(&[real.join("own/file"), real.join(tree)]);
            let read = |path: &str| trees.read(&real.join(path), 100).ok();
            for path in ["own/file", "link", "own/../link", "guest/../link"] {
                assert_eq!(read(path).as_deref(), Some(&b"own"[..]), "{tree}: {path}");
            }
            assert_eq!(read("guest/sub/file").as_deref(), Some(&b"guest"[..]), "{tree}");
            for path in ["guest/sub/link", "guest/away/file", "own/../guest/away/file", "named/away/file"] {
                assert_eq!(read(path), None, "{tree}: {path}");
            }
        }
        assert!(TargetTrees::default().read(&real.join("guest/sub/link"), 100).is_ok());
    }
}
