//! What Linux unpacks of an initrd: how it tells formats apart, since when it knows them, and which option it takes.

use super::guest_kernel::LinuxVersion;
use crate::decompress::Compression;

/// The format by the first two bytes, which are all that the kernel looks at; libxenguest looks at more of them, and does not know
/// gzip's older magic number.
pub(super) fn recognise(beginning: &[u8]) -> Option<Compression> {
    Some(match beginning.first_chunk()? {
        [0x1f, 0x8b | 0x9e] => Compression::Gzip,
        b"BZ" => Compression::Bzip2,
        [0x5d, 0] => Compression::Lzma,
        [0xfd, b'7'] => Compression::Xz,
        [0x89, b'L'] => Compression::Lzo,
        [0x02, 0x21] => Compression::Lz4,
        [0x28, 0xb5] => Compression::Zstd,
        _ => return None,
    })
}

/// The option of the kernel's configuration that lets it unpack such an initrd.
pub fn option(compression: Compression) -> &'static str {
    match compression {
        Compression::Gzip => "CONFIG_RD_GZIP",
        Compression::Bzip2 => "CONFIG_RD_BZIP2",
        Compression::Xz => "CONFIG_RD_XZ",
        Compression::Lzma => "CONFIG_RD_LZMA",
        Compression::Lzo => "CONFIG_RD_LZO",
        Compression::Lz4 => "CONFIG_RD_LZ4",
        Compression::Zstd => "CONFIG_RD_ZSTD",
    }
}

/// The first Linux that can unpack it, if it is configured.
pub fn since(compression: Compression) -> LinuxVersion {
    let (major, minor, patch) = match compression {
        Compression::Gzip => (2, 6, 0),
        Compression::Bzip2 | Compression::Lzma => (2, 6, 30),
        Compression::Lzo => (2, 6, 33),
        Compression::Xz => (2, 6, 38),
        Compression::Lz4 => (3, 11, 0),
        Compression::Zstd => (5, 9, 0),
    };
    LinuxVersion { major, minor, patch }
}
