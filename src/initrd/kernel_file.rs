//! The release that a kernel's file says: the version in the header of a bzImage.

/// How much of the beginning of a kernel is looked at.
pub(crate) const BEGINNING: usize = 64 * 1024;

/// Its release, as `uname -r` prints it, by the first bytes of the file. `None` if it is not a bzImage for x86 or names none.
///
/// Source: Linux's boot protocol for x86, `kernel_version` at 0x20e.
pub(crate) fn release(beginning: &[u8]) -> Option<String> {
    (beginning.get(0x202..0x206)? == b"HdrS").then_some(())?;
    let at = u16::from_le_bytes([*beginning.get(0x20e)?, *beginning.get(0x20f)?]);
    if at == 0 {
        return None;
    }
    let text = beginning.get(usize::from(at) + 0x200..)?;
    let end = text.iter().take(128).position(|byte| matches!(byte, 0 | b' '))?;
    let release = std::str::from_utf8(&text[..end]).ok()?;
    // It becomes a part of the names of files.
    let plausible = release.starts_with(|c: char| c.is_ascii_digit())
        && release.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'/');
    plausible.then(|| release.to_owned())
}

#[cfg(test)]
mod tests {
    use super::release;

    #[test]
    fn reads_the_header() {
        let mut kernel = vec![0; 0x1000];
        kernel[0x202..0x206].copy_from_slice(b"HdrS");
        kernel[0x20e..0x210].copy_from_slice(&0x300u16.to_le_bytes());
        kernel[0x500..0x517].copy_from_slice(b"6.1.0-56 (builder) #1 S");
        assert_eq!(release(&kernel).as_deref(), Some("6.1.0-56"));
        kernel[0x503] = b'/';
        assert_eq!(release(&kernel), None);
        kernel[0x20e..0x210].copy_from_slice(&0xffffu16.to_le_bytes());
        assert_eq!(release(&kernel), None);
        assert_eq!(release(b"no kernel"), None);
    }
}
