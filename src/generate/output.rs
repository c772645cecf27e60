//! Files that are there in full or not at all: written under another name, brought to the disk, then renamed, or exchanged with what
//! they replace, so that what somebody saves meanwhile stays. No symbolic link is followed on the way to them: they may be for a guest's
//! tree, where a link can lead to the host's own files.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::escape::escaped;
use crate::storage::beneath::{HeldDirectory, NodeKind, directory_of, is_link_in_the_way};
use crate::storage::directory_lock::DirectoryLock;
use crate::storage::opened;
use crate::storage::opening::open_without_waiting;
use crate::storage::{permissions, temporary_file};
use crate::system_error;

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
            io::ErrorKind::NotFound if verb != "read" => "there is no such directory".to_owned(),
            _ if is_link_in_the_way(error) => format!("{}: name the place itself", escaped(&error.to_string())),
            _ => system_error::why(error),
        };
        Self::new(format!("cannot {verb} {}", shown(path)), why)
    }

    fn of_others(path: &Path) -> Self {
        Self::new(
            format!("{} is there, and this command did not write it", shown(path)),
            "name another file, or remove it",
        )
    }

    /// Adds what could not be undone.
    fn add(&mut self, undone: Result<(), String>) {
        if let Err(left) = undone {
            self.why.push_str("; ");
            self.why.push_str(&left);
        }
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

/// A file that does not have its name yet, and goes away where it never gets it.
pub(crate) struct Staged {
    file: File,
    directory: HeldDirectory,
    temporary: OsString,
    name: OsString,
    path: PathBuf,
    replace: bool,
    /// What is to be replaced, as it was when this was made.
    old: Option<File>,
    stage: Stage,
}

/// How far a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has its name for now.
    Temporary,
    /// It has its name, which nothing had before.
    New,
    /// It has its name, and what had that before has the name for now.
    Exchanged,
    /// There is nothing left to take away.
    Done,
}

impl Staged {
    /// Makes an empty file that is to become `path`. What is there already is only replaced where that is asked for.
    pub(crate) fn new(path: &Path, replace: bool) -> Result<Self, OutputError> {
        let directory = HeldDirectory::open_without_links(directory_of(path))
            .map_err(|error| OutputError::of("write", path, &error))?;
        let Some(name) = path.file_name() else {
            return Err(OutputError::new(format!("{} is a directory", shown(path)), "give the name of a file"));
        };
        Self::in_directory(directory, name, path, replace)
    }

    /// The same for the file `name` of a directory; messages call it `path`.
    fn in_directory(directory: HeldDirectory, name: &OsStr, path: &Path, replace: bool) -> Result<Self, OutputError> {
        let there = directory.node(Path::new(name));
        match &there {
            Ok(node) if replace && node.kind != NodeKind::Regular => {
                return Err(OutputError::new(format!("{} is not a regular file", shown(path)), "give another name"));
            }
            Ok(_) if !replace => return Err(OutputError::exists(path)),
            _ => {}
        }
        let old = there.and_then(|_| directory.open_file(Path::new(name)));
        let old = match old {
            Ok(old) => Some(old),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(OutputError::of("replace", path, &error)),
        };
        // As far as the umask lets it; but what is private stays so at every moment.
        let mode = if old.is_some() { 0o600 } else { 0o666 };
        let (file, temporary) =
            temporary_file::create(&directory, mode).map_err(|error| OutputError::of("write", path, &error))?;
        let (name, path, stage) = (name.to_owned(), path.to_owned(), Stage::Temporary);
        Ok(Self { file, directory, temporary, name, path, replace, old, stage })
    }

    /// The file under its name for now.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The path of the open file, for a program that is given it. On Linux it leads to this very file, whatever has its name by
    /// now: who can write the directory could put a link to another file there.
    pub(crate) fn path_for_others(&self) -> PathBuf {
        #[cfg(target_os = "linux")]
        {
            use std::os::fd::AsRawFd;
            let path = PathBuf::from(format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd()));
            if path.exists() {
                return path;
            }
        }
        self.directory.path().join(&self.temporary)
    }

    /// Whether a name stands for the open file.
    fn has(&self, name: &OsStr) -> io::Result<bool> {
        Ok(self.directory.node(Path::new(name))?.is(&self.file.metadata()?))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), OutputError> {
        self.file.write_all(bytes).map_err(|error| OutputError::of("write", &self.path, &error))
    }

    fn failed(&self, error: &io::Error) -> OutputError {
        match error.kind() {
            io::ErrorKind::AlreadyExists => OutputError::exists(&self.path),
            _ => OutputError::of("write", &self.path, error),
        }
    }

    /// Brings it to the disk, with the permissions of what it is to replace. Nothing that has a name changes.
    fn prepare(&mut self) -> Result<(), OutputError> {
        match self.directory.node(Path::new(&self.name)) {
            Ok(node) if opened::contains(node.device, node.inode) => {
                return Err(OutputError::new(
                    format!("{} is what is looked at, where nothing is written", shown(&self.path)),
                    "name another place",
                ));
            }
            // It may be another one by now.
            Ok(_) if self.replace => {
                let there = self.directory.open_file(Path::new(&self.name));
                self.old = Some(there.map_err(|error| OutputError::of("replace", &self.path, &error))?);
            }
            _ => {}
        }
        if let Some(old) = &self.old {
            permissions::keep(&self.file, old).map_err(|error| OutputError::of("replace", &self.path, &error))?;
        }
        self.file.sync_all().map_err(|error| self.failed(&error))?;
        match self.has(&self.temporary) {
            Ok(true) => Ok(()),
            Ok(false) => {
                let why = "somebody else has put another file into its place in the meantime";
                Err(self.failed(&io::Error::other(why)))
            }
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Brings it to the disk and gives it its name.
    pub(crate) fn publish(self) -> Result<(), OutputError> {
        self.publish_over(&|_| true)
    }

    /// The same, if `may_go` says by its first bytes that what has the name at that moment may be replaced. Otherwise that stays: somebody
    /// saved it while this was made.
    pub(crate) fn publish_over(mut self, may_go: &dyn Fn(&[u8]) -> bool) -> Result<(), OutputError> {
        self.prepare()?;
        if let Err(mut error) = self.put(may_go) {
            error.add(self.undo());
            return Err(error);
        }
        self.sync_names();
        self.remove_old()
    }

    /// Takes away what had the name before.
    fn remove_old(&mut self) -> Result<(), OutputError> {
        if self.stage != Stage::Exchanged {
            return Ok(());
        }
        self.stage = Stage::Done;
        self.directory.remove(Path::new(&self.temporary)).map_err(|error| {
            let old = self.directory.path().join(&self.temporary);
            OutputError::new(
                format!(
                    "{} is written, but what was there before is still there as {}",
                    shown(&self.path),
                    shown(&old)
                ),
                system_error::why(&error),
            )
        })
    }

    /// The name as well; a filesystem that cannot do this has nothing better to offer.
    fn sync_names(&self) {
        let _ = self.directory.as_file().and_then(|directory| directory.sync_all());
    }

    /// Gives it its name so that this can be undone, which the caller does after an error.
    fn put(&mut self, may_go: &dyn Fn(&[u8]) -> bool) -> Result<(), OutputError> {
        let put = match self.directory.node(Path::new(&self.name)) {
            Ok(_) if self.replace => self.exchange(),
            _ => {
                let renamed = self.directory.rename_to_new(Path::new(&self.temporary), Path::new(&self.name));
                renamed.map(|()| self.stage = Stage::New)
            }
        };
        put.map_err(|error| self.failed(&error))?;
        if self.stage != Stage::Exchanged {
            return Ok(());
        }
        // This fails where what had the name is not a regular file.
        let old = self.directory.open_file(Path::new(&self.temporary));
        let head = old.and_then(head).map_err(|error| OutputError::of("replace", &self.path, &error))?;
        if may_go(&head) { Ok(()) } else { Err(OutputError::of_others(&self.path)) }
    }

    fn exchange(&mut self) -> io::Result<()> {
        let (from, to) = (Path::new(&self.temporary), Path::new(&self.name));
        if !self.directory.exchange(from, to)? {
            // In two steps, on a filesystem that does not exchange: what is there gets a second name, or another one.
            let mut aside = self.temporary.clone();
            aside.push(".old");
            let old = Path::new(&aside);
            self.directory.link(to, old).or_else(|_| self.directory.rename_to_new(to, old))?;
            if let Err(error) = self.directory.rename(from, to) {
                // Where both are names of one file, renaming does nothing.
                if self.directory.rename(old, to).is_ok() {
                    let _ = self.directory.remove(old);
                }
                return Err(error);
            }
            self.temporary = aside;
        }
        self.stage = Stage::Exchanged;
        Ok(())
    }

    /// Takes its name away again, for what had it before. Somebody else's file that has the name by now stays. The error is a clause.
    fn undo(&mut self) -> Result<(), String> {
        let replaced = || io::Error::other("somebody else has replaced it");
        let name = Path::new(&self.name);
        let undone = match (self.stage, self.has(&self.name)) {
            (Stage::New, Ok(true)) => self.directory.remove(name).map(|()| Stage::Done),
            (Stage::Exchanged, Ok(true)) => {
                match temporary_file::exchange_back(&self.directory, Path::new(&self.temporary), name, &self.file) {
                    Ok(true) => Ok(Stage::Done),
                    Ok(false) => Err(replaced()),
                    Err(error) => Err(error),
                }
            }
            (Stage::Exchanged, _) => Err(replaced()),
            (stage, _) => Ok(stage),
        };
        let (stage, said) = match undone {
            Ok(stage) => (stage, Ok(())),
            Err(_) if self.stage == Stage::Exchanged => {
                let old = self.directory.path().join(&self.temporary);
                (Stage::Done, Err(format!("what was in {} is now {}", shown(&self.path), shown(&old))))
            }
            Err(_) => (Stage::Done, Err(format!("{} is new", shown(&self.path)))),
        };
        self.stage = stage;
        said
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // A new file that came to nothing.
        if self.stage == Stage::Temporary {
            // The failure that led here has been reported.
            let _ = self.directory.remove(Path::new(&self.temporary));
        }
    }
}

/// Writes one file.
///
/// # Errors
///
/// It is there already and is not to be replaced, or it cannot be written; then what was there is as before.
pub fn write_file(path: &Path, text: &str, replace: bool) -> Result<(), OutputError> {
    write(path, text, replace)
}

/// Writes one file, or replaces what this program wrote there before: `is_own` knows that by its first bytes.
pub(crate) fn write_again(path: &Path, text: &str, is_own: fn(&[u8]) -> bool) -> Result<(), OutputError> {
    replaces_its_own(path, is_own)?;
    let mut staged = Staged::new(path, true)?;
    staged.write(text.as_bytes())?;
    staged.publish_over(&|head| is_replaced(head, is_own))
}

/// Refuses a place where there is something that this program did not write, or that cannot be read.
pub(crate) fn replaces_its_own(path: &Path, is_own: fn(&[u8]) -> bool) -> Result<(), OutputError> {
    let is_regular = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    if !is_regular {
        return Ok(());
    }
    match open_without_waiting(path).and_then(head) {
        Ok(head) if is_replaced(&head, is_own) => Ok(()),
        Ok(_) => Err(OutputError::of_others(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(OutputError::of("read", path, &error)),
    }
}

/// The first bytes of a file: more than any beginning by which an output is known.
fn head(file: File) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(4096).read_to_end(&mut head)?;
    Ok(head)
}

/// Whether a file that begins so is replaced. What this program writes is text.
fn is_replaced(head: &[u8], is_own: fn(&[u8]) -> bool) -> bool {
    head.is_empty() || is_own(head) && !head.contains(&0)
}

fn write(path: &Path, text: &str, replace: bool) -> Result<(), OutputError> {
    let mut staged = Staged::new(path, replace)?;
    staged.write(text.as_bytes())?;
    staged.publish()
}

/// Writes several files into `directory`, which is made where it is missing. All of them are written before the first gets its
/// name, so that a full disk leaves none; and where one cannot be replaced (`chattr +i`), what the others replaced comes back.
///
/// # Errors
///
/// As [`write_file`].
pub fn write_files<'a>(
    directory: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    replace: bool,
) -> Result<(), OutputError> {
    write_all(directory, files, replace, &|_| true)
}

fn write_all<'a>(
    directory: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    replace: bool,
    may_go: &dyn Fn(&[u8]) -> bool,
) -> Result<(), OutputError> {
    let (held, made) = hold(directory)?;
    let result = lock(&held, directory).and_then(|lock| {
        let put = stage(&held, directory, files, replace).and_then(|staged| put_all(staged, may_go));
        drop(lock);
        put
    });
    if let (Err(_), Some((above, name))) = (&result, made) {
        let _ = above.remove_directory(Path::new(&name));
    }
    result
}

/// Two at once would leave some files of the one and some of the other. A signal may be held back: nobody waits long.
fn lock(held: &HeldDirectory, directory: &Path) -> Result<Option<DirectoryLock>, OutputError> {
    DirectoryLock::take_if_it_can_be(held, Duration::from_secs(1)).map_err(|_| {
        OutputError::new(
            format!("cannot write into {}", shown(directory)),
            "another program is at work there: try again later",
        )
    })
}

/// Writes several files, or replaces what this program wrote there before: `is_own` knows that by its first bytes.
pub(crate) fn write_files_again<'a>(
    directory: &Path,
    files: &[(&'a str, &'a str)],
    is_own: fn(&[u8]) -> bool,
) -> Result<(), OutputError> {
    files.iter().try_for_each(|(name, _)| replaces_its_own(&directory.join(name), is_own))?;
    write_all(directory, files.iter().copied(), true, &|head| is_replaced(head, is_own))
}

/// Gives all files their names, or none.
fn put_all(mut staged: Vec<Staged>, may_go: &dyn Fn(&[u8]) -> bool) -> Result<(), OutputError> {
    staged.iter_mut().try_for_each(Staged::prepare)?;
    let put = staged.iter_mut().try_for_each(|file| file.put(may_go));
    if let Err(mut error) = put {
        for file in staged.iter_mut().rev() {
            error.add(file.undo());
        }
        return Err(error);
    }
    if let Some(file) = staged.first() {
        file.sync_names();
    }
    // All of them, whatever becomes of one.
    staged.iter_mut().map(Staged::remove_old).fold(Ok(()), Result::and)
}

/// Makes a directory and those above it where they are missing, through no symbolic link.
pub(crate) fn make_directories(directory: &Path) -> Result<(), OutputError> {
    let above = directory_of(directory);
    if above.symlink_metadata().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        make_directories(above)?;
    }
    hold(directory).map(drop)
}

/// Holds a directory, which is made where it is missing; then also the one above it and its name there.
fn hold(directory: &Path) -> Result<(HeldDirectory, Option<(HeldDirectory, OsString)>), OutputError> {
    let failed = |error: io::Error| OutputError::of("make the directory", directory, &error);
    match (HeldDirectory::open_without_links(directory), directory.file_name()) {
        (Ok(held), _) => Ok((held, None)),
        (Err(error), Some(name)) if error.kind() == io::ErrorKind::NotFound => {
            let above = HeldDirectory::open_without_links(directory_of(directory)).map_err(failed)?;
            above.make_directory(Path::new(name), 0o777).map_err(failed)?;
            let held = above.directory(Path::new(name)).map_err(failed)?;
            Ok((held, Some((above, name.to_owned()))))
        }
        (Err(error), _) => Err(failed(error)),
    }
}

fn stage<'a>(
    held: &HeldDirectory,
    directory: &Path,
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
    replace: bool,
) -> Result<Vec<Staged>, OutputError> {
    let mut staged = Vec::new();
    for (name, text) in files {
        if Path::new(name).file_name() != Some(OsStr::new(name)) {
            return Err(OutputError::new(
                format!("`{}` is not a name", escaped(name)),
                "files are written side by side",
            ));
        }
        let mut file = Staged::in_directory(held.clone(), OsStr::new(name), &directory.join(name), replace)?;
        file.write(text.as_bytes())?;
        staged.push(file);
    }
    Ok(staged)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

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
        assert!(write_file(directory.path(), "x", true).unwrap_err().to_string().contains("not a regular file"));
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

    #[test]
    fn no_link_is_followed() {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().canonicalize().unwrap();
        fs::create_dir_all(real.join("host")).unwrap();
        fs::create_dir_all(real.join("guest")).unwrap();
        fs::write(real.join("host/file"), "host").unwrap();
        symlink(real.join("host"), real.join("guest/etc")).unwrap();
        symlink(real.join("host/file"), real.join("guest/file")).unwrap();
        for replace in [false, true] {
            for path in ["guest/etc/file", "guest/etc/new", "guest/file"] {
                write_file(&real.join(path), "x", replace).unwrap_err();
            }
            for path in ["guest/etc", "guest/etc/new"] {
                let error = write_files(&real.join(path), [("a", "1")], replace).unwrap_err().to_string();
                assert!(
                    error.ends_with("`etc` is a symbolic link, which is not followed: name the place itself"),
                    "{error}"
                );
            }
        }
        assert_eq!(names(&real.join("host")), ["file"]);
        assert_eq!(fs::read_to_string(real.join("host/file")).unwrap(), "host");
        assert_eq!(names(&real.join("guest")), ["etc", "file"]);
    }

    #[test]
    fn two_at_once_are_not_mixed() {
        let directory = tempfile::tempdir().unwrap();
        let held = HeldDirectory::open(directory.path()).unwrap();
        let other = lock(&held, directory.path()).unwrap();
        let error = write_files(directory.path(), [("a", "1")], false).unwrap_err().to_string();
        assert!(error.ends_with("another program is at work there: try again later"), "{error}");
        assert_eq!(names(directory.path()), [""; 0]);
        drop(other);
        write_files(directory.path(), [("a", "1")], false).unwrap();
    }

    /// Somebody saves while an old text gets its name back: what is saved last has the name.
    #[test]
    fn what_is_saved_while_another_comes_back_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a");
        fs::write(&path, "old").unwrap();
        let mut staged = Staged::new(&path, true).unwrap();
        staged.prepare().unwrap();
        staged.put(&|_| true).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "last").unwrap();
        assert!(staged.undo().is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "last");
    }

    /// One of them cannot be replaced, and what was there before it is there again.
    #[test]
    fn what_was_replaced_comes_back() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path();
        for exchanges in [true, false] {
            fs::write(place.join("a"), "old").unwrap();
            fs::write(place.join("c"), "old").unwrap();
            let held = HeldDirectory::open(place).unwrap();
            let mut staged = stage(&held, place, [("a", "new"), ("b", "new"), ("c", "new")], true).unwrap();
            staged.iter_mut().for_each(|file| file.prepare().unwrap());
            for file in &mut staged {
                if exchanges || file.name == "b" {
                    file.put(&|_| true).unwrap();
                } else {
                    // As on a filesystem that does not exchange.
                    let aside = format!("{}.old", file.temporary.display());
                    held.link(Path::new(&file.name), Path::new(&aside)).unwrap();
                    held.rename(Path::new(&file.temporary), Path::new(&file.name)).unwrap();
                    (file.temporary, file.stage) = (aside.into(), Stage::Exchanged);
                }
            }
            assert_eq!(fs::read_to_string(place.join("a")).unwrap(), "new");
            // Somebody else has written the last one meanwhile, which stays.
            fs::remove_file(place.join("c")).unwrap();
            fs::write(place.join("c"), "theirs").unwrap();
            let said: Vec<_> = staged.iter_mut().rev().map(Staged::undo).collect();
            drop(staged);
            assert!(
                said[0].as_ref().is_err_and(|why| why.contains("is now `")) && said[1..] == [Ok(()), Ok(())],
                "{said:?}"
            );
            assert_eq!(fs::read_to_string(place.join("a")).unwrap(), "old");
            assert_eq!(fs::read_to_string(place.join("c")).unwrap(), "theirs");
            let left = names(place).into_iter().filter(|name| name.starts_with(".pregrub-")).collect::<Vec<_>>();
            assert_eq!((left.len(), names(place).len()), (1, 3));
            fs::remove_file(place.join(&left[0])).unwrap();
        }
    }

    /// What somebody saved while this was made has its name still, or nothing has.
    #[test]
    fn what_is_saved_meanwhile_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report");
        let is_own = |head: &[u8]| is_replaced(head, |head| head.starts_with(b"own"));
        for before in [None, Some("own, old")] {
            let _ = fs::remove_file(&path);
            if let Some(before) = before {
                fs::write(&path, before).unwrap();
            }
            let mut staged = Staged::new(&path, true).unwrap();
            staged.write(b"own, new").unwrap();
            fs::write(&path, "somebody's").unwrap();
            let error = staged.publish_over(&is_own).unwrap_err().to_string();
            assert!(error.ends_with("this command did not write it: name another file, or remove it"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's");
            let mut staged = Staged::new(&path, true).unwrap();
            staged.write(b"own, new").unwrap();
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
            staged.publish_over(&is_own).unwrap_err();
            assert!(path.is_dir());
            fs::remove_dir(&path).unwrap();
            fs::write(&path, "own, old").unwrap();
            let mut staged = Staged::new(&path, true).unwrap();
            staged.write(b"own, new").unwrap();
            staged.publish_over(&is_own).unwrap();
            assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(directory.path()).len()), ("own, new", 1));
        }
    }

    #[test]
    fn what_is_replaced_keeps_its_mode() {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| directory.path().join(name));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        for path in &paths {
            fs::write(path, "old").unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        write_file(&paths[0], "new", true).unwrap();
        write_files(directory.path(), [("a", "new"), ("b", "new")], true).unwrap();
        assert_eq!(paths.each_ref().map(|path| mode(path)), [0o600, 0o600]);
        assert_eq!(names(directory.path()), ["a", "b"]);
    }
}
