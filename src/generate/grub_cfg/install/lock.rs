//! One installer at a time.

use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::super::error::GrubCfgError;
use crate::storage::beneath::HeldDirectory;

/// How long a second installer waits for the first.
const PATIENCE: Duration = Duration::from_secs(60);

/// The boot directory, locked until this is dropped or the process ends. It needs no file of its own: the directory is locked.
#[derive(Debug)]
pub(super) struct Lock {
    _directory: File,
}

impl Lock {
    pub(super) fn take(boot: &HeldDirectory, stop: &AtomicBool) -> Result<Self, GrubCfgError> {
        let failed = |error| GrubCfgError::io("lock", boot.path(), &error);
        let directory = boot.as_file().map_err(failed)?;
        let begun = Instant::now();
        loop {
            match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Self { _directory: directory }),
                Err(Errno::WOULDBLOCK | Errno::INTR) if stop.load(Ordering::Relaxed) => {
                    return Err(failed(super::stopped()));
                }
                Err(Errno::WOULDBLOCK | Errno::INTR) if begun.elapsed() < PATIENCE => {
                    thread::sleep(Duration::from_millis(50));
                }
                Err(Errno::WOULDBLOCK) => {
                    return Err(GrubCfgError::new(format!(
                        "another installation has been at work on `{}` for {} s: nothing was changed by this one",
                        boot.path().display(),
                        PATIENCE.as_secs()
                    )));
                }
                Err(error) => return Err(failed(error.into())),
            }
        }
    }
}
