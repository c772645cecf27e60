//! From a path to a file, as the plugin walks.

use super::Fat;
use super::chain::ChainStop;
use super::directory::{self, FatEntry};
use crate::storage::filesystem::{OpenError, shown};
use crate::storage::path_whitespace;

/// The first cluster of a directory. `None` if the path leads to none.
pub(crate) fn directory(fat: &Fat, path: &[u8]) -> Option<i32> {
    let mut cluster = fat.root;
    for name in path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()) {
        let entry = directory::lookup(&fat.geometry, cluster, name).ok()?.ok()?;
        cluster = entry.is_directory.then_some(entry.cluster)?;
    }
    Some(cluster)
}

/// Finds the file that `path` leads to. The path ends at its first space. Any number of slashes is one, but one at the end
/// asks for a name without a letter. `.` and `..` are what the directory has under these names.
pub(crate) fn resolve(fat: &Fat, path: &[u8]) -> Result<FatEntry, OpenError> {
    let mut rest = &path[..path_whitespace::length(path)];
    let mut entry = FatEntry { is_directory: true, cluster: fat.root, size: 0 };
    let mut before: &[u8] = b"/";
    let not_found = OpenError::NotFound;
    while !rest.is_empty() {
        if !entry.is_directory {
            return Err(not_found(format!("`{}` is not a directory", shown(before))));
        }
        let start = rest.iter().position(|&byte| byte != b'/').unwrap_or(rest.len());
        rest = &rest[start..];
        let name = &rest[..rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len())];
        rest = &rest[name.len()..];
        let found = directory::lookup(&fat.geometry, entry.cluster, name).map_err(|stop| match stop {
            ChainStop::Unknown(reason) | ChainStop::Broken(reason) => OpenError::Unknown(reason),
            ChainStop::End => OpenError::Unknown("a directory ends nowhere".to_owned()),
            ChainStop::Io(error) => OpenError::Io(error),
        })?;
        let directory = if before == b"/" { "the root directory" } else { "its directory" };
        entry = match found {
            Ok(found) => found,
            Err(Some(trouble)) => {
                return Err(not_found(format!(
                    "`{}` is not in what can be read of its directory: {trouble}",
                    shown(name)
                )));
            }
            Err(None) if name.is_empty() => return Err(not_found("the path ends with a slash".to_owned())),
            Err(None) if matches!(name, b"." | b"..") => {
                return Err(not_found(format!(
                    "there is no `{}` in {directory}, and pygrub's FAT driver knows no other",
                    shown(name)
                )));
            }
            Err(None) => {
                return Err(not_found(format!(
                    "there is no `{}` in {directory} (long names count as they are written, short ones in lower case)",
                    shown(name)
                )));
            }
        };
        before = name;
    }
    if entry.is_directory {
        return Err(not_found(format!("`{}` is a directory", shown(before))));
    }
    Ok(entry)
}
