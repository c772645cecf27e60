//! Every change to the boot disk, one method a change.

use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use crate::storage::beneath::HeldDirectory;
use crate::storage::permissions;

/// How often a program that runs is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// What an installation does to the boot disk. Nothing changes it but these methods: a test puts a disk in the place of
/// [`LocalDisk`] that fails at any of them. Paths lie beneath the boot directory. The errors are those of the operating system.
pub trait InstallDisk {
    /// Makes a directory.
    fn make_directory(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()>;
    /// Makes an empty file with these permissions; there is none.
    fn create(&mut self, boot: &HeldDirectory, path: &Path, mode: u32) -> io::Result<()>;
    /// Adds to a file's end.
    fn append(&mut self, boot: &HeldDirectory, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Gives a file the owner and the permissions of the one that it is to replace.
    fn keep_permissions(&mut self, boot: &HeldDirectory, path: &Path, like: &Path) -> io::Result<()>;
    /// Starts a program that appends to a file, and waits for its end, so long at most. What is there afterwards is a regular
    /// file with one name that the owner alone may read.
    fn run(&mut self, program: &Path, boot: &HeldDirectory, path: &Path, limit: Duration) -> io::Result<ExitStatus>;
    /// Returns once the file's content and size are on the disk.
    fn sync_file(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()>;
    /// Returns once the directory's names are on the disk.
    fn sync_directory(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()>;
    /// Returns once everything of the filesystem is in its own place on the disk, and not in the journal only: pygrub does not
    /// replay it.
    fn sync_filesystem(&mut self, boot: &HeldDirectory) -> io::Result<()>;
    /// Gives a file another name in one step; what had that name is gone.
    fn rename(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives a file another name, which nothing has: what has it by then stays, and that is an error.
    fn rename_to_new(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()>;
    /// Gives a file one name more.
    fn link(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()>;
    /// Takes a name away.
    fn remove(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()>;
    /// Becomes true when the installation is to end before it has replaced grub.cfg. Later it is no longer asked.
    fn stop(&self) -> Arc<AtomicBool> {
        Arc::default()
    }
}

/// The filesystems of this machine.
#[derive(Clone, Debug, Default)]
pub struct LocalDisk {
    stop: Arc<AtomicBool>,
    /// Whether every child of this process is of a program that was started here.
    adopts: bool,
}

impl LocalDisk {
    /// Ends the installation, with the boot disk as it was, when this becomes true: a handler of signals sets it.
    pub fn until(stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..Self::default() }
    }

    /// Has what a program leaves running killed with it even where it has left the program's process group and session. For a
    /// process without other children: they would be killed as well.
    #[must_use]
    pub fn adopting(self) -> Self {
        Self { adopts: true, ..self }
    }
}

impl InstallDisk for LocalDisk {
    fn make_directory(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        boot.make_directory(path, 0o755)
    }

    fn create(&mut self, boot: &HeldDirectory, path: &Path, mode: u32) -> io::Result<()> {
        boot.create(path, mode).map(drop)
    }

    fn append(&mut self, boot: &HeldDirectory, path: &Path, bytes: &[u8]) -> io::Result<()> {
        boot.open_to_append(path)?.write_all(bytes)
    }

    fn keep_permissions(&mut self, boot: &HeldDirectory, path: &Path, like: &Path) -> io::Result<()> {
        permissions::keep(&boot.open_to_append(path)?, &boot.open_file(like)?)
    }

    fn run(&mut self, program: &Path, boot: &HeldDirectory, path: &Path, limit: Duration) -> io::Result<ExitStatus> {
        // What it prints is for the administrator, and no part of a text on standard output.
        let mut command = Command::new(program);
        // By the directory that is held: another one may have its name by now, and somebody else's file would get the secrets.
        command.arg(boot.path_for_others().join(path)).stdin(Stdio::null()).stdout(io::stderr()).process_group(0);
        if self.adopts {
            super::descendants::adopt()?;
        }
        let mut child = command.spawn()?;
        let waited = self.wait_for(&child, limit);
        // What it has left running must not write to what is the boot disk's from now on. It is not reaped yet, so that the
        // number is its own.
        kill_group(&child);
        let status = child.wait()?;
        if self.adopts {
            super::descendants::kill_all()?;
        }
        waited?;
        // It may have put another file in the place, and a link would lead anywhere.
        let file = boot.open_file(path)?;
        if file.metadata()?.nlink() > 1 {
            return Err(io::Error::other("the file that it leaves has another name somewhere else (a hard link)"));
        }
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(status)
    }

    fn sync_file(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        boot.open_file(path)?.sync_all()
    }

    fn sync_directory(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        boot.directory(path)?.as_file()?.sync_all()
    }

    fn sync_filesystem(&mut self, boot: &HeldDirectory) -> io::Result<()> {
        boot.sync_filesystem()
    }

    fn rename(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        boot.rename(from, to)
    }

    fn rename_to_new(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        boot.rename_to_new(from, to)
    }

    fn link(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        boot.link(from, to)
    }

    fn remove(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        boot.remove(path)
    }

    fn stop(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }
}

impl LocalDisk {
    /// Returns when a program has ended, which it need not have done by itself after an error.
    fn wait_for(&self, child: &Child, limit: Duration) -> io::Result<()> {
        let Some(child) = pid(child) else { return Ok(()) };
        let begun = Instant::now();
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(child), options)?.is_none() {
            if begun.elapsed() >= limit {
                return Err(io::Error::other(format!("it had not ended after {} s and was killed", limit.as_secs())));
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(super::stopped());
            }
            thread::sleep(LOOK);
        }
        Ok(())
    }
}

fn pid(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Kills a program with all that it has started and not set apart.
fn kill_group(child: &Child) {
    if let Some(group) = pid(child) {
        // Usually none is left.
        let _ = kill_process_group(group, Signal::KILL);
    }
}
