//! Replacing a user's file: whole or not at all, with its mode and its owner.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

use tempfile::Builder;

/// Gives the file at `path` another text, if it is still `old`. A symbolic link stays, and the file that it leads to is
/// replaced. Of a file with several names (hard links) nothing is written: the other names would keep what was.
///
/// The new file has the mode and the owner of the old one; attributes beyond these (ACLs, labels) it does not have.
///
/// What is wrong is a clause without a full stop.
pub(super) fn replace(path: &Path, old: &[u8], new: &[u8]) -> Result<(), String> {
    let said = |error: &io::Error| crate::cli::why(error);
    let real = fs::canonicalize(path).map_err(|error| said(&error))?;
    let metadata = fs::metadata(&real).map_err(|error| said(&error))?;
    if !metadata.is_file() {
        return Err("it is no regular file".to_owned());
    }
    if metadata.nlink() > 1 {
        return Err(format!("it has {} names (hard links), of which one alone would change", metadata.nlink()));
    }
    let directory = real.parent().unwrap_or(Path::new("/"));
    let mut file = Builder::new().prefix(".pregrub-").tempfile_in(directory).map_err(|error| said(&error))?;
    file.write_all(new).map_err(|error| said(&error))?;
    let of_new = file.as_file().metadata().map_err(|error| said(&error))?;
    if (of_new.uid(), of_new.gid()) != (metadata.uid(), metadata.gid()) {
        fchown(file.as_file(), Some(metadata.uid()), Some(metadata.gid()))
            .map_err(|error| format!("its owner cannot be kept: {}", said(&error)))?;
    }
    // Behind the change of the owner, which may take bits away.
    file.as_file().set_permissions(metadata.permissions()).map_err(|error| said(&error))?;
    file.as_file().sync_all().map_err(|error| said(&error))?;
    if fs::read(&real).map_err(|error| said(&error))? != old {
        return Err("it has changed meanwhile".to_owned());
    }
    file.persist(&real).map_err(|error| said(&error.error))?;
    // The name as well; a filesystem that cannot do this has nothing better to offer.
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn mode_and_link_stay() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("grub.cfg"), directory.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        symlink("grub.cfg", &link).unwrap();
        replace(&link, b"old", b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_is_not_replaced_is_as_before() {
        let directory = tempfile::tempdir().unwrap();
        let (file, other) = (directory.path().join("a"), directory.path().join("b"));
        fs::write(&file, "old").unwrap();
        assert_eq!(replace(&file, b"older", b"new").unwrap_err(), "it has changed meanwhile");
        fs::hard_link(&file, &other).unwrap();
        assert!(replace(&file, b"old", b"new").unwrap_err().contains("2 names"));
        assert_eq!(replace(&directory.path().join("c"), b"", b"").unwrap_err(), "there is no such file");
        assert!(replace(directory.path(), b"", b"").unwrap_err().contains("no regular file"));
        assert_eq!(fs::read(&file).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
