//! The copies of kernels and initrds on the boot disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::super::error::GrubCfgError;
use super::super::files::{self, DIGITS, KERNELS, LARGEST, SourceFile, SourceFiles};
use super::disk::InstallDisk;
use super::kept::Kept;
use crate::storage::beneath::{HeldDirectory, Node, NodeKind};

/// At most this many names are tried for a copy.
const MOST_BESIDE: u32 = 100;
/// Device and inode.
type Identity = (u64, u64);
/// Permissions of what everybody may read in the store as well.
const PLAIN: u32 = 0o644;
/// Permissions of what has secrets in it.
const SECRET: u32 = 0o600;

/// What came of appending secrets.
pub(super) enum WithSecrets {
    /// The initrd is there, under this name.
    Named(String),
    /// The guest's program failed. Nothing was left.
    Failed(GrubCfgError),
}

/// The directory of copies, while an installation fills it. Paths lie beneath the boot directory.
pub(super) struct Kernels<'a> {
    boot: &'a HeldDirectory,
    disk: &'a mut dyn InstallDisk,
    sources: SourceFiles<'a>,
    go_on: &'a dyn Fn() -> io::Result<()>,
    /// What the new grub.cfg names.
    used: BTreeSet<String>,
    /// What was not there before, and which file it is.
    added: Vec<(PathBuf, Identity)>,
    with_secrets: BTreeMap<(PathBuf, PathBuf), String>,
    /// What nothing needs and nobody may remove.
    unremovable: BTreeSet<PathBuf>,
    secrets_timeout: Duration,
}

impl<'a> Kernels<'a> {
    /// `go_on` is asked before every change until [`finish`](Self::finish): an error prevents it.
    pub(super) fn new(
        boot: &'a HeldDirectory,
        disk: &'a mut dyn InstallDisk,
        sources: SourceFiles<'a>,
        go_on: &'a dyn Fn() -> io::Result<()>,
        secrets_timeout: Duration,
    ) -> Self {
        let (used, added, with_secrets) = (BTreeSet::new(), Vec::new(), BTreeMap::new());
        let unremovable = BTreeSet::new();
        Self { boot, disk, sources, go_on, used, added, with_secrets, unremovable, secrets_timeout }
    }

    /// From now on nothing is prevented.
    pub(super) fn finish(&mut self) {
        self.go_on = &|| Ok(());
    }

    /// Puts a kernel of the guest's on the boot disk, and gives its name there.
    pub(super) fn copy_kernel(&mut self, path: &Path) -> Result<String, GrubCfgError> {
        let source = self.sources.kernel(path)?;
        self.copy(source)
    }

    /// Puts an initrd of the guest's on the boot disk, and gives its name there.
    pub(super) fn copy_initrd(&mut self, path: &Path) -> Result<String, GrubCfgError> {
        let source = self.sources.initrd(path, false)?;
        self.copy(source)
    }

    /// What stands under its name with other content may be a copy that a power cut has damaged, or what another configuration
    /// boots, and this installation may still be refused: it stays, and the copy gets a name of its own.
    fn copy(&mut self, source: SourceFile) -> Result<String, GrubCfgError> {
        let names = std::iter::once(source.name.clone()).chain((2..MOST_BESIDE).map(|number| source.beside(number)));
        for name in names {
            let place = in_kernels(&name);
            if self.used.contains(&name) || self.holds(&place, &source)? {
                self.used.insert(name.clone());
                return Ok(name);
            }
            match self.boot.node(&place) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let temporary = self.write(&source, PLAIN)?;
                    self.settle(&temporary, &place)?;
                    self.used.insert(name.clone());
                    return Ok(name);
                }
                Err(error) => return Err(self.failed("examine", &place, &error)),
            }
        }
        let place = self.boot.path().join(in_kernels(&source.name));
        Err(GrubCfgError::new(format!(
            "`{}` and all names like it are other files: move them out of the way",
            place.display()
        )))
    }

    /// Puts an initrd with the secrets that `program` appends on the boot disk, as one file, and returns its name. Where there
    /// are no secrets, it is the initrd itself.
    pub(super) fn copy_with_secrets(&mut self, path: &Path, program: &Path) -> Result<WithSecrets, GrubCfgError> {
        let key = (path.to_owned(), program.to_owned());
        if let Some(name) = self.with_secrets.get(&key) {
            return Ok(WithSecrets::Named(name.clone()));
        }
        let source = self.sources.initrd(path, true)?;
        let temporary = self.write(&source, SECRET)?;
        let named = match self.run(program, &temporary) {
            Ok(()) => self.settle_with_secrets(&source, &temporary),
            Err(error) => {
                // A signal ends all of it, not this program alone.
                if (self.go_on)().is_err() {
                    self.give_up(&temporary);
                    return Err(error);
                }
                self.remove_if_there(&temporary)?;
                return Ok(WithSecrets::Failed(error));
            }
        };
        if named.is_err() {
            // The first error is the one to report.
            self.give_up(&temporary);
        }
        let name = match named? {
            Some(name) => name,
            None => self.copy_initrd(path)?,
        };
        self.used.insert(name.clone());
        self.with_secrets.insert(key, name.clone());
        Ok(WithSecrets::Named(name))
    }

    fn run(&mut self, program: &Path, path: &Path) -> Result<(), GrubCfgError> {
        let (boot, limit) = (self.boot, self.secrets_timeout);
        let length = || boot.node(path).map(|node| node.size).map_err(|error| self.failed("examine", path, &error));
        let before = length()?;
        let status =
            self.disk.run(program, boot, path, limit).map_err(|error| GrubCfgError::io("run", program, &error))?;
        let what = match boot.node(path).map_err(|error| self.failed("examine", path, &error))?.size {
            _ if !status.success() => format!("could not append the initrd's secrets ({status})"),
            after if after < before => "made the initrd shorter instead of appending its secrets".to_owned(),
            after if after > LARGEST => format!("made the initrd larger than {} MiB", LARGEST >> 20),
            _ => return Ok(()),
        };
        Err(GrubCfgError::new(format!("`{}` {what}", program.display())))
    }

    /// Gives an initrd that secrets were appended to its name; nothing where there were none.
    fn settle_with_secrets(&mut self, source: &SourceFile, temporary: &Path) -> Result<Option<String>, GrubCfgError> {
        if self.holds(temporary, source)? {
            self.remove(temporary)?;
            return Ok(None);
        }
        // What a name stands for once, it stands for always: other secrets get another number.
        let mut number = 1;
        let mut taken = self.numbers(source)?;
        taken.sort_unstable();
        for other in taken {
            let name = source.with_secrets(other);
            let place = in_kernels(&name);
            if self.same(&place, temporary).map_err(|error| self.failed("compare", &place, &error))? {
                self.remove(temporary)?;
                return Ok(Some(name));
            }
            if other == number {
                number += 1;
            }
        }
        let name = source.with_secrets(number);
        self.settle(temporary, &in_kernels(&name))?;
        Ok(Some(name))
    }

    /// The numbers under which this initrd is there with secrets.
    fn numbers(&self, source: &SourceFile) -> Result<Vec<u32>, GrubCfgError> {
        let mut numbers = Vec::new();
        for name in self.names()? {
            let number = name.split('-').nth(2).and_then(|number| number.parse().ok());
            numbers.extend(number.filter(|number| name == *source.with_secrets(*number)));
        }
        Ok(numbers)
    }

    /// What is in the directory. A name that is not UTF-8 is somebody else's.
    fn names(&self) -> Result<Vec<String>, GrubCfgError> {
        let path = Path::new(KERNELS);
        let names = self.boot.names(path).map_err(|error| self.failed("read", path, &error))?;
        Ok(names.into_iter().filter_map(|name| name.into_string().ok()).collect())
    }

    /// Writes a copy under a name that nothing refers to.
    fn write(&mut self, source: &SourceFile, mode: u32) -> Result<PathBuf, GrubCfgError> {
        let temporary = in_kernels(&format!("{TEMPORARY}{}", source.name));
        let result = self.write_to(source, &temporary, mode);
        if result.is_err() {
            self.give_up(&temporary);
        }
        result.map(|()| temporary)
    }

    fn write_to(&mut self, source: &SourceFile, temporary: &Path, mode: u32) -> Result<(), GrubCfgError> {
        self.remove_if_there(temporary)?;
        let boot = self.boot;
        self.change(temporary, |disk| disk.create(boot, temporary, mode))?;
        let unread = |error: &io::Error| GrubCfgError::io("read", &source.path, error);
        let file = self.sources.open_place(&source.place).map_err(|error| unread(&error))?;
        let mut unwritten = None;
        let (disk, go_on) = (&mut *self.disk, self.go_on);
        // No more than what was read before: it may grow while it is read.
        let digest = files::digest(source.front.bytes().chain(file).take(source.length + 1), |piece| {
            let written = go_on().and_then(|()| disk.append(boot, temporary, piece));
            written
                .inspect_err(|error| unwritten = Some(GrubCfgError::io("write", &boot.path().join(temporary), error)))
        });
        let digest = match (unwritten, digest) {
            (Some(error), _) => return Err(error),
            (None, Err(error)) => return Err(unread(&error)),
            (None, Ok(digest)) => digest,
        };
        if digest != source.digest {
            return Err(GrubCfgError::new(format!("`{}` changed while it was copied", source.path.display())));
        }
        Ok(())
    }

    /// Gives a copy that is whole and on the disk its name, which nothing has.
    fn settle(&mut self, temporary: &Path, place: &Path) -> Result<(), GrubCfgError> {
        let boot = self.boot;
        let settled = self.change(temporary, |disk| disk.sync_file(boot, temporary)).and_then(|()| {
            let node = boot.node(temporary).map_err(|error| self.failed("examine", temporary, &error))?;
            // Before the change: an error does not tell whether it was made.
            self.added.push((place.to_owned(), identity(&node)));
            self.change(place, |disk| disk.rename_to_new(boot, temporary, place))
        });
        if settled.is_err() {
            self.give_up(temporary);
        }
        settled
    }

    /// Whether a file is there and has the content of a source.
    fn holds(&self, place: &Path, source: &SourceFile) -> Result<bool, GrubCfgError> {
        let node = self.boot.node(place);
        if !node.is_ok_and(|node| node.kind == NodeKind::Regular && node.size == source.length) {
            return Ok(false);
        }
        let found =
            self.boot.open_file(place).and_then(|file| files::digest(file.take(source.length + 1), |_| (self.go_on)()));
        // One that cannot be read is written again.
        Ok(found.is_ok_and(|found| found == source.digest))
    }

    /// Whether two files have the same content; one that is not there, or is not a regular file, has none.
    fn same(&self, a: &Path, b: &Path) -> io::Result<bool> {
        let (Ok(a), b) = (self.boot.open_file(a), self.boot.open_file(b)?) else { return Ok(false) };
        same_content(a, b)
    }

    /// Removes what pregrub or NixOS's own installer put here and what neither `kept` nor the new grub.cfg names. What is
    /// somebody else's stays.
    pub(super) fn collect(&mut self, kept: &Kept) -> Result<usize, GrubCfgError> {
        let mut removed = 0;
        for name in self.names()?.into_iter().filter(|name| is_ours(name)) {
            let path = in_kernels(&name);
            let Ok(node) = self.boot.node(&path) else { continue };
            // A link is not removed: the installer makes none, and a path of a configuration may lead through it.
            if node.kind == NodeKind::Regular && !self.used.contains(&name) && !kept.names(&name, &node) {
                let (boot, mut is_immutable) = (self.boot, false);
                let done = self.change(&path, |disk| match disk.remove(boot, &path) {
                    Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                        is_immutable = true;
                        Ok(())
                    }
                    done => done,
                });
                done?;
                if is_immutable {
                    self.unremovable.insert(path);
                } else {
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    /// What could not be removed, although nothing needs it.
    pub(super) fn unremovable(&self) -> impl Iterator<Item = PathBuf> {
        self.unremovable.iter().map(|path| self.boot.path().join(path))
    }

    /// Removes what was added: nothing names it. Whatever cannot be removed is taken by the next installation.
    pub(super) fn take_back(&mut self) {
        for (path, added) in std::mem::take(&mut self.added) {
            // Somebody else's file may have the name by now.
            if self.boot.node(&path).is_ok_and(|node| identity(&node) == added) {
                self.give_up(&path);
            }
        }
    }

    /// Removes what is left of a failed attempt, if it can be: the first error is the one to report.
    fn give_up(&mut self, path: &Path) {
        if self.boot.node(path).is_ok() {
            let _ = self.disk.remove(self.boot, path);
        }
    }

    /// How many files were added.
    pub(super) fn added(&self) -> usize {
        self.added.len()
    }

    /// Changes something, unless the installation is to end.
    pub(super) fn change(
        &mut self,
        path: &Path,
        change: impl FnOnce(&mut dyn InstallDisk) -> io::Result<()>,
    ) -> Result<(), GrubCfgError> {
        let changed = (self.go_on)().and_then(|()| change(self.disk));
        changed.map_err(|error| self.failed("write", path, &error))
    }

    fn remove(&mut self, path: &Path) -> Result<(), GrubCfgError> {
        let boot = self.boot;
        self.change(path, |disk| disk.remove(boot, path))
    }

    pub(super) fn remove_if_there(&mut self, path: &Path) -> Result<(), GrubCfgError> {
        if self.boot.node(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return Ok(());
        }
        self.remove(path)
    }

    fn failed(&self, what: &str, path: &Path, error: &io::Error) -> GrubCfgError {
        GrubCfgError::io(what, &self.boot.path().join(path), error)
    }
}

fn identity(node: &Node) -> Identity {
    (node.device, node.inode)
}

fn in_kernels(name: &str) -> PathBuf {
    Path::new(KERNELS).join(name)
}

fn same_content(a: File, b: File) -> io::Result<bool> {
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
pub(super) const TEMPORARY: &str = ".pregrub-new-";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_hash_are_ours() {
        let digits = "0123456789abcdef0123456789abcdef";
        for name in [format!("{digits}-k"), format!("{TEMPORARY}{digits}-k"), format!("{digits}-secrets-1-initrd")] {
            assert!(is_ours(&name), "{name}");
        }
        for name in [
            "",
            "vmlinuz",
            digits,
            &format!(".new-{digits}-k"),
            "memtest.bin",
            &format!("x{digits}-k"),
            &format!("{}-k", digits.to_uppercase()),
        ] {
            assert!(!is_ours(name), "{name}");
        }
    }
}
