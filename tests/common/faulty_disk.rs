//! A boot disk that writes down every change, and fails at one of them.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use pregrub::generate::grub_cfg::{InstallDisk, LocalDisk};
use pregrub::storage::beneath::HeldDirectory;

/// A change that was made; paths lie beneath the boot directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    MakeDirectory(PathBuf),
    Create(PathBuf),
    Append(PathBuf, Vec<u8>),
    KeepPermissions(PathBuf),
    /// A program has left a file with this content.
    Run(PathBuf, Vec<u8>),
    SyncFile(PathBuf),
    SyncDirectory(PathBuf),
    SyncFilesystem,
    Rename(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    Remove(PathBuf),
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriverError {
    /// From this change on nothing happens any more.
    Cut,
    /// This change fails, later ones do not.
    Error(io::ErrorKind),
    /// This change is made and fails all the same, as after an error of the disk; later ones do not.
    Late,
    /// This change and all later ones fail, but nothing is cut off: a filesystem that became read-only.
    Errors(io::ErrorKind),
}

/// A disk below a directory of this machine. It does not wait for the machine's own disk.
#[derive(Debug, Default)]
pub struct FaultyDisk {
    pub log: Vec<Change>,
    fault: Option<(usize, DriverError)>,
    changes: usize,
}

impl FaultyDisk {
    pub fn new() -> Self {
        Self::default()
    }

    /// Fails at the change of this number, counted from 0.
    pub fn failing(number: usize, fault: DriverError) -> Self {
        Self { fault: Some((number, fault)), ..Self::default() }
    }

    /// Whether it came to the fault.
    pub fn failed(&self) -> bool {
        self.fault.is_some_and(|(number, _)| self.changes > number)
    }

    fn change(
        &mut self,
        boot: &HeldDirectory,
        change: Change,
        perform: impl FnOnce() -> io::Result<()>,
    ) -> io::Result<()> {
        let number = self.changes;
        self.changes += 1;
        let kind = match self.fault {
            Some((at, DriverError::Cut)) if number >= at => Some((io::ErrorKind::Other, number == at)),
            Some((at, DriverError::Error(kind))) if number == at => Some((kind, true)),
            Some((at, DriverError::Errors(kind))) if number >= at => Some((kind, number == at)),
            _ => None,
        };
        if let Some((kind, first)) = kind {
            if let (true, Change::Append(path, bytes)) = (first, &change) {
                // Half of it arrives.
                LocalDisk::default().append(boot, path, &bytes[..bytes.len() / 2])?;
            }
            return Err(kind.into());
        }
        perform()?;
        self.log.push(change);
        match self.fault {
            Some((at, DriverError::Late)) if number == at => Err(io::Error::from_raw_os_error(5)),
            _ => Ok(()),
        }
    }
}

impl InstallDisk for FaultyDisk {
    fn make_directory(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        self.change(boot, Change::MakeDirectory(path.into()), || LocalDisk::default().make_directory(boot, path))
    }

    fn create(&mut self, boot: &HeldDirectory, path: &Path, mode: u32) -> io::Result<()> {
        self.change(boot, Change::Create(path.into()), || LocalDisk::default().create(boot, path, mode))
    }

    fn append(&mut self, boot: &HeldDirectory, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.change(boot, Change::Append(path.into(), bytes.into()), || LocalDisk::default().append(boot, path, bytes))
    }

    fn keep_permissions(&mut self, boot: &HeldDirectory, path: &Path, like: &Path) -> io::Result<()> {
        self.change(boot, Change::KeepPermissions(path.into()), || {
            LocalDisk::default().keep_permissions(boot, path, like)
        })
    }

    fn run(&mut self, program: &Path, boot: &HeldDirectory, path: &Path, limit: Duration) -> io::Result<ExitStatus> {
        let mut status = None;
        self.change(boot, Change::Run(path.into(), Vec::new()), || {
            status = Some(LocalDisk::default().run(program, boot, path, limit)?);
            Ok(())
        })?;
        let mut content = Vec::new();
        boot.open_file(path)?.read_to_end(&mut content)?;
        *self.log.last_mut().expect("pushed by change") = Change::Run(path.into(), content);
        Ok(status.expect("set where change succeeds"))
    }

    fn sync_file(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        self.change(boot, Change::SyncFile(path.into()), || boot.node(path).map(drop))
    }

    fn sync_directory(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        self.change(boot, Change::SyncDirectory(path.into()), || boot.node(path).map(drop))
    }

    fn sync_filesystem(&mut self, boot: &HeldDirectory) -> io::Result<()> {
        self.change(boot, Change::SyncFilesystem, || Ok(()))
    }

    fn rename(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        self.change(boot, Change::Rename(from.into(), to.into()), || LocalDisk::default().rename(boot, from, to))
    }

    fn rename_to_new(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        self.change(boot, Change::Rename(from.into(), to.into()), || LocalDisk::default().rename_to_new(boot, from, to))
    }

    fn link(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        self.change(boot, Change::Link(from.into(), to.into()), || LocalDisk::default().link(boot, from, to))
    }

    fn remove(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        self.change(boot, Change::Remove(path.into()), || LocalDisk::default().remove(boot, path))
    }
}
