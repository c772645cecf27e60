//! Opening files of the host that may be anything: nobody is waited for.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a file for reading. Of one that makes its reader wait (`/proc/kmsg`, a FIFO that has taken a file's place) reading fails
/// instead.
pub(crate) fn open_without_waiting(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    File::options().read(true).custom_flags(flags.bits().cast_signed()).open(path)
}

/// Opens a file or a block device. Neither opening it nor reading it waits for somebody: the log of the kernel is a regular file by its
/// mode, and has nothing to read until something is written to it.
pub(crate) fn open_disk(path: &Path) -> io::Result<File> {
    // To open some devices does something.
    expect_disk(&std::fs::metadata(path)?)?;
    let file = open_without_waiting(path)?;
    expect_disk(&file.metadata()?)?;
    Ok(file)
}

fn expect_disk(metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    if kind.is_file() || kind.is_block_device() {
        return Ok(());
    }
    Err(io::Error::other("it is neither a file nor a block device"))
}
