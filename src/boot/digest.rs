//! Reading what is booted, whole: the one place where pregrub reads the data of kernel and initrd.

use std::io;

use sha2::{Digest, Sha256};

use super::outcome::ChosenFile;
use crate::storage::filesystem::{OpenError, ReadError};
use crate::storage::mount::{Mounting, Volumes};

/// How much is read at a time, as pygrub does.
const PIECE: usize = 1 << 20;

/// The SHA-256 of a file as pygrub would copy it, in lower-case hexadecimal digits.
///
/// # Errors
///
/// It cannot be read.
pub fn sha256(volumes: &dyn Volumes, offset: u64, file: &ChosenFile) -> io::Result<String> {
    let filesystem = match volumes.mount(offset)? {
        Mounting::Mounted(filesystem) => filesystem,
        Mounting::Refused { why, .. } | Mounting::Unknown { why, .. } => return Err(io::Error::other(why)),
    };
    let opened = filesystem.open(file.path.as_bytes()).map_err(|error| match error {
        OpenError::Io(error) => error,
        other => io::Error::other(other),
    })?;
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    let mut offset = 0;
    loop {
        let count = opened.read_at(offset, &mut piece).map_err(|error| match error {
            ReadError::Io(error) => error,
            other => io::Error::other(other),
        })?;
        if count == 0 {
            break;
        }
        hash.update(&piece[..count]);
        offset += count as u64;
    }
    Ok(data_encoding::HEXLOWER.encode(&hash.finalize()))
}
