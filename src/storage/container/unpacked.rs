//! Raw images inside gzip, bzip2, xz or zstd: unpacked into a file without a name, which is gone with the process.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::error::{ContainerError, damaged};
use super::unnamed_file::unnamed_file;
use crate::decompress::{Compression, DecodeError, Input, Limits, ReadAt, decoder};
use crate::storage::source::{FileSource, Source};

/// How much is unpacked at a time.
const PIECE: usize = 256 << 10;
/// Zeros of this length become a hole.
const HOLE: usize = 4096;

/// What a decoder may use: as much as `xz -9` and `zstd -19` ask for.
const LIMITS: Limits =
    Limits { dictionary: 72 << 20, window: 64 << 20, output: u64::MAX, one_frame: false, stops_at: None };

struct Reading<'a>(&'a dyn Source);

impl ReadAt for Reading<'_> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.0.read_at(offset, buf)
    }
}

/// Unpacks at most `limit` bytes.
pub(super) fn open(file: &dyn Source, limit: u64) -> Result<Arc<dyn Source>, ContainerError> {
    let mut head = [0; 8];
    let count = file.read_at(0, &mut head)?;
    let compression = Compression::of(&head[..count]).ok_or_else(|| damaged("it is not compressed"))?;
    let to = unnamed_file()?;
    let reading = Reading(file);
    let mut input = Input::new(&reading, 0, file.len());
    let mut piece = vec![0; PIECE];
    let mut length = 0_u64;
    // Members and streams follow one another; `zstd` takes all frames at once.
    while input.position() < file.len() {
        let before = input.position();
        {
            let mut decoder = decoder(compression, &mut input, LIMITS);
            loop {
                let count = decoder.read(&mut piece).map_err(|error| of_decoder(error, compression))?;
                if count == 0 {
                    break;
                }
                length = length.saturating_add(count as u64);
                if length > limit {
                    return Err(ContainerError::TooLarge(format!(
                        "it unpacks to more than {} MiB: say --unpack-limit to allow more, or unpack it yourself",
                        limit >> 20
                    )));
                }
                write_with_holes(&to, length - count as u64, &piece[..count])?;
            }
        }
        if input.position() == before || !another(&reading, input.position(), compression)? {
            break;
        }
    }
    to.set_len(length)?;
    Ok(Arc::new(FileSource::new(to)?))
}

/// Whether one more stream of the same format follows. Padding and junk are left alone, as gzip and xz leave them with a warning.
fn another(file: &Reading<'_>, at: u64, compression: Compression) -> io::Result<bool> {
    let mut head = [0; 8];
    let count = file.read_at(at, &mut head)?;
    Ok(Compression::of(&head[..count]) == Some(compression))
}

fn of_decoder(error: DecodeError, compression: Compression) -> ContainerError {
    match error {
        DecodeError::Io(error) => ContainerError::Io(error),
        error => damaged(format!("it cannot be unpacked ({}): {error}", compression.name())),
    }
}

fn write_with_holes(to: &File, at: u64, bytes: &[u8]) -> io::Result<()> {
    let mut at = at;
    for block in bytes.chunks(HOLE) {
        if block.iter().any(|&byte| byte != 0) {
            to.write_all_at(block, at)?;
        }
        at = at.saturating_add(block.len() as u64);
    }
    Ok(())
}
