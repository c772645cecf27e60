//! Files that the caller names: what may be opened under such a name.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::storage::beneath::{HeldDirectory, directory_of};
use crate::storage::opening::open_disk;

/// Opens a regular file or a block device without waiting for anybody, as a pipe would.
pub(super) fn file_or_device(path: &Path) -> io::Result<File> {
    if path.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { open_disk(path) }
}

/// Whether a file that the caller names lies in one of these directories, which are looked at: then a link on the way to it is not the
/// caller's choice, but a guest's.
pub(super) fn is_of_a_tree<P: AsRef<Path>>(path: &Path, trees: &[P]) -> bool {
    let above = directory_of(path);
    let is_in = |tree: &Path| {
        let by_name = (std::path::absolute(above), std::path::absolute(tree));
        let really = (above.canonicalize(), tree.canonicalize());
        [by_name, really].iter().any(|pair| matches!(pair, (Ok(above), Ok(tree)) if above.starts_with(tree)))
    };
    trees.iter().map(AsRef::as_ref).filter(|tree| tree.is_dir()).any(is_in)
}

/// Opens a regular file through no symbolic link.
pub(super) fn open_without_links(path: &Path) -> io::Result<File> {
    let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::IsADirectory))?;
    HeldDirectory::open_without_links(directory_of(path))?.open_file(Path::new(name))
}
