//! Files that are there whole or not at all: written under another name, brought to the disk, then renamed.

use std::fmt;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::escape::escaped;

/// Why a file could not be written. As text it is one sentence without a full stop.
#[derive(Debug)]
pub struct OutputError {
    /// What could not be done, and to which file.
    what: String,
    /// What the operating system says, or what to do.
    why: String,
}

impl OutputError {
    pub(crate) fn new(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), why: why.into() }
    }

    /// An error of the operating system with the file at `path`.
    pub(crate) fn of(verb: &str, path: &Path, error: &io::Error) -> Self {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "there is no such directory".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            // `No space left on device (os error 28)` without the number.
            _ => error.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
        };
        Self::new(format!("cannot {verb} {}", shown(path)), why)
    }

    fn exists(path: &Path) -> Self {
        Self::new(format!("{} is already there", shown(path)), "give another name, or --force to replace it")
    }
}

impl fmt::Display for OutputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

impl std::error::Error for OutputError {}

fn shown(path: &Path) -> String {
    format!("`{}`", escaped(&path.display().to_string()))
}

/// Where a file is before it has its name: in the same directory.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// A file that does not have its name yet, and goes away where it never gets it.
pub(crate) struct Staged {
    file: NamedTempFile,
    path: PathBuf,
    replace: bool,
}

impl Staged {
    /// Makes an empty file that is to become `path`. What is there already is only replaced where that is asked for.
    pub(crate) fn new(path: &Path, replace: bool) -> Result<Self, OutputError> {
        match fs::symlink_metadata(path) {
            Ok(metadata) if replace && !metadata.is_file() => {
                return Err(OutputError::new(format!("{} is no regular file", shown(path)), "give another name"));
            }
            Ok(_) if !replace => return Err(OutputError::exists(path)),
            _ => {}
        }
        let file = Builder::new()
            .prefix(".pregrub-")
            // As far as the umask lets it.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(parent(path))
            .map_err(|error| OutputError::of("write", path, &error))?;
        Ok(Self { file, path: path.to_owned(), replace })
    }

    /// The file under its name for now.
    pub(crate) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Its name for now.
    pub(crate) fn temporary_path(&self) -> &Path {
        self.file.path()
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.file.write_all(bytes).map_err(|error| OutputError::of("write", &self.path, &error))
    }

    /// Brings it to the disk and gives it its name.
    pub(crate) fn publish(self) -> Result<(), OutputError> {
        let Self { file, path, replace } = self;
        file.as_file().sync_all().map_err(|error| OutputError::of("write", &path, &error))?;
        let persisted = if replace { file.persist(&path) } else { file.persist_noclobber(&path) };
        persisted.map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => OutputError::exists(&path),
            _ => OutputError::of("write", &path, &error.error),
        })?;
        // The name as well; a filesystem that cannot do this has nothing better to offer.
        if let Ok(directory) = File::open(parent(&path)) {
            let _ = directory.sync_all();
        }
        Ok(())
    }
}

/// Writes one file.
///
/// # Errors
///
/// It is there already and is not to be replaced, or it cannot be written; then what was there is as before.
pub fn write_file(path: &Path, text: &str, replace: bool) -> Result<(), OutputError> {
    let mut staged = Staged::new(path, replace)?;
    staged.write(text.as_bytes())?;
    staged.publish()
}

/// Writes several files into `directory`, which is made where it is missing. All of them are written before the first gets its
/// name, so that a full disk leaves none.
///
/// # Errors
///
/// As [`write_file`].
pub fn write_files<'a>(
    directory: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    replace: bool,
) -> Result<(), OutputError> {
    let made = !directory.exists();
    if made {
        fs::create_dir(directory).map_err(|error| OutputError::of("make the directory", directory, &error))?;
    }
    let mut published = Vec::new();
    let result = stage(directory, files, replace).and_then(|staged| {
        staged.into_iter().try_for_each(|file| {
            let path = file.path.clone();
            file.publish()?;
            published.push(path);
            Ok(())
        })
    });
    if result.is_err() {
        // What was replaced cannot come back; what is new goes.
        if !replace {
            published.iter().for_each(|path| drop(fs::remove_file(path)));
        }
        if made {
            let _ = fs::remove_dir(directory);
        }
    }
    result
}

fn stage<'a>(
    directory: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    replace: bool,
) -> Result<Vec<Staged>, OutputError> {
    let mut staged = Vec::new();
    for (name, text) in files {
        let mut file = Staged::new(&directory.join(name), replace)?;
        file.write(text.as_bytes())?;
        staged.push(file);
    }
    Ok(staged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_there_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        write_file(&path, "one", false).unwrap();
        assert!(write_file(&path, "two", false).unwrap_err().to_string().ends_with("or --force to replace it"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        write_file(&path, "two", true).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert!(write_file(directory.path(), "x", true).unwrap_err().to_string().contains("no regular file"));
        assert!(
            write_file(Path::new("/nonexistent/x"), "x", false).unwrap_err().to_string().contains("no such directory")
        );
        assert_eq!(names(directory.path()), ["a"]);
    }

    #[test]
    fn all_or_none() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("recipe");
        write_files(&place, [("a", "1"), ("b", "2")], false).unwrap();
        assert_eq!(names(&place), ["a", "b"]);
        // The second is in the way, and the first is not written either.
        assert!(write_files(&place, [("c", "1"), ("b", "3")], false).is_err());
        assert_eq!(names(&place), ["a", "b"]);
        write_files(&place, [("c", "1"), ("b", "3")], true).unwrap();
        assert_eq!(fs::read_to_string(place.join("b")).unwrap(), "3");
        assert!(write_files(&directory.path().join("x/y"), [("a", "")], false).is_err());
        // A name that cannot be: the directory that was made for it is gone again.
        assert!(write_files(&directory.path().join("new"), [("a", ""), ("b/c", "")], false).is_err());
        assert_eq!(names(directory.path()), ["recipe"]);
    }
}
