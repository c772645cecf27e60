//! Replacing a user's file: in full or not at all, with its mode and its owner.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::Path;

use super::interrupt::while_writing;
use crate::storage::beneath::{HeldDirectory, directory_of, is_link_in_the_way};

/// How many names are tried for the new file before it has its own.
const TRIES: u32 = 1000;

/// Gives the file at `path` another text, if it is still `old`. No symbolic link is followed: in a guest's tree it may lead to a
/// file of the host. Of a file with several names (hard links) nothing is written: the other names would keep what was.
///
/// The new file has the mode and the owner of the old one; attributes beyond these (ACLs, labels) it does not have.
///
/// What is wrong is a clause without a full stop.
pub(super) fn replace(path: &Path, old: &[u8], new: &[u8]) -> Result<(), String> {
    while_writing(|| replace_at_once(path, old, new))
}

fn replace_at_once(path: &Path, old: &[u8], new: &[u8]) -> Result<(), String> {
    let said = |error: &io::Error| if is_link_in_the_way(error) { link(path, error) } else { crate::cli::why(error) };
    let Some(name) = path.file_name() else { return Err("it is not a regular file".to_owned()) };
    let name = Path::new(name);
    let directory = HeldDirectory::open_without_links(directory_of(path)).map_err(|error| said(&error))?;
    let before = directory.open_file(name).map_err(|error| said(&error))?;
    let metadata = before.metadata().map_err(|error| said(&error))?;
    if metadata.nlink() > 1 {
        return Err(format!("it has {} names (hard links), of which one alone would change", metadata.nlink()));
    }
    let (mut file, temporary) = create(&directory).map_err(|error| said(&error))?;
    let temporary = Path::new(&temporary);
    let replaced = write(&mut file, &metadata, new).and_then(|()| {
        let mut now = Vec::new();
        let limit = old.len() as u64 + 1;
        let file = directory.open_file(name).map_err(|error| said(&error))?;
        file.take(limit).read_to_end(&mut now).map_err(|error| said(&error))?;
        if now != old {
            return Err("it has changed in the meantime".to_owned());
        }
        directory.rename(temporary, name).map_err(|error| said(&error))
    });
    if replaced.is_err() {
        let _ = directory.remove(temporary);
    }
    replaced?;
    // The name as well; a filesystem that cannot do this has nothing better to offer.
    let _ = directory.as_file().and_then(|directory| directory.sync_all());
    Ok(())
}

/// What is wrong with a link, and where it leads.
fn link(path: &Path, error: &io::Error) -> String {
    match fs::canonicalize(path) {
        Ok(real) => format!("{error}: name the file itself, `{}`, if that is the one", real.display()),
        Err(_) => error.to_string(),
    }
}

/// Makes an empty file under a name of its own, for its owner alone.
fn create(directory: &HeldDirectory) -> io::Result<(File, String)> {
    let mut number = 0;
    loop {
        let name = format!(".pregrub-{}-{number}", std::process::id());
        match directory.create(Path::new(&name), 0o600) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < TRIES => number += 1,
            made => return made.map(|file| (file, name)),
        }
    }
}

/// Writes a text to a new file and gives it the owner and the mode of another one.
fn write(file: &mut File, like: &fs::Metadata, text: &[u8]) -> Result<(), String> {
    let said = |error: &io::Error| crate::cli::why(error);
    file.write_all(text).map_err(|error| said(&error))?;
    let metadata = file.metadata().map_err(|error| said(&error))?;
    if (metadata.uid(), metadata.gid()) != (like.uid(), like.gid()) {
        fchown(&*file, Some(like.uid()), Some(like.gid()))
            .map_err(|error| format!("its owner cannot be kept: {}", said(&error)))?;
    }
    // After the change of the owner, which may take bits away.
    file.set_permissions(like.permissions()).map_err(|error| said(&error))?;
    file.sync_all().map_err(|error| said(&error))
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn the_mode_stays_and_no_link_is_followed() {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().canonicalize().unwrap();
        fs::create_dir(real.join("sub")).unwrap();
        let file = real.join("sub/grub.cfg");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        symlink("sub/grub.cfg", real.join("link")).unwrap();
        symlink("sub", real.join("above")).unwrap();
        for path in ["link", "above/grub.cfg"] {
            let why = replace(&real.join(path), b"old", b"new").unwrap_err();
            let place = format!("name the file itself, `{}`, if that is the one", file.display());
            assert!(why.contains("is a symbolic link, which is not followed") && why.ends_with(&place), "{why}");
            assert_eq!(fs::read(&file).unwrap(), b"old");
        }
        replace(&real.join("sub/../sub/grub.cfg"), b"old", b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o640);
        assert_eq!(fs::read_dir(real.join("sub")).unwrap().count(), 1);
    }

    #[test]
    fn what_is_not_replaced_is_as_before() {
        let directory = tempfile::tempdir().unwrap();
        let (file, other) = (directory.path().join("a"), directory.path().join("b"));
        fs::write(&file, "old").unwrap();
        assert_eq!(replace(&file, b"older", b"new").unwrap_err(), "it has changed in the meantime");
        fs::hard_link(&file, &other).unwrap();
        assert!(replace(&file, b"old", b"new").unwrap_err().contains("2 names"));
        assert_eq!(replace(&directory.path().join("c"), b"", b"").unwrap_err(), "there is no such file");
        assert!(replace(directory.path(), b"", b"").unwrap_err().contains("not a regular file"));
        assert_eq!(fs::read(&file).unwrap(), b"old");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }
}
