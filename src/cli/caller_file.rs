//! Files that the caller names: what may be opened under such a name.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::checkouts::Checkouts;
use super::{bounded_read, path_from_here};
use crate::escape::shown_path;
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
pub(super) struct TargetTrees {
    targets: Vec<PathBuf>,
    /// In continuous integration: a commit's files lie there, and its links.
    checkouts: Option<Checkouts>,
}

impl TargetTrees {
    /// The trees among these targets. Their places are those of now.
    pub(super) fn of(targets: &[impl AsRef<Path>]) -> Self {
        let trees = targets.iter().map(AsRef::as_ref).filter(|target| target.is_dir());
        let targets = trees.filter_map(|tree| tree.canonicalize().ok()).collect();
        Self { targets, checkouts: Checkouts::of_runner() }
    }

    /// Whether a directory, by its real path, is one of them or lies in one.
    pub(super) fn have(&self, directory: &Path) -> bool {
        self.targets.iter().any(|tree| directory.starts_with(tree))
    }

    /// Whether a link in a directory may be somebody else's.
    fn have_links(&self, directory: &Path) -> bool {
        self.have(directory) || self.checkouts.as_ref().is_some_and(|checkouts| checkouts.have(directory))
    }

    /// Where the way that a path takes, links followed, comes into one of them: the place there, and what is ahead. `None` if it does not.
    fn entry(&self, path: &Path) -> Option<PathBuf> {
        /// More links than the kernel follows.
        const MOST_LINKS: usize = 41;
        let components =
            |path: &Path| path.components().map(|one| one.as_os_str().to_owned()).rev().collect::<Vec<_>>();
        // From a working directory that is gone no relative path leads anywhere.
        let here = Path::new(".").canonicalize().unwrap_or_else(|_| PathBuf::from("/"));
        let (mut at, mut ahead, mut links) = (here, components(path), 0);
        while let Some(name) = ahead.pop() {
            match Path::new(&name).components().next() {
                Some(Component::Normal(_)) if links > MOST_LINKS => return Some(path.to_owned()),
                Some(Component::Normal(_)) if self.have_links(&at) => {
                    ahead.push(name);
                    return Some(at.join(ahead.iter().rev().collect::<PathBuf>()));
                }
                Some(Component::Normal(name)) => {
                    at.push(name);
                    if let Ok(target) = std::fs::read_link(&at) {
                        links += 1;
                        at.pop();
                        ahead.extend(components(&target));
                    }
                }
                Some(Component::ParentDir) => {
                    at.pop();
                }
                Some(Component::RootDir) => at = PathBuf::from("/"),
                Some(Component::CurDir | Component::Prefix(_)) | None => {}
            }
        }
        None
    }

    /// The first symbolic link on the way that a path takes in one of them. `None` if there is none, or if all leads to what Nix has
    /// built, which is named so.
    fn link_on_the_way(&self, path: &Path) -> Option<PathBuf> {
        let place = self.entry(path)?;
        let mut prefixes: Vec<&Path> = place.ancestors().collect();
        prefixes.reverse();
        let link = prefixes.into_iter().find(|prefix| prefix.is_symlink())?;
        let is_built = path.canonicalize().is_ok_and(|real| real.starts_with("/nix/store"));
        (!is_built).then(|| link.to_owned())
    }

    /// Opens a file that the caller names, if it lies in a tree: there through no symbolic link. `None` if it does not.
    pub(super) fn open(&self, path: &Path) -> Option<io::Result<File>> {
        self.entry(path).map(|place| open_without_links(&place))
    }

    /// Reads a regular file of at most `most` bytes that the caller names, in a tree through no symbolic link.
    pub(super) fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let file = self.open(path).unwrap_or_else(|| open_without_waiting(path))?;
        bounded_read::read_file(file, most)
    }
}

/// Refuses targets with a symbolic link in their path that a commit may have made: in continuous integration, in the working directory
/// or the checkout. It could lead to a file of the runner, whose lines would be printed, or to the checkout itself, which is not a guest's tree.
///
/// # Errors
///
/// One sentence that names the target and the link.
pub(super) fn refuse_links_of_commits(targets: &[impl AsRef<Path>]) -> Result<(), String> {
    let checkouts = Checkouts::of_runner();
    if checkouts.is_none() {
        return Ok(());
    }
    let trees = TargetTrees { targets: Vec::new(), checkouts };
    for target in targets.iter().map(AsRef::as_ref).filter(|target| *target != Path::new("-")) {
        if let Some(link) = trees.link_on_the_way(target) {
            return Err(format!(
                "`{}` is not opened, because `{}` is a symbolic link in the checkout, which a commit may have made: name the file itself",
                shown_path(target),
                path_from_here(&link)
            ));
        }
    }
    Ok(())
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
        // The caller's own, and a guest's after it.
        symlink("guest/sub/link", real.join("to-link")).unwrap();
        symlink(real.join("guest/away"), real.join("to-away")).unwrap();
        symlink("own/file", real.join("to-own")).unwrap();
        symlink("to-own", real.join("to-to-own")).unwrap();
        symlink("guest/sub/file", real.join("to-file")).unwrap();
        // A tree counts wherever it stands among the targets, by whatever name.
        for tree in ["guest", "named"] {
            let trees = TargetTrees::of(&[real.join("own/file"), real.join(tree)]);
            let read = |path: &str| trees.read(&real.join(path), 100).ok();
            for path in ["own/file", "link", "own/../link", "guest/../link", "to-to-own"] {
                assert_eq!(read(path).as_deref(), Some(&b"own"[..]), "{tree}: {path}");
            }
            for path in ["guest/sub/file", "named/sub/file", "to-file"] {
                assert_eq!(read(path).as_deref(), Some(&b"guest"[..]), "{tree}: {path}");
            }
            for path in [
                "guest/sub/link",
                "guest/away/file",
                "own/../guest/away/file",
                "named/away/file",
                "to-link",
                "to-away/file",
            ] {
                assert_eq!(read(path), None, "{tree}: {path}");
            }
        }
        assert!(TargetTrees::default().read(&real.join("guest/sub/link"), 100).is_ok());
    }
}
