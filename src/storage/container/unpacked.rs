//! Raw images inside gzip, bzip2, xz or zstd: unpacked into a file without a name, which is gone with the process.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::error::{ContainerError, damaged};
use super::unnamed_file::unnamed_file;
use super::unpacking_space::{Allowance, Share, free};
use crate::decompress::{Compression, DecodeError, Input, Limits, Members, ReadAt, decoder};
use crate::size::to_u64;
use crate::storage::source::{FileSource, Source};

/// How much is unpacked at a time.
const PIECE: usize = 256 << 10;
/// Zeros of this length become a hole.
const HOLE: usize = 4096;

/// What a decoder may use: as much as `xz -9` and `zstd -19` ask for.
const LIMITS: Limits =
    Limits { dictionary: 72 << 20, window: 64 << 20, output: u64::MAX, one_frame: false, stops_at: None };

/// The unpacked disk. Its space is given back with it.
struct Unpacked {
    file: FileSource,
    _share: Share,
}

impl Source for Unpacked {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        Source::read_at(&self.file, offset, buf)
    }
}

/// What is read beyond twice the length of the disk so far: no format needs as much for its headers, and a decoder that finds one empty
/// block after another hands nothing out between them.
const READ_AHEAD: u64 = 4 << 20;

/// The packed file, as far as what is read of it holds something.
struct Reading<'a> {
    file: &'a dyn Source,
    /// The length of the disk so far.
    length: Cell<u64>,
}

impl ReadAt for Reading<'_> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        if offset > self.length.get().saturating_mul(2).saturating_add(READ_AHEAD) {
            return Err(io::Error::other(format!(
                "{} MiB of it hold less than half as much of a disk: pack it again",
                offset >> 20
            )));
        }
        self.file.read_at(offset, buf)
    }
}

/// Unpacks an image of this compression, as far as `most` allows.
pub(super) fn open(
    file: &dyn Source,
    compression: Compression,
    most: Option<u64>,
) -> Result<Arc<dyn Source>, ContainerError> {
    let mut head = [0; 8];
    let count = file.read_at(0, &mut head)?;
    if Compression::of(&head[..count]) != Some(compression) {
        return Err(damaged(format!("it is not a {} file", compression.name())));
    }
    let to = unnamed_file()?;
    let allowance = Allowance::of(most, free(&std::env::temp_dir()));
    let mut share = Share::default();
    let reading = Reading { file, length: Cell::new(0) };
    let mut input = Input::new(&reading, 0, file.len());
    let mut piece = vec![0; PIECE];
    let mut length = 0_u64;
    let mut members = Members::default();
    // Members and streams follow one another; `zstd` takes all frames at once.
    while input.position() < file.len() {
        let before = input.position();
        members.begin(length).map_err(|error| of_decoder(error, compression))?;
        {
            let mut decoder = decoder(compression, &mut input, LIMITS);
            loop {
                let count = decoder.read(&mut piece).map_err(|error| of_decoder(error, compression))?;
                if count == 0 {
                    break;
                }
                let at = length;
                length = length.saturating_add(to_u64(count));
                reading.length.set(length);
                if length > allowance.length {
                    return Err(allowance.too_long());
                }
                write_with_holes(&to, at, &piece[..count], |more| {
                    if share.take(more, allowance.stored) { Ok(()) } else { Err(allowance.too_large()) }
                })?;
            }
        }
        if input.position() == before || !another(&reading, input.position(), compression)? {
            break;
        }
    }
    to.set_len(length)?;
    Ok(Arc::new(Unpacked { file: FileSource::new(to)?, _share: share }))
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

fn write_with_holes(
    to: &File,
    at: u64,
    bytes: &[u8],
    mut take: impl FnMut(u64) -> Result<(), ContainerError>,
) -> Result<(), ContainerError> {
    let mut at = at;
    for block in bytes.chunks(HOLE) {
        if block.iter().any(|&byte| byte != 0) {
            take(to_u64(block.len()))?;
            to.write_all_at(block, at)?;
        }
        at = at.saturating_add(to_u64(block.len()));
    }
    Ok(())
}
