//! Which files this process has opened for reading, so that none of them is replaced by what it writes: a disk under a second name,
//! a backing file, an image that a search came upon.

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::sync::{Mutex, PoisonError};

/// Device and inode of each. `None` if nothing is remembered.
static OPENED: Mutex<Option<BTreeSet<(u64, u64)>>> = Mutex::new(None);

/// Remembers from now on what is opened: in a program that writes a file at its end.
pub(crate) fn remember() {
    OPENED.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default();
}

/// Remembers a file, after [`remember`] was called.
pub(crate) fn note(file: &File) {
    let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
    if let (Some(opened), Ok(metadata)) = (opened.as_mut(), file.metadata()) {
        opened.insert((metadata.dev(), metadata.ino()));
        if metadata.file_type().is_block_device() {
            opened.extend(backing_file(metadata.rdev()));
        }
    }
}

/// The file that a loop device, or the one that a partition is on, shows as a disk.
#[cfg(target_os = "linux")]
fn backing_file(device: u64) -> Option<(u64, u64)> {
    use std::os::unix::ffi::OsStringExt;
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let device = std::path::PathBuf::from(format!("/sys/dev/block/{major}:{minor}"));
    let mut name =
        ["loop/backing_file", "../loop/backing_file"].iter().find_map(|name| std::fs::read(device.join(name)).ok())?;
    name.pop_if(|last| *last == b'\n');
    let metadata = std::fs::metadata(std::ffi::OsString::from_vec(name)).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(target_os = "linux"))]
fn backing_file(_: u64) -> Option<(u64, u64)> {
    None
}

/// Whether the file of this device and inode was opened.
pub(crate) fn contains(device: u64, inode: u64) -> bool {
    OPENED
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .as_ref()
        .is_some_and(|opened| opened.contains(&(device, inode)))
}
