//! A file under a name for now, beside the one whose name it is to get.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;

use super::beneath::HeldDirectory;

/// How many names are tried.
const TRIES: u32 = 1000;

/// Makes an empty file under a name of its own.
///
/// # Errors
///
/// Those of [`HeldDirectory::create`].
pub(crate) fn create(directory: &HeldDirectory, mode: u32) -> io::Result<(File, OsString)> {
    let mut number = 0_u32;
    loop {
        let name = OsString::from(format!(".pregrub-{}-{number}", std::process::id()));
        match directory.create(Path::new(&name), mode) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < TRIES => {
                number = number.saturating_add(1);
            }
            made => return made.map(|file| (file, name)),
        }
    }
}

/// Undoes an exchange: what has the name `temporary` by it gets `name` again, and `new`, which had `name`, is removed. `false` where
/// somebody gave `name` to another file meanwhile: that keeps it, as the last word, and nothing is removed.
///
/// # Errors
///
/// The names cannot be exchanged, or one of the files cannot be examined.
pub(crate) fn exchange_back(directory: &HeldDirectory, temporary: &Path, name: &Path, new: &File) -> io::Result<bool> {
    if !directory.exchange(temporary, name)? {
        // As the exchange was one of two steps, so is the way back.
        return directory.rename(temporary, name).map(|()| true);
    }
    if directory.node(temporary)?.is(&new.metadata()?) {
        // What is left of it is in nobody's way.
        let _ = directory.remove(temporary);
        return Ok(true);
    }
    directory.exchange(temporary, name)?;
    Ok(false)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_had_the_name_gets_it_again() {
        let directory = tempfile::tempdir().unwrap();
        let held = HeldDirectory::open(directory.path()).unwrap();
        let (name, place) = (Path::new("a"), directory.path().join("a"));
        for saved in [None, Some("last")] {
            fs::write(&place, "old").unwrap();
            let (new, temporary) = create(&held, 0o600).unwrap();
            let temporary = Path::new(&temporary);
            assert!(held.exchange(temporary, name).unwrap());
            if let Some(saved) = saved {
                fs::remove_file(&place).unwrap();
                fs::write(&place, saved).unwrap();
            }
            assert_eq!(exchange_back(&held, temporary, name, &new).unwrap(), saved.is_none());
            assert_eq!(fs::read_to_string(&place).unwrap(), saved.unwrap_or("old"));
            let kept = fs::read_to_string(directory.path().join(temporary)).ok();
            assert_eq!(kept.as_deref(), saved.map(|_| "old"));
        }
    }
}
