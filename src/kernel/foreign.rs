//! What a file is that no loader of libxenguest takes.

use crate::decompress::Compression;

/// Something that is not a kernel for the domain builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A unified kernel image: a program for UEFI with a kernel, an initrd and a command line inside.
    UnifiedKernelImage,
    /// A kernel packed into a program for UEFI (CONFIG_EFI_ZBOOT).
    EfiZboot,
    /// Another program for UEFI or Windows.
    Pe,
    /// A compressed file, which only gzip's is unpacked of.
    Compressed(Compression),
    /// The archive of an initrd.
    Cpio,
    /// A script.
    Script,
    /// Text.
    Text,
    /// Zeros only, as far as was looked.
    Zeros,
    /// Nothing at all.
    Empty,
    /// Nothing that is known.
    Unknown,
}

impl Foreign {
    /// What a file that begins with `head` is.
    pub(super) fn recognise(head: &[u8]) -> Self {
        if head.is_empty() {
            return Self::Empty;
        }
        if let Some(compression) = Compression::of(head) {
            return Self::Compressed(compression);
        }
        if head.starts_with(b"\x04\x22\x4d\x18") {
            return Self::Compressed(Compression::Lz4);
        }
        if head.starts_with(b"070701") || head.starts_with(b"070702") {
            return Self::Cpio;
        }
        if head.starts_with(b"MZ") {
            if head.get(4..8) == Some(b"zimg") {
                return Self::EfiZboot;
            }
            return if has_section(head, b".linux") { Self::UnifiedKernelImage } else { Self::Pe };
        }
        if head.starts_with(b"#!") {
            return Self::Script;
        }
        if head.iter().all(|&byte| byte == 0) {
            return Self::Zeros;
        }
        let start = &head[..head.len().min(4096)];
        let text = start.iter().all(|&byte| byte >= 0x20 && byte != 0x7f || matches!(byte, b'\t' | b'\n' | b'\r'));
        if text { Self::Text } else { Self::Unknown }
    }

    /// What it is, with its article.
    pub fn title(self) -> &'static str {
        match self {
            Self::UnifiedKernelImage => "a unified kernel image for UEFI",
            Self::EfiZboot => "a kernel packed for UEFI (EFI zboot)",
            Self::Pe => "a program for UEFI",
            Self::Compressed(Compression::Gzip) => "a gzip file",
            Self::Compressed(Compression::Bzip2) => "a bzip2 file",
            Self::Compressed(Compression::Xz) => "an xz file",
            Self::Compressed(Compression::Lzma) => "an LZMA file",
            Self::Compressed(Compression::Lzo) => "an lzop file",
            Self::Compressed(Compression::Lz4) => "an lz4 file",
            Self::Compressed(Compression::Zstd) => "a zstd file",
            Self::Cpio => "a cpio archive, as an initrd is",
            Self::Script => "a script",
            Self::Text => "a text file",
            Self::Zeros => "a file of zeros",
            Self::Empty => "an empty file",
            Self::Unknown => "not a kernel in any format that Xen knows",
        }
    }
}

/// Whether the table of sections of a PE file has one of this name.
fn has_section(head: &[u8], name: &[u8]) -> bool {
    let word =
        |bytes: &[u8], at: usize| bytes.get(at..)?.first_chunk().map(|word| usize::from(u16::from_le_bytes(*word)));
    let table = || {
        let header = head.get(word(head, 0x3c)? | word(head, 0x3e)? << 16..)?;
        header.starts_with(b"PE\0\0").then_some(())?;
        let (sections, optional) = (word(header, 6)?, word(header, 20)?);
        Some((header.get(24..)?.get(optional..)?, sections))
    };
    let Some((sections, count)) = table() else { return false };
    sections.chunks(40).take(count.min(96)).any(|section| {
        let section = section.get(..8);
        section.is_some_and(|section| section.starts_with(name) && section[name.len()..].iter().all(|&byte| byte == 0))
    })
}
