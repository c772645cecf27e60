//! How much space unpacked images may take: together, in the whole process.
//!
//! A stranger's image of some kilobytes unpacks to as many gigabytes as it likes, and as many images are looked at at once as there
//! are jobs. So what counts is what all of them hold in the temporary directory at one moment.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::ContainerError;

/// What may be stored where nobody says it, in bytes.
const USUAL: u64 = 2 << 30;
/// A disk may be this many times as long as what is stored of it: zeros take no space, but time.
const HOLES: u64 = 8;

/// What all images hold that are unpacked at this moment, in bytes.
static HELD: AtomicU64 = AtomicU64::new(0);

/// What one image may take, in bytes.
pub(super) struct Allowance {
    /// What all images together may store.
    pub stored: u64,
    /// How long the disk may be, with its zeros.
    pub length: u64,
    /// Whether the temporary directory, and not a number, is the limit.
    is_by_space: bool,
}

impl Allowance {
    /// `most` as the caller says it. Without that a default, and at most half of the space that is there, of which `free` is free.
    pub(super) fn of(most: Option<u64>, free: Option<u64>) -> Self {
        let nominal = most.unwrap_or(USUAL);
        let half = free.map(|free| free.saturating_add(HELD.load(Ordering::Relaxed)) / 2);
        let stored = half.filter(|&half| most.is_none() && half < nominal);
        Self { stored: stored.unwrap_or(nominal), length: nominal.saturating_mul(HOLES), is_by_space: stored.is_some() }
    }

    /// Too much is stored.
    pub(super) fn too_large(&self) -> ContainerError {
        let mebibytes = self.stored >> 20;
        let directory = std::env::temp_dir();
        let directory = directory.display();
        ContainerError::TooLarge(if self.is_by_space {
            format!(
                "with all that is unpacked at once it takes more than {mebibytes} MiB, half of what is free in `{directory}`: set TMPDIR to a \
                 larger directory, say --unpack-limit to allow more, or unpack it yourself"
            )
        } else {
            format!(
                "with all that is unpacked at once it takes more than {mebibytes} MiB in `{directory}`: say --unpack-limit to allow more, \
                 --jobs 1 for one image at a time, or unpack it yourself"
            )
        })
    }

    /// The disk is too long.
    pub(super) fn too_long(&self) -> ContainerError {
        ContainerError::TooLarge(format!(
            "it unpacks to more than {} MiB, zeros included: say --unpack-limit to allow more ({HOLES} times as long as the limit), or \
             unpack it yourself",
            self.length >> 20
        ))
    }
}

/// What one image holds of the space of all. It is given back at its end.
#[derive(Default)]
pub(super) struct Share {
    held: u64,
}

impl Share {
    /// Takes some bytes more, if all images together then hold no more than `most`.
    pub(super) fn take(&mut self, more: u64, most: u64) -> bool {
        let add = |held: u64| held.checked_add(more).filter(|&held| held <= most);
        let is_taken = HELD.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok();
        if is_taken {
            self.held = self.held.saturating_add(more);
        }
        is_taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        HELD.fetch_sub(self.held, Ordering::Relaxed);
    }
}

/// How many bytes are free in a directory, for this user. `None` if that is not known.
pub(super) fn free(directory: &Path) -> Option<u64> {
    let filesystem = rustix::fs::statvfs(directory).ok()?;
    filesystem.f_bavail.checked_mul(filesystem.f_frsize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_leaves_half_of_the_space() {
        let of = |most, free| {
            let allowance = Allowance::of(most, free);
            (allowance.stored, allowance.length)
        };
        assert_eq!(of(None, None), (2 << 30, 16 << 30));
        assert_eq!(of(None, Some(1 << 40)), (2 << 30, 16 << 30));
        // What the process holds already counts as its own.
        let (stored, length) = of(None, Some(1 << 30));
        assert!((1 << 29..2 << 30).contains(&stored) && length == 16 << 30, "{stored} {length}");
        // Who names a number gets it.
        assert_eq!(of(Some(8 << 30), Some(1 << 30)), (8 << 30, 64 << 30));
        assert_eq!(of(Some(0), None), (0, 0));
        assert!(free(Path::new("/")).is_some() && free(Path::new("/nonexistent")).is_none());
    }

    #[test]
    fn a_share_ends_with_its_image() {
        let most = u64::MAX / 2;
        let (mut one, mut other) = (Share::default(), Share::default());
        assert!(one.take(most - (1 << 40), most));
        assert!(!other.take(2 << 40, most));
        drop(one);
        assert!(other.take(2 << 40, most));
    }
}
