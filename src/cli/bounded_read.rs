//! Reading files that are small unless somebody means ill.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::storage::beneath::HeldDirectory;
use crate::storage::opening::open_without_waiting;

/// Reads a regular file of at most `most` bytes whole.
pub(super) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_file(open_without_waiting(path)?, most)
}

/// Reads a regular file of at most `most` bytes beneath a directory whole. A symbolic link on the way to it there is an error.
pub(super) fn read_beneath(directory: &HeldDirectory, path: &Path, most: u64) -> io::Result<Vec<u8>> {
    read_file(directory.open_file(path)?, most)
}

/// Reads an open file whole, if it is a regular one of at most `most` bytes.
pub(super) fn read_file(file: File, most: u64) -> io::Result<Vec<u8>> {
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut text = Vec::new();
    file.take(most + 1).read_to_end(&mut text)?;
    if text.len() as u64 > most {
        return Err(io::Error::other(format!("it is larger than {} MiB", most >> 20)));
    }
    Ok(text)
}
