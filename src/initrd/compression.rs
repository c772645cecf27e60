//! How a part of an initrd is compressed, and since when Linux unpacks that.

use std::fmt;

use serde::Serialize;

use super::guest_kernel::LinuxVersion;

/// A compression that some Linux unpacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// gzip.
    Gzip,
    /// bzip2.
    Bzip2,
    /// xz.
    Xz,
    /// LZMA, the format before xz.
    Lzma,
    /// LZO, as lzop frames it.
    Lzo,
    /// LZ4 in its legacy frame.
    Lz4,
    /// zstd.
    Zstd,
}

impl Compression {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Gzip, Self::Bzip2, Self::Xz, Self::Lzma, Self::Lzo, Self::Lz4, Self::Zstd];

    /// By the first two bytes, as the kernel tells them apart.
    pub fn of(beginning: &[u8]) -> Option<Self> {
        Some(match beginning.first_chunk()? {
            [0x1f, 0x8b | 0x9e] => Self::Gzip,
            b"BZ" => Self::Bzip2,
            [0x5d, 0] => Self::Lzma,
            [0xfd, b'7'] => Self::Xz,
            [0x89, b'L'] => Self::Lzo,
            [0x02, 0x21] => Self::Lz4,
            [0x28, 0xb5] => Self::Zstd,
            _ => return None,
        })
    }

    /// The word for it, which is also what the kernel calls it in messages.
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

    /// The option of the kernel's configuration that lets it unpack such an initrd.
    pub fn option(self) -> &'static str {
        match self {
            Self::Gzip => "CONFIG_RD_GZIP",
            Self::Bzip2 => "CONFIG_RD_BZIP2",
            Self::Xz => "CONFIG_RD_XZ",
            Self::Lzma => "CONFIG_RD_LZMA",
            Self::Lzo => "CONFIG_RD_LZO",
            Self::Lz4 => "CONFIG_RD_LZ4",
            Self::Zstd => "CONFIG_RD_ZSTD",
        }
    }

    /// The first Linux that can unpack it, if it is configured.
    pub fn since(self) -> LinuxVersion {
        let (major, minor, patch) = match self {
            Self::Gzip => (2, 6, 0),
            Self::Bzip2 | Self::Lzma => (2, 6, 30),
            Self::Lzo => (2, 6, 33),
            Self::Xz => (2, 6, 38),
            Self::Lz4 => (3, 11, 0),
            Self::Zstd => (5, 9, 0),
        };
        LinuxVersion { major, minor, patch }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
