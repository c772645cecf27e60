//! A boot disk that writes down every change, and fails at one of them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use pregrub::generate::grub_cfg::{Disk, HostDisk};

/// A change that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    MakeDirectory(PathBuf),
    Create(PathBuf),
    Append(PathBuf, Vec<u8>),
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

    fn change(&mut self, change: Change, perform: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
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
                HostDisk.append(path, &bytes[..bytes.len() / 2])?;
            }
            return Err(kind.into());
        }
        perform()?;
        self.log.push(change);
        Ok(())
    }
}

impl Disk for FaultyDisk {
    fn make_directory(&mut self, path: &Path) -> io::Result<()> {
        self.change(Change::MakeDirectory(path.into()), || HostDisk.make_directory(path))
    }

    fn create(&mut self, path: &Path, mode: u32) -> io::Result<()> {
        self.change(Change::Create(path.into()), || HostDisk.create(path, mode))
    }

    fn append(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.change(Change::Append(path.into(), bytes.into()), || HostDisk.append(path, bytes))
    }

    fn run(&mut self, program: &Path, file: &Path) -> io::Result<ExitStatus> {
        let mut status = None;
        self.change(Change::Run(file.into(), Vec::new()), || {
            status = Some(HostDisk.run(program, file)?);
            Ok(())
        })?;
        let content = fs::read(file)?;
        *self.log.last_mut().expect("pushed by change") = Change::Run(file.into(), content);
        Ok(status.expect("set where change succeeds"))
    }

    fn sync_file(&mut self, path: &Path) -> io::Result<()> {
        self.change(Change::SyncFile(path.into()), || path.metadata().map(drop))
    }

    fn sync_directory(&mut self, path: &Path) -> io::Result<()> {
        self.change(Change::SyncDirectory(path.into()), || path.metadata().map(drop))
    }

    fn sync_filesystem(&mut self, path: &Path) -> io::Result<()> {
        self.change(Change::SyncFilesystem, || path.metadata().map(drop))
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(Change::Rename(from.into(), to.into()), || HostDisk.rename(from, to))
    }

    fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(Change::Link(from.into(), to.into()), || HostDisk.link(from, to))
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.change(Change::Remove(path.into()), || HostDisk.remove(path))
    }
}
