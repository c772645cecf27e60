//! The decompressors of the guest's kernel: one stream each, from where it begins, with what the kernel says where it fails.
//!
//! They differ from the programs that compress: the kernel does not check gzip's sum, takes one zstd frame only, knows no CRC64 in xz.
//! Each takes exactly the bytes that the kernel takes, since another archive may follow.

mod bzip2;
mod gzip;
mod lz4;
mod lzma;
mod lzo;
mod xz;
mod zstd;

use super::message::KernelMessage;
use crate::decompress::{Compression, Input};

/// Where unpacked bytes go. It says whether it takes more.
pub(crate) type ByteSink<'a> = dyn FnMut(&[u8]) -> bool + 'a;

/// How a stream ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StreamEnd {
    /// Unpacked to its end.
    Complete,
    /// The kernel rejects it, with these words.
    Refused(KernelMessage),
    /// The consumer takes no more bytes.
    Stopped,
    /// It takes more memory to unpack than pregrub spends: this many bytes.
    TooMuchMemory(u64),
}

/// Room for what is unpacked at a time.
const ROOM: usize = 64 * 1024;

/// The largest dictionary or window that is unpacked with, in bytes: what Linux allows zstd.
const LARGEST_WINDOW: u64 = 1 << 27;

/// Unpacks the stream that begins at the next byte of `input`.
pub(crate) fn unpack(compression: Compression, input: &mut Input<'_>, sink: &mut ByteSink<'_>) -> StreamEnd {
    match compression {
        Compression::Gzip => gzip::unpack(input, sink),
        Compression::Bzip2 => bzip2::unpack(input, sink),
        Compression::Xz => xz::unpack(input, sink),
        Compression::Lzma => lzma::unpack(input, sink),
        Compression::Lzo => lzo::unpack(input, sink),
        Compression::Lz4 => lz4::unpack(input, sink),
        Compression::Zstd => zstd::unpack(input, sink),
    }
}
