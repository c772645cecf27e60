//! Who may read and write a file that takes the place of another one: nobody more than before.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};

use crate::system_error::why;

/// Reading, writing and executing, by owner, group and others. What else a mode has (set-user-ID) goes whenever a file is written.
const PERMISSIONS: u32 = 0o777;

/// Gives a new file the owner, the group, the mode and the access control list of the one that it is to replace. Other attributes
/// (labels) it does not get.
///
/// # Errors
///
/// Those of the operating system: the caller may not give a file to that owner, for one. Then the file must not take the place.
pub(crate) fn keep(file: &File, like: &File) -> io::Result<()> {
    let (mine, theirs) = (file.metadata()?, like.metadata()?);
    if (mine.uid(), mine.gid()) != (theirs.uid(), theirs.gid()) {
        fchown(file, Some(theirs.uid()), Some(theirs.gid()))
            .map_err(|error| io::Error::new(error.kind(), format!("its owner cannot be kept: {}", why(&error))))?;
    }
    keep_access_control_list(file, like)?;
    // At the end: a change of the owner may take bits away, and with a list the group's bits are the most that the list grants.
    file.set_permissions(Permissions::from_mode(theirs.mode() & PERMISSIONS))
}

/// The list of the old file, or none: a new file has what its directory says (`setfacl -d`), which may be more.
#[cfg(target_os = "linux")]
fn keep_access_control_list(file: &File, like: &File) -> io::Result<()> {
    use rustix::fs::{XattrFlags, fgetxattr, fremovexattr, fsetxattr};
    use rustix::io::Errno;

    const LIST: &str = "system.posix_acl_access";
    /// As long as an attribute can be.
    const LONGEST: usize = 1 << 16;
    let mut list = vec![0; LONGEST];
    // There is none, or the filesystem has no such lists.
    let without = |result| match result {
        Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::NOSYS) => Ok(None),
        result => result.map(Some),
    };
    let kept = match without(fgetxattr(like, LIST, list.as_mut_slice())) {
        Ok(Some(length)) => fsetxattr(file, LIST, list.get(..length).unwrap_or_default(), XattrFlags::empty()),
        Ok(None) => without(fremovexattr(file, LIST).map(|()| 0)).map(|_| ()),
        Err(error) => Err(error),
    };
    kept.map_err(|error| {
        let error = io::Error::from(error);
        io::Error::new(error.kind(), format!("its access control list cannot be kept: {}", why(&error)))
    })
}

#[cfg(not(target_os = "linux"))]
fn keep_access_control_list(_: &File, _: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_new_file_grants_what_the_old_one_did() {
        let directory = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| File::create(directory.path().join(name)).unwrap());
        for mode in [0o600, 0o604, 0o440, 0o4755] {
            old.set_permissions(Permissions::from_mode(mode)).unwrap();
            keep(&new, &old).unwrap();
            assert_eq!(new.metadata().unwrap().mode() & 0o7777, mode & 0o777);
        }
        if rustix::process::getuid().is_root() {
            fchown(&old, Some(65534), Some(65533)).unwrap();
            keep(&new, &old).unwrap();
            let metadata = new.metadata().unwrap();
            assert_eq!((metadata.uid(), metadata.gid()), (65534, 65533));
        }
        fs::remove_file(directory.path().join("old")).unwrap();
    }

    /// A list that grants a user nothing but what the mask lets through, and a directory that grants more.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_access_control_list_stays() {
        use rustix::fs::{XattrFlags, fgetxattr, fsetxattr};
        let directory = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| File::create(directory.path().join(name)).unwrap());
        // Version 2; tag, permissions and identifier of owner, a user, group, mask, others.
        let entries = [(1_u16, 6_u16, u32::MAX), (2, 4, 1000), (4, 0, u32::MAX), (16, 4, u32::MAX), (32, 0, u32::MAX)];
        let mut list = 2_u32.to_le_bytes().to_vec();
        for (tag, permissions, identifier) in entries {
            list.extend(tag.to_le_bytes());
            list.extend(permissions.to_le_bytes());
            list.extend(identifier.to_le_bytes());
        }
        let name = "system.posix_acl_access";
        if fsetxattr(&old, name, &list, XattrFlags::empty()).is_err() {
            eprintln!("SKIPPED: this filesystem has no access control lists");
            return;
        }
        let of = |file: &File| {
            let mut found = vec![0; 1 << 16];
            fgetxattr(file, name, found.as_mut_slice()).map(|length| found[..length].to_vec())
        };
        keep(&new, &old).unwrap();
        assert_eq!(of(&new).unwrap(), list);
        assert_eq!(new.metadata().unwrap().mode() & 0o777, 0o640);
        let plain = File::create(directory.path().join("plain")).unwrap();
        plain.set_permissions(Permissions::from_mode(0o640)).unwrap();
        keep(&new, &plain).unwrap();
        assert!(of(&new).is_err());
        assert_eq!(new.metadata().unwrap().mode() & 0o777, 0o640);
    }
}
