//! Every change to the boot disk, one method a change.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// What an installation does to the boot disk. Nothing changes it but these methods: a test puts a disk in the place of
/// [`HostDisk`] that fails at any of them. The errors are those of the operating system.
pub trait Disk {
    /// Makes a directory.
    fn make_directory(&mut self, path: &Path) -> io::Result<()>;
    /// Makes an empty file with these permissions; there is none.
    fn create(&mut self, path: &Path, mode: u32) -> io::Result<()>;
    /// Adds to a file's end.
    fn append(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Starts a program that appends to a file, and waits for its end.
    fn run(&mut self, program: &Path, file: &Path) -> io::Result<ExitStatus>;
    /// Returns once the file's content and size are on the disk.
    fn sync_file(&mut self, path: &Path) -> io::Result<()>;
    /// Returns once the directory's names are on the disk.
    fn sync_directory(&mut self, path: &Path) -> io::Result<()>;
    /// Returns once everything of the filesystem is in its own place on the disk, and not in the journal only: pygrub does not
    /// replay it.
    fn sync_filesystem(&mut self, path: &Path) -> io::Result<()>;
    /// Gives a file another name in one step; what had that name is gone.
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives a file one name more.
    fn link(&mut self, from: &Path, to: &Path) -> io::Result<()>;
    /// Takes a name away.
    fn remove(&mut self, path: &Path) -> io::Result<()>;
}

/// The filesystems of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct HostDisk;

impl Disk for HostDisk {
    fn make_directory(&mut self, path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o755).create(path)
    }

    fn create(&mut self, path: &Path, mode: u32) -> io::Result<()> {
        OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map(drop)
    }

    fn append(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        OpenOptions::new().append(true).open(path)?.write_all(bytes)
    }

    fn run(&mut self, program: &Path, file: &Path) -> io::Result<ExitStatus> {
        // What it prints is for whoever installs, and no part of a text on standard output.
        let status = Command::new(program).arg(file).stdin(Stdio::null()).stdout(io::stderr()).status()?;
        // It may have put a file of its own in the place.
        fs::set_permissions(file, Permissions::from_mode(0o600))?;
        Ok(status)
    }

    fn sync_file(&mut self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_directory(&mut self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn sync_filesystem(&mut self, path: &Path) -> io::Result<()> {
        Ok(rustix::fs::syncfs(File::open(path)?)?)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::hard_link(from, to)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }
}
