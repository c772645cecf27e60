//! The files that kernel and initrd are copied to: made before anything is read, removed unless they are handed over.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

/// Letters of the random part of a name, as Python's `tempfile` has them.
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789_";
/// How many names are tried before giving up.
const TRIES: u32 = 10_000;

/// An error, and the path that it is about.
pub(super) type PathError = (io::Error, PathBuf);

/// Makes the default directory with its parents, for root alone.
pub(super) fn make_directory(directory: &Path) -> Result<(), PathError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|error| (error, directory.to_owned()))
}

/// A file that a copy is written to. It is removed on dropping unless it was [kept](Copy::keep).
#[derive(Debug)]
pub(super) struct Copy {
    pub path: PathBuf,
    /// The file itself, whatever has its name now.
    pub file: File,
    kept: bool,
}

impl Copy {
    /// Makes an empty file of mode 0600 in `directory`: `boot_kernel.` and eight random letters. Its path is absolute.
    pub(super) fn create(directory: &Path, prefix: &str) -> Result<Self, PathError> {
        let directory = absolute(directory).map_err(|error| (error, directory.to_owned()))?;
        let mut last = None;
        for _ in 0..TRIES {
            let mut name = OsString::from(prefix);
            name.push(random_letters());
            let path = directory.join(name);
            match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => return Ok(Self { path, file, kept: false }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = Some((error, path)),
                Err(error) => return Err((error, path)),
            }
        }
        Err(last.unwrap_or_else(|| (io::ErrorKind::AlreadyExists.into(), directory)))
    }

    /// How many bytes were written.
    pub(super) fn length(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Leaves the file to the caller of the program.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing can be done about a file that cannot be removed, and the failure that led here has been reported.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn random_letters() -> String {
    (0..8).map(|_| char::from(LETTERS[fastrand::usize(..LETTERS.len())])).collect()
}

/// `os.path.abspath`: absolute, with `.`, `..` and double slashes taken out by their names alone.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    // Python treats the empty path as the working directory.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let full = if path.is_absolute() { path.to_owned() } else { std::env::current_dir()?.join(path) };
    let mut out = PathBuf::from("/");
    for component in full.components() {
        match component {
            Component::ParentDir => {
                out.pop();
            }
            Component::Normal(name) => out.push(name),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    // POSIX leaves the meaning of exactly two slashes at the start open, and Python leaves them.
    if path.as_os_str().as_bytes().starts_with(b"//") && !path.as_os_str().as_bytes().starts_with(b"///") {
        let mut doubled = OsString::from("/");
        doubled.push(out);
        return Ok(doubled.into());
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let copy = Copy::create(&dir.path().join("./x/.."), "boot_kernel.").unwrap();
        let name = copy.path.file_name().unwrap().to_str().unwrap();
        assert_eq!(copy.path.parent(), Some(dir.path()));
        assert!(name.starts_with("boot_kernel.") && name.len() == "boot_kernel.".len() + 8);
        let path = copy.path.clone();
        drop(copy);
        assert!(!path.exists());
        let kept = Copy::create(dir.path(), "boot_ramdisk.").unwrap();
        let path = kept.path.clone();
        kept.keep();
        assert!(path.exists());
    }

    // Expected values: os.path.abspath of Python 3.11.
    #[test]
    fn absolute_paths() {
        for (path, want) in [("/a//b/../c/.", "/a/c"), ("//a/b", "//a/b"), ("///a", "/a"), ("/..", "/")] {
            assert_eq!(absolute(Path::new(path)).unwrap(), Path::new(want), "{path}");
        }
    }
}
