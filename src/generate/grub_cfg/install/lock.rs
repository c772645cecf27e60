//! One installer at a time, and none while `lint --fix` is at work.

use std::sync::atomic::{AtomicBool, Ordering};

use super::super::error::GrubCfgError;
use crate::storage::beneath::HeldDirectory;
use crate::storage::directory_lock::{DirectoryLock, LockError, PATIENCE};

/// Locks the boot directory.
pub(super) fn lock(boot: &HeldDirectory, stop: &AtomicBool) -> Result<DirectoryLock, GrubCfgError> {
    let go_on = || if stop.load(Ordering::Relaxed) { Err(super::stopped()) } else { Ok(()) };
    DirectoryLock::take(boot, PATIENCE, &go_on).map_err(|error| match error {
        LockError::Busy => GrubCfgError::new(format!(
            "another installation has been at work on `{}` for {} s: nothing was changed by this one",
            boot.path().display(),
            PATIENCE.as_secs()
        )),
        LockError::Io(error) => GrubCfgError::io("lock", boot.path(), &error),
    })
}
