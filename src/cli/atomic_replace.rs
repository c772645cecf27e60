//! Replacing a user's file: in full or not at all, with its mode and its owner, and what somebody else saves meanwhile stays.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::interrupt::while_writing;
use crate::escape::shown_path;
use crate::storage::beneath::{HeldDirectory, directory_of, is_link_in_the_way, sync_filesystem_of};
use crate::storage::directory_lock::{DirectoryLock, LockError, PATIENCE};
use crate::storage::{permissions, temporary_file};

const CHANGED: &str = "it has changed in the meantime";

/// Gives the file at `path` another text, if it is still `old`. No symbolic link is followed: in a guest's tree it may lead to a
/// file of the host. Of a file with several names (hard links) nothing is written: the other names would keep what was.
///
/// The new file has the mode, the owner and the access control list of the old one; other attributes (labels) it does not have.
///
/// What is wrong is a clause without a full stop.
pub(super) fn replace(path: &Path, old: &[u8], new: &[u8]) -> Result<(), String> {
    replace_within(PATIENCE, path, old, new)
}

fn replace_within(patience: Duration, path: &Path, old: &[u8], new: &[u8]) -> Result<(), String> {
    let Some(name) = path.file_name() else { return Err("it is not a regular file".to_owned()) };
    let directory = HeldDirectory::open_without_links(directory_of(path)).map_err(|error| said(path, &error))?;
    // A signal ends the program while it waits: nothing is written yet.
    let _locks = locks(&directory, patience)?;
    while_writing(|| Replacement { path, directory: &directory, name: Path::new(name), old }.make(new))
}

/// The locks of an installer that is at work on the file: on its boot directory, which is the file's directory or the one above. From above
/// to below, so that no two wait for each other.
fn locks(directory: &HeldDirectory, patience: Duration) -> Result<[Option<DirectoryLock>; 2], String> {
    let lock = |directory: &HeldDirectory| {
        DirectoryLock::take_if_it_can_be(directory, patience).map_err(|error| match error {
            LockError::Busy => format!(
                "an installation has been at work on `{}` for {} s: nothing was changed",
                directory.path().display(),
                patience.as_secs()
            ),
            LockError::Io(error) => crate::cli::why(&error),
        })
    };
    match directory.parent() {
        // The root directory is its own parent.
        Ok(above) if !above.is_same(directory) => Ok([lock(&above)?, lock(directory)?]),
        _ => Ok([None, lock(directory)?]),
    }
}

/// A file that is to be replaced.
struct Replacement<'a> {
    path: &'a Path,
    directory: &'a HeldDirectory,
    name: &'a Path,
    old: &'a [u8],
}

impl Replacement<'_> {
    fn make(&self, new: &[u8]) -> Result<(), String> {
        let before = self.open(self.name)?;
        let metadata = before.metadata().map_err(|error| self.said(&error))?;
        if metadata.nlink() > 1 {
            return Err(format!("it has {} names (hard links), of which one alone would change", metadata.nlink()));
        }
        let (mut file, temporary) = temporary_file::create(self.directory, 0o600).map_err(|error| self.said(&error))?;
        let temporary = Path::new(&temporary);
        let written = write(&mut file, &before, new).map_err(|error| self.said(&error)).and_then(|()| {
            // Before and after the renaming, as the installer does: pygrub does not replay the journal.
            sync_filesystem_of(&file).map_err(|error| self.said(&error))?;
            self.expect_unchanged(self.name, &metadata)?;
            self.directory.exchange(temporary, self.name).map_err(|error| self.said(&error))
        });
        let second = match written {
            Err(why) => {
                let _ = self.directory.remove(temporary);
                return Err(why);
            }
            Ok(true) => {
                if let Err(why) = self.expect_unchanged(temporary, &metadata) {
                    return Err(self.put_back(temporary, &file, why));
                }
                Some(temporary.to_owned())
            }
            // A filesystem that does not exchange: what is saved in this moment is lost.
            Ok(false) => self.rename(temporary)?,
        };
        // The old one has a second name until then: its blocks could have another file's content while the directory on the disk still
        // leads to it.
        let synced = sync_filesystem_of(&file);
        let removed = match second {
            Some(second) => self.directory.remove(&second).map_err(|error| (second, error)),
            None => Ok(()),
        };
        synced.map_err(|error| {
            format!(
                "the new text is written, but may be lost until the disk is written to ({})",
                crate::cli::why(&error)
            )
        })?;
        removed.map_err(|(second, error)| {
            let second = self.directory.path().join(second);
            format!(
                "the new text is written, but the old one is still there as `{}` ({})",
                shown_path(&second),
                crate::cli::why(&error)
            )
        })
    }

    /// Renames the new file, and gives the old one a second name before, where the filesystem can and nothing has that name. Returns it.
    fn rename(&self, temporary: &Path) -> Result<Option<PathBuf>, String> {
        let second = PathBuf::from(format!("{}.old", temporary.display()));
        let second = self.directory.link(self.name, &second).is_ok().then_some(second);
        self.directory.rename(temporary, self.name).map_err(|error| {
            for name in [Some(temporary), second.as_deref()].into_iter().flatten() {
                let _ = self.directory.remove(name);
            }
            self.said(&error)
        })?;
        Ok(second)
    }

    /// What somebody saved in the moment before the exchange gets its name back. What is not the new file and not the old text is never
    /// removed.
    fn put_back(&self, temporary: &Path, new: &File, why: String) -> String {
        if let Ok(true) = temporary_file::exchange_back(self.directory, temporary, self.name, new) {
            return why;
        }
        let kept = self.directory.path().join(temporary);
        format!("{why}, more than once: one of these texts is now `{}`", kept.display())
    }

    /// Whether a name stands for the old text still, and with the permissions that the new one has got.
    fn expect_unchanged(&self, name: &Path, before: &fs::Metadata) -> Result<(), String> {
        let file = self.open(name)?;
        let metadata = file.metadata().map_err(|error| self.said(&error))?;
        let mut now = Vec::new();
        let limit = (self.old.len() as u64).saturating_add(1);
        file.take(limit).read_to_end(&mut now).map_err(|error| self.said(&error))?;
        let permissions = |metadata: &fs::Metadata| (metadata.mode(), metadata.uid(), metadata.gid());
        if now == self.old && permissions(&metadata) == permissions(before) {
            return Ok(());
        }
        Err(CHANGED.to_owned())
    }

    fn open(&self, name: &Path) -> Result<File, String> {
        self.directory.open_file(name).map_err(|error| self.said(&error))
    }

    fn said(&self, error: &io::Error) -> String {
        said(self.path, error)
    }
}

fn said(path: &Path, error: &io::Error) -> String {
    if is_link_in_the_way(error) { link(path, error) } else { crate::cli::why(error) }
}

/// What is wrong with a link, and where it leads.
fn link(path: &Path, error: &io::Error) -> String {
    match fs::canonicalize(path) {
        Ok(real) => format!("{error}: name the file itself, `{}`, if that is the one", real.display()),
        Err(_) => error.to_string(),
    }
}

/// Writes a text to a new file, which gets the permissions of another one.
fn write(file: &mut File, like: &File, text: &[u8]) -> io::Result<()> {
    file.write_all(text)?;
    permissions::keep(file, like)?;
    file.sync_all()
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

    /// As for a second installer. It locks the boot directory, that of `grub/grub.cfg` or of `grub.cfg`.
    #[test]
    fn an_installation_at_work_is_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().canonicalize().unwrap();
        fs::create_dir(real.join("grub")).unwrap();
        let file = real.join("grub/grub.cfg");
        fs::write(&file, "old").unwrap();
        for locked in [real.clone(), real.join("grub")] {
            let held = HeldDirectory::open(&locked).unwrap();
            let lock = DirectoryLock::take_if_it_can_be(&held, Duration::ZERO).unwrap().unwrap();
            let why = replace_within(Duration::ZERO, &file, b"old", b"new").unwrap_err();
            let expected =
                format!("an installation has been at work on `{}` for 0 s: nothing was changed", locked.display());
            assert_eq!(why, expected);
            drop(lock);
        }
        assert_eq!(fs::read(&file).unwrap(), b"old");
        replace_within(Duration::ZERO, &file, b"old", b"new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
    }

    /// What comes back is the newest text, and nothing that somebody saved is removed.
    #[test]
    fn what_was_saved_before_the_exchange_gets_its_name_back() {
        let directory = tempfile::tempdir().unwrap();
        let held = HeldDirectory::open(directory.path()).unwrap();
        let (name, temporary) = (Path::new("grub.cfg"), Path::new(".pregrub-1-0"));
        let [file, other] = [name, temporary].map(|name| directory.path().join(name));
        let replacement = Replacement { path: &file, directory: &held, name, old: b"old" };
        // After the exchange: the new text has the name, and what was saved before has the other one.
        fs::write(&file, "new").unwrap();
        fs::write(&other, "saved").unwrap();
        let new = File::open(&file).unwrap();
        assert_eq!(replacement.put_back(temporary, &new, CHANGED.to_owned()), CHANGED);
        assert_eq!(fs::read(&file).unwrap(), b"saved");
        assert!(!other.exists());
        // And saved again, so that the new text has no name any longer.
        fs::write(&other, "earlier").unwrap();
        let why = replacement.put_back(temporary, &new, CHANGED.to_owned());
        assert!(
            why.contains(", more than once: one of these texts is now `") && why.ends_with(".pregrub-1-0`"),
            "{why}"
        );
        assert_eq!(fs::read(&file).unwrap(), b"saved");
        assert_eq!(fs::read(&other).unwrap(), b"earlier");
    }
}
