//! What a file is that is not an initrd.

/// What it looks like, with an article; nothing where that is not known.
pub(super) fn looks_like(beginning: &[u8]) -> Option<&'static str> {
    let at = |offset: usize, magic: &[u8]| beginning.get(offset..).is_some_and(|rest| rest.starts_with(magic));
    Some(if at(0, b"hsqs") {
        "a squashfs filesystem"
    } else if at(0x438, b"\x53\xef") {
        "an ext filesystem"
    } else if at(0, b"-rom1fs-") {
        "a romfs filesystem"
    } else if at(0, b"\x45\x3d\xcd\x28") {
        "a cramfs filesystem"
    } else if at(0x202, b"HdrS") {
        "a kernel"
    } else if at(0, b"\x7fELF") {
        "an ELF file"
    } else if at(0, b"MZ") {
        "an EFI program"
    } else if at(257, b"ustar") {
        "a tar archive"
    } else if at(0, b"\xc7\x71") || at(0, b"\x71\xc7") {
        "a cpio archive in the old binary format (cpio -o without -H newc)"
    } else if at(0, b"\x04\x22\x4d\x18") {
        "lz4 in the frame that Linux does not unpack (lz4 without -l)"
    } else if beginning.len() > 3 && beginning[0] & 0xf0 == 0x50 && at(1, b"\x2a\x4d\x18") {
        "zstd that begins with a skippable frame, as pzstd writes it"
    } else if at(0, b"PK\x03\x04") {
        "a zip archive"
    } else if !beginning.is_empty()
        && beginning.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace())
    {
        "a text"
    } else {
        return None;
    })
}
