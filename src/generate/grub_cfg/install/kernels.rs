//! The copies of kernels and initrds on the boot disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::super::error::Error;
use super::super::files::{self, DIGITS, SourceFile, SourceFiles};
use super::disk::Disk;

/// Permissions of what everybody may read in the store as well.
const PLAIN: u32 = 0o644;
/// Permissions of what has secrets in it.
const SECRET: u32 = 0o600;

/// An archive of cpio without an entry: its end alone, padded to a multiple of four.
const EMPTY_ARCHIVE: &[u8] = concat!(
    "070701",
    "00000000000000000000000000000000",
    "00000001",
    "000000000000000000000000000000000000000000000000",
    "0000000B",
    "00000000",
    "TRAILER!!!\0\0\0\0",
)
.as_bytes();

/// What came of appending secrets.
pub(super) enum WithSecrets {
    /// The initrd is there, under this name.
    Named(String),
    /// The guest's program failed. Nothing was left.
    Failed(Error),
}

/// The directory of copies, while an installation fills it.
pub(super) struct Kernels<'a> {
    directory: PathBuf,
    disk: &'a mut dyn Disk,
    sources: SourceFiles<'a>,
    /// What the new grub.cfg names.
    used: BTreeSet<String>,
    /// What was not there before.
    added: Vec<PathBuf>,
    with_secrets: BTreeMap<(PathBuf, PathBuf), String>,
}

impl<'a> Kernels<'a> {
    pub(super) fn new(directory: PathBuf, disk: &'a mut dyn Disk, sources: SourceFiles<'a>) -> Self {
        let (used, added, with_secrets) = (BTreeSet::new(), Vec::new(), BTreeMap::new());
        Self { directory, disk, sources, used, added, with_secrets }
    }

    /// Puts a file of the guest's on the boot disk, and tells its name there.
    pub(super) fn copy(&mut self, path: &Path) -> Result<String, Error> {
        let source = self.sources.get(path)?;
        let place = self.directory.join(&source.name);
        if !self.used.contains(&source.name) && !self.holds(&place, &source.digest)? {
            let temporary = self.write(&source, &[], PLAIN)?;
            self.settle(&temporary, &place)?;
        }
        self.used.insert(source.name.clone());
        Ok(source.name)
    }

    /// Puts an initrd with the secrets that `program` appends on the boot disk, as one file, and tells its name. Where there
    /// are no secrets, it is the initrd itself.
    pub(super) fn copy_with_secrets(&mut self, path: &Path, program: &Path) -> Result<WithSecrets, Error> {
        let key = (path.to_owned(), program.to_owned());
        if let Some(name) = self.with_secrets.get(&key) {
            return Ok(WithSecrets::Named(name.clone()));
        }
        let source = self.sources.get(path)?;
        let front = front_of(&source)?;
        let temporary = self.write(&source, front, SECRET)?;
        let without = if front.is_empty() { source.digest } else { digest_of(&temporary)? };
        let named = match self.run(program, &temporary) {
            Ok(()) => self.settle_with_secrets(&source, &without, &temporary),
            Err(error) => {
                self.change(&temporary, |disk| disk.remove(&temporary))?;
                return Ok(WithSecrets::Failed(error));
            }
        };
        if named.is_err() {
            // The first error is the one to tell.
            let _ = self.disk.remove(&temporary);
        }
        let name = match named? {
            Some(name) => name,
            None => self.copy(path)?,
        };
        self.used.insert(name.clone());
        self.with_secrets.insert(key, name.clone());
        Ok(WithSecrets::Named(name))
    }

    fn run(&mut self, program: &Path, file: &Path) -> Result<(), Error> {
        let length =
            || file.metadata().map(|metadata| metadata.len()).map_err(|error| Error::io("examine", file, &error));
        let before = length()?;
        let status = self.disk.run(program, file).map_err(|error| Error::io("run", program, &error))?;
        if !status.success() {
            return Err(Error::new(format!(
                "`{}` could not append the initrd's secrets ({status})",
                program.display()
            )));
        }
        if length()? < before {
            return Err(Error::new(format!(
                "`{}` made the initrd shorter instead of appending its secrets",
                program.display()
            )));
        }
        Ok(())
    }

    /// Gives an initrd that secrets were appended to its name; nothing where there were none, and it still has the digest `without`.
    fn settle_with_secrets(
        &mut self,
        source: &SourceFile,
        without: &[u8; 32],
        temporary: &Path,
    ) -> Result<Option<String>, Error> {
        if self.holds(temporary, without)? {
            self.change(temporary, |disk| disk.remove(temporary))?;
            return Ok(None);
        }
        // What a name stands for once, it stands for always: other secrets get another number.
        let mut number = 1;
        let mut taken = self.numbers(source)?;
        taken.sort_unstable();
        for other in taken {
            let name = source.with_secrets(other);
            let place = self.directory.join(&name);
            if same(&place, temporary).map_err(|error| Error::io("compare", &place, &error))? {
                self.change(temporary, |disk| disk.remove(temporary))?;
                return Ok(Some(name));
            }
            if other == number {
                number += 1;
            }
        }
        let name = source.with_secrets(number);
        self.settle(temporary, &self.directory.join(&name))?;
        Ok(Some(name))
    }

    /// The numbers under which this initrd is there with secrets.
    fn numbers(&self, source: &SourceFile) -> Result<Vec<u32>, Error> {
        let failed = |error: io::Error| Error::io("read", &self.directory, &error);
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let number = name.to_str().and_then(|name| name.split('-').nth(2)?.parse().ok());
            numbers.extend(number.filter(|number| name == *source.with_secrets(*number)));
        }
        Ok(numbers)
    }

    /// Writes a copy, with `front` in front of it, under a name that nothing refers to.
    fn write(&mut self, source: &SourceFile, front: &[u8], mode: u32) -> Result<PathBuf, Error> {
        let temporary = self.directory.join(format!("{TEMPORARY}{}", source.name));
        let result = self.write_to(source, front, &temporary, mode);
        if result.is_err() {
            let _ = self.disk.remove(&temporary);
        }
        result.map(|()| temporary)
    }

    fn write_to(&mut self, source: &SourceFile, front: &[u8], temporary: &Path, mode: u32) -> Result<(), Error> {
        if temporary.symlink_metadata().is_ok() {
            self.change(temporary, |disk| disk.remove(temporary))?;
        }
        self.change(temporary, |disk| disk.create(temporary, mode))?;
        if !front.is_empty() {
            self.change(temporary, |disk| disk.append(temporary, front))?;
        }
        let file = File::open(&source.path).map_err(|error| Error::io("read", &source.path, &error))?;
        let mut unwritten = None;
        let disk = &mut *self.disk;
        let digest = files::digest(file, |piece| {
            disk.append(temporary, piece).inspect_err(|error| unwritten = Some(Error::io("write", temporary, error)))
        });
        let digest = match (unwritten, digest) {
            (Some(error), _) => return Err(error),
            (None, Err(error)) => return Err(Error::io("read", &source.path, &error)),
            (None, Ok(digest)) => digest,
        };
        if digest != source.digest {
            return Err(Error::new(format!("`{}` changed while it was copied", source.path.display())));
        }
        Ok(())
    }

    /// Gives a copy that is whole and on the disk its name.
    fn settle(&mut self, temporary: &Path, place: &Path) -> Result<(), Error> {
        let settled = self
            .change(temporary, |disk| disk.sync_file(temporary))
            .and_then(|()| self.change(place, |disk| disk.rename(temporary, place)));
        if settled.is_err() {
            let _ = self.disk.remove(temporary);
        }
        self.added.push(place.to_owned());
        settled
    }

    /// Whether a file is there and has this content.
    fn holds(&self, place: &Path, digest: &[u8; 32]) -> Result<bool, Error> {
        if !place.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Ok(false);
        }
        let found = File::open(place).and_then(|file| files::digest(file, |_| Ok(())));
        // One that cannot be read is written anew.
        Ok(found.is_ok_and(|found| found == *digest))
    }

    /// Removes what pregrub or NixOS's own installer put here and what `kept` does not name. What is somebody else's stays.
    pub(super) fn collect(&mut self, kept: &[u8]) -> Result<usize, Error> {
        let directory = self.directory.clone();
        let failed = |error: io::Error| Error::io("read", &directory, &error);
        let mut removed = 0;
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let Some(name) = name.to_str().filter(|name| is_ours(name)) else { continue };
            let path = directory.join(name);
            let used = self.used.contains(name) || memchr::memmem::find(kept, name.as_bytes()).is_some();
            if !used && path.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir()) {
                self.change(&path, |disk| disk.remove(&path))?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Removes what was added: nothing names it. Whatever cannot be removed is taken by the next installation.
    pub(super) fn take_back(&mut self) {
        for path in std::mem::take(&mut self.added) {
            let _ = self.disk.remove(&path);
        }
    }

    /// How many files were added.
    pub(super) fn added(&self) -> usize {
        self.added.len()
    }

    /// The disk, for what else is to be changed.
    pub(super) fn disk(&mut self) -> &mut dyn Disk {
        self.disk
    }

    fn change(&mut self, path: &Path, change: impl FnOnce(&mut dyn Disk) -> io::Result<()>) -> Result<(), Error> {
        change(self.disk).map_err(|error| Error::io("write", path, &error))
    }
}

/// What is to stand in front of an initrd to which secrets are appended.
///
/// libxenguest up to 4.19 unpacks an initrd that begins as gzip, and drops what follows the first member if that unpacks to less
/// than the last. It leaves alone what begins as a plain archive, and to the kernel an empty one is nothing.
fn front_of(source: &SourceFile) -> Result<&'static [u8], Error> {
    let failed = |error: io::Error| Error::io("read", &source.path, &error);
    let mut beginning = [0; 2];
    let mut file = File::open(&source.path).map_err(failed)?;
    match file.read_exact(&mut beginning) {
        Ok(()) if beginning == [0x1f, 0x8b] => Ok(EMPTY_ARCHIVE),
        Ok(()) => Ok(&[]),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(&[]),
        Err(error) => Err(failed(error)),
    }
}

fn digest_of(path: &Path) -> Result<[u8; 32], Error> {
    File::open(path).and_then(|file| files::digest(file, |_| Ok(()))).map_err(|error| Error::io("read", path, &error))
}

/// Whether two files have the same content; one that is not there has none.
fn same(a: &Path, b: &Path) -> io::Result<bool> {
    let (a, b) = match (File::open(a), File::open(b)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(error), _) | (_, Err(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        (Err(error), _) | (_, Err(error)) => return Err(error),
    };
    if a.metadata()?.len() != b.metadata()?.len() {
        return Ok(false);
    }
    let (mut a, mut b) = (BufReader::new(a).bytes(), BufReader::new(b).bytes());
    loop {
        match (a.next().transpose()?, b.next().transpose()?) {
            (None, None) => return Ok(true),
            (a, b) if a != b => return Ok(false),
            _ => {}
        }
    }
}

/// Whether a file of this name was put among the kernels by pregrub or by NixOS's installer for GRUB: both begin with 32 digits
/// of a hash. Anything else there is somebody else's.
fn is_ours(name: &str) -> bool {
    let name = name.strip_prefix(TEMPORARY).unwrap_or(name);
    let hash = name.split('-').next().unwrap_or_default();
    hash.len() == DIGITS
        && hash.len() < name.len()
        && hash.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
}

/// What the name of a file begins with while it is written.
const TEMPORARY: &str = ".new-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_archive_is_one() {
        use crate::initrd::{Depth, End, GuestKernel, judge};
        assert_eq!(EMPTY_ARCHIVE.len(), 124);
        let report = judge(EMPTY_ARCHIVE, &GuestKernel::default(), "4.17".parse().unwrap(), Depth::Whole).unwrap();
        assert_eq!((report.walk.end, report.walk.inventory.entries), (End::Complete, 0));
        assert_eq!((report.walk.members.len(), report.walk.message), (1, None));
    }

    #[test]
    fn only_names_with_a_hash_are_ours() {
        let digits = "0123456789abcdef0123456789abcdef";
        for name in [format!("{digits}-k"), format!(".new-{digits}-k"), format!("{digits}-secrets-1-initrd")] {
            assert!(is_ours(&name), "{name}");
        }
        for name in
            ["", "vmlinuz", digits, "memtest.bin", &format!("x{digits}-k"), &format!("{}-k", digits.to_uppercase())]
        {
            assert!(!is_ours(name), "{name}");
        }
    }
}
