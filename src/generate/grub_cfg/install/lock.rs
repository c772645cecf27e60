//! One installer at a time.

use std::fs::File;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::super::error::Error;

/// How long a second installer waits for the first.
const PATIENCE: Duration = Duration::from_secs(60);

/// The boot directory, locked until this is dropped or the process ends. It needs no file of its own: the directory is locked.
#[derive(Debug)]
pub(super) struct Lock {
    _directory: File,
}

impl Lock {
    pub(super) fn take(boot: &Path) -> Result<Self, Error> {
        let failed = |error| Error::io("lock", boot, &error);
        let directory = File::open(boot).map_err(failed)?;
        let begun = Instant::now();
        loop {
            match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _directory: directory }),
                Err(Errno::WOULDBLOCK | Errno::INTR) if begun.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(50));
                }
                Err(Errno::WOULDBLOCK) => {
                    return Err(Error::new(format!(
                        "another installation has been at work on `{}` for {} s: nothing was changed by this one",
                        boot.display(),
                        PATIENCE.as_secs()
                    )));
                }
                Err(error) => return Err(failed(error.into())),
            }
        }
    }
}
