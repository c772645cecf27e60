//! Copying a file out of the guest's filesystem: whole, sparse where it is sparse, and by the kernel's own means where they
//! help.
//!
//! Where a driver says where the data of a file lies, the operating system copies it from the disk to the file itself
//! (`copy_file_range`, which shares blocks on filesystems that can, else `sendfile`), and holes are left out. Elsewhere the data
//! goes through a buffer of 1 MiB, read as pygrub reads it.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use rustix::fs::{copy_file_range, sendfile};
use rustix::io::Errno;

use crate::storage::filesystem::{FileExtent, OpenFile, Place, ReadError};

/// How much pygrub reads at once.
const READ: usize = 1 << 20;

/// Why a copy failed.
#[derive(Debug)]
pub(super) enum CopyError {
    /// The guest's file.
    Read(ReadError),
    /// The copy.
    Write(io::Error),
}

/// Copies `file` to the empty `out` and returns how many bytes that were. `disk` is the disk that `file` lies on, and `base`
/// the byte where its filesystem begins.
pub(super) fn copy_out(file: &dyn OpenFile, disk: &File, base: u64, out: &mut File) -> Result<u64, CopyError> {
    let mut copier = Copier { disk, out, means: Means::CopyFileRange };
    let mut buffer = Vec::new();
    let mut done = 0;
    // A hole is made by going on after it; one at the end by setting the length.
    let mut hole = false;
    while let Some(FileExtent { bytes, place }) = next(file, done)? {
        match place {
            Place::Zeros => hole = true,
            Place::Disk(at) => {
                hole = false;
                copier.copy(base.saturating_add(at), done, bytes).map_err(CopyError::Write)?;
            }
            Place::Unknown => {
                buffer.resize(READ, 0);
                let count = file.read_at(done, &mut buffer).map_err(CopyError::Read)?;
                if count == 0 {
                    break;
                }
                hole = false;
                copier.write(&buffer[..count], done).map_err(CopyError::Write)?;
                done += count as u64;
                continue;
            }
        }
        done += bytes;
    }
    if hole {
        copier.out.set_len(done).map_err(CopyError::Write)?;
    }
    Ok(done)
}

/// The stretch of the file from `offset` on; nothing past its end.
fn next(file: &dyn OpenFile, offset: u64) -> Result<Option<FileExtent>, CopyError> {
    match file.stretch_at(offset).map_err(CopyError::Read)? {
        Some(FileExtent { bytes: 0, .. }) => Ok(None),
        other => Ok(other),
    }
}

/// The ways of copying, each tried until the operating system refuses it for these two files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Means {
    CopyFileRange,
    SendFile,
    Buffer,
}

struct Copier<'a> {
    disk: &'a File,
    out: &'a mut File,
    means: Means,
}

impl Copier<'_> {
    /// Copies `bytes` bytes from the byte `from` of the disk to the byte `to` of the copy.
    fn copy(&mut self, from: u64, to: u64, bytes: u64) -> io::Result<()> {
        let mut done = 0;
        while done < bytes {
            let (from, to) = (from + done, to + done);
            let rest = usize::try_from(bytes - done).unwrap_or(usize::MAX).min(1 << 30);
            let count = match self.means {
                Means::CopyFileRange => {
                    let (mut from, mut to) = (from, to);
                    copy_file_range(self.disk, Some(&mut from), &*self.out, Some(&mut to), rest)
                }
                Means::SendFile => {
                    self.out.seek(SeekFrom::Start(to))?;
                    let mut from = from;
                    sendfile(&*self.out, self.disk, Some(&mut from), rest)
                }
                Means::Buffer => self.through_buffer(from, to, rest),
            };
            match count {
                // Nothing at all, though the file has more: some filesystems answer so to what they cannot do.
                Ok(0) if self.means == Means::Buffer => {
                    return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the disk ends inside the file"));
                }
                Ok(0) => self.fall_back(),
                Ok(count) => done += count as u64,
                Err(Errno::INTR) => {}
                Err(
                    Errno::XDEV
                    | Errno::INVAL
                    | Errno::NOSYS
                    | Errno::OPNOTSUPP
                    | Errno::PERM
                    | Errno::BADF
                    | Errno::TXTBSY
                    | Errno::OVERFLOW,
                ) if self.means != Means::Buffer => self.fall_back(),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn fall_back(&mut self) {
        self.means = match self.means {
            Means::CopyFileRange => Means::SendFile,
            Means::SendFile | Means::Buffer => Means::Buffer,
        };
    }

    fn through_buffer(&mut self, from: u64, to: u64, bytes: usize) -> Result<usize, Errno> {
        use std::os::unix::fs::FileExt;
        let mut buffer = vec![0; bytes.min(READ)];
        let count = self.disk.read_at(&mut buffer, from).map_err(errno)?;
        self.write(&buffer[..count], to).map_err(errno)?;
        Ok(count)
    }

    /// Writes all of it: what the operating system takes only in part is written in parts, unlike pygrub, which goes on.
    fn write(&mut self, data: &[u8], to: u64) -> io::Result<()> {
        self.out.seek(SeekFrom::Start(to))?;
        self.out.write_all(data)
    }
}

fn errno(error: io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}
