//! Unpacking of kernels and initrds as a stream: gzip, bzip2, xz, lzma, lzo, lz4 (legacy frames) and zstd.
//!
//! Decoders read no more input than they need and hand out data as soon as it is decoded, so that a reader who stops early has
//! spent only what was needed so far. What a format's reference library would accept is decided where the data is used
//! ([`kernel`](crate::kernel)); a decoder only reports truncation, damage and what it does not support.
//!
//! ```
//! use pregrub::decompress::{Compression, Input, Limits, decoder};
//!
//! let packed: &[u8] = &[0x02, 0x21, 0x4c, 0x18, 6, 0, 0, 0, 0x50, b'h', b'e', b'l', b'l', b'o'];
//! let compression = Compression::of(packed).unwrap();
//! let mut input = Input::new(&packed, 0, packed.len() as u64);
//! let mut out = [0; 16];
//! let count = decoder(compression, &mut input, Limits::default()).read(&mut out)?;
//! assert_eq!(&out[..count], b"hello");
//! # Ok::<(), pregrub::decompress::DecodeError>(())
//! ```

// Numbers from a guest must neither overflow nor be cut. Tests know theirs.
#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod bzip2;
mod error;
mod gzip;
mod input;
mod lz4;
mod lzma;
mod lzo;
mod members;
mod window;
pub mod xz;
mod xz_blocks;
mod zstd;

use std::fmt;

use serde::Serialize;

pub use self::error::DecodeError;
pub use self::input::{Input, ReadAt};
pub(crate) use self::members::Members;

/// A compression format, recognised by the first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// gzip: 1f 8b.
    Gzip,
    /// bzip2: `BZh`.
    Bzip2,
    /// xz: fd `7zXZ` 00.
    Xz,
    /// LZMA alone, as `lzma` writes it: 5d 00.
    Lzma,
    /// lzop's container of LZO1X blocks: 89 `LZO` 00.
    Lzo,
    /// lz4's legacy frame: 02 21 4c 18. libxenguest and Linux look at the first two bytes.
    Lz4,
    /// zstd: 28 b5 2f fd.
    Zstd,
}

impl Compression {
    /// All formats.
    pub const ALL: [Self; 7] = [Self::Gzip, Self::Bzip2, Self::Xz, Self::Lzma, Self::Lzo, Self::Lz4, Self::Zstd];

    /// The format that `head` begins with; `None` if it is none of these.
    pub fn of(head: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|format| head.starts_with(format.magic()))
    }

    /// The bytes that libxenguest recognises the format by.
    pub fn magic(self) -> &'static [u8] {
        match self {
            Self::Gzip => b"\x1f\x8b",
            Self::Bzip2 => b"BZh",
            Self::Xz => b"\xfd7zXZ\0",
            Self::Lzma => b"\x5d\0",
            Self::Lzo => b"\x89LZO\0",
            Self::Lz4 => b"\x02\x21",
            Self::Zstd => b"\x28\xb5\x2f\xfd",
        }
    }

    /// Its name as the tools spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Lzo => "lzo",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much a decoder may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest dictionary that a stream may ask for, in bytes: xz and lzma refuse a larger one as liblzma with this memory
    /// limit does.
    pub dictionary: u64,
    /// How much output is kept for looking back at most, in bytes. A stream that needs more is refused.
    pub window: u64,
    /// Bytes of output that are expected at most. Nobody needs a larger window than this.
    pub output: u64,
    /// Whether one frame of zstd is all that is read, and a window beyond the limit is refused whatever is put out.
    pub one_frame: bool,
    /// How many bytes the reader takes at most, if that is less than all: checksums of the output are not computed then, and of xz no
    /// larger dictionary is held. A failure says only that a decoder without this limit must be asked.
    pub stops_at: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { dictionary: 256 << 20, window: 160 << 20, output: 1 << 30, one_frame: false, stops_at: None }
    }
}

/// A decoder in the middle of its stream.
pub trait Decoder {
    /// Decodes into `out` and returns how many bytes were written: 0 at the end of the stream, which was checked as far as the
    /// format allows.
    ///
    /// # Errors
    ///
    /// As [`DecodeError`] says. A decoder that failed must not be read from again.
    fn read(&mut self, out: &mut [u8]) -> Result<usize, DecodeError>;
}

/// A decoder for one stream (of gzip: one member; of xz: one stream; of zstd: all frames; of lz4: all chunks) that begins where
/// `input` stands. After the end of the stream, `input` stands directly after it.
pub fn decoder<'a>(compression: Compression, input: &'a mut Input<'_>, limits: Limits) -> Box<dyn Decoder + 'a> {
    match compression {
        Compression::Gzip => Box::new(gzip::Gzip::new(input)),
        Compression::Bzip2 => Box::new(bzip2::Bzip2::new(input)),
        Compression::Xz => Box::new(xz::Xz::new(input, limits)),
        Compression::Lzma => Box::new(lzma::Lzma::new(input, limits)),
        Compression::Lzo => Box::new(lzo::Lzo::new(input)),
        Compression::Lz4 => Box::new(lz4::Lz4::new(input, limits)),
        Compression::Zstd => Box::new(zstd::Zstd::new(input, limits)),
    }
}
