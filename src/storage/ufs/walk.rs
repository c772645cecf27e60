//! From a path to an inode.

use super::inode::{Inode, ROOT};
use super::{Ufs, directory};
use crate::storage::filesystem::{OpenError, shown};
use crate::storage::path_whitespace;

/// What an inode costs of the budget.
const INODE: u64 = 1024;

fn not_found<T>(reason: String) -> Result<T, OpenError> {
    Err(OpenError::NotFound(reason))
}

/// Finds the file at `path`, which ends at its first space. Slashes in a row, at the start and at the end do not count;
/// `.` and `..` are what the directory says they are.
pub(crate) fn resolve(ufs: &Ufs, path: &[u8]) -> Result<Inode, OpenError> {
    let mut inode = read(ufs, ROOT)?;
    let mut last = &b"/"[..];
    for name in path[..path_whitespace::length(path)].split(|&byte| byte == b'/').filter(|name| !name.is_empty()) {
        if !inode.is_directory() {
            return not_found(format!("`{}` is {}", shown(last), kind(&inode)));
        }
        let Some(number) = directory::lookup(ufs, &inode, name)? else {
            let directory = if last == b"/" { "the root directory" } else { "its directory" };
            return not_found(format!("there is no `{}` in {directory}", shown(name)));
        };
        inode = read(ufs, number)?;
        last = name;
    }
    if inode.is_regular() { Ok(inode) } else { not_found(format!("`{}` is {}", shown(last), kind(&inode))) }
}

fn kind(inode: &Inode) -> &'static str {
    if inode.is_directory() {
        "a directory"
    } else if inode.is_symlink() {
        "a symbolic link, which the plugin does not follow"
    } else if inode.is_regular() {
        "a file, not a directory"
    } else {
        "a special file"
    }
}

fn read(ufs: &Ufs, number: u32) -> Result<Inode, OpenError> {
    ufs.fragments.budget().spend(INODE)?;
    match Inode::read(ufs, number)? {
        Some(inode) => Ok(inode),
        None => not_found(format!("its inode {number} lies past the end of the image")),
    }
}
