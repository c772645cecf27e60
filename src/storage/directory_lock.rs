//! One writer at a time: what changes the files that a disk boots from, or a file that several runs add to, locks the directory.

use std::fs::File;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::beneath::HeldDirectory;

/// How long one waits for the other.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
/// How long between two looks, at most.
const LONGEST_NAP: Duration = Duration::from_millis(50);

/// A directory, locked until this is dropped or the process ends. It needs no file of its own: the directory is locked.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _directory: File,
}

/// Why a directory is not locked.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Somebody else has had it all the time.
    Busy,
    /// The operating system refuses, or the caller is to end.
    Io(io::Error),
}

impl DirectoryLock {
    /// Waits so long at most, while `go_on` has nothing against it.
    pub(crate) fn take(
        directory: &HeldDirectory,
        patience: Duration,
        go_on: &dyn Fn() -> io::Result<()>,
    ) -> Result<Self, LockError> {
        let directory = directory.as_file().map_err(LockError::Io)?;
        let begun = Instant::now();
        let mut nap = Duration::from_millis(1);
        loop {
            match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _directory: directory }),
                Err(Errno::WOULDBLOCK | Errno::INTR) => {
                    go_on().map_err(LockError::Io)?;
                    if begun.elapsed() >= patience {
                        return Err(LockError::Busy);
                    }
                    thread::sleep(nap);
                    nap = nap.saturating_mul(2).min(LONGEST_NAP);
                }
                Err(error) => return Err(LockError::Io(error.into())),
            }
        }
    }

    /// The same, where a directory that cannot be locked is written to all the same: the caller may not list it, or its filesystem has no
    /// locks. `None` if so.
    pub(crate) fn take_if_it_can_be(directory: &HeldDirectory, patience: Duration) -> Result<Option<Self>, LockError> {
        match Self::take(directory, patience, &|| Ok(())) {
            Ok(lock) => Ok(Some(lock)),
            Err(LockError::Busy) => Err(LockError::Busy),
            Err(LockError::Io(_)) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_waits_for_the_other() {
        let directory = tempfile::tempdir().unwrap();
        let held = HeldDirectory::open(directory.path()).unwrap();
        let short = Duration::from_millis(20);
        let first = DirectoryLock::take_if_it_can_be(&held, short).unwrap().unwrap();
        assert!(matches!(DirectoryLock::take_if_it_can_be(&held, short), Err(LockError::Busy)));
        let ended = DirectoryLock::take(&held, PATIENCE, &|| Err(io::Error::other("a signal")));
        assert!(matches!(ended, Err(LockError::Io(error)) if error.to_string() == "a signal"));
        let waiting = thread::spawn(move || DirectoryLock::take(&held, PATIENCE, &|| Ok(())).is_ok());
        thread::sleep(short);
        drop(first);
        assert!(waiting.join().unwrap());
    }
}
