//! What a file is, by its first bytes and its name.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::domain_name::is_named_like_image;
use super::{Kind, prose};
use crate::config::Dialect;
use crate::release::Release;
use crate::xl::syntax;

/// How much of a file is looked at to detect what it is.
const HEAD: usize = 64 << 10;

/// A file with a NUL near its start, or without a byte, is a disk, and so is one that is named like an image; one that is named like a
/// configuration is one.
pub(super) fn detect_kind(path: &Path, file: &mut File) -> io::Result<Kind> {
    if path.file_name().and_then(|name| Dialect::from_file_name(name.to_str()?)).is_some() {
        return Ok(Kind::Config);
    }
    // Its first bytes are a guest's.
    if is_named_like_image(path) {
        return Ok(Kind::Image);
    }
    // Room for all of it, so that it is read at once.
    let mut head = Vec::with_capacity(HEAD);
    file.take(HEAD as u64).read_to_end(&mut head)?;
    io::Seek::rewind(file)?;
    // VMware's descriptor of a disk is a text.
    let describes_disk = head.starts_with(b"# Disk DescriptorFile");
    Ok(if head.is_empty() || describes_disk || memchr::memchr(0, &head).is_some() { Kind::Image } else { Kind::Config })
}

/// The dialect of a text, by the first word that only one dialect has.
pub(super) fn guess_dialect(text: &[u8]) -> Option<Dialect> {
    let head = &text[..text.len().min(HEAD)];
    head.split(|&byte| byte == b'\n').find_map(|line| {
        let line = line.trim_ascii();
        let word = line.split(|byte| matches!(byte, b' ' | b'\t' | b'=')).next().unwrap_or_default();
        match word.to_ascii_lowercase().as_slice() {
            b"menuentry" | b"submenu" | b"set" | b"linux" | b"insmod" => Some(Dialect::Grub2),
            b"title" => Some(Dialect::Legacy),
            b"label" => Some(Dialect::Extlinux),
            _ => None,
        }
    })
}

/// Whether a text is a domain's configuration: one that xl can parse, with a name that only such a one has; or one that xl cannot
/// parse, with an assignment to such a name at the start of a line.
pub(super) fn looks_like_xl(text: &[u8], release: Release) -> bool {
    const NAMES: [&str; 10] =
        ["disk", "bootloader", "memory", "maxmem", "vcpus", "vif", "builder", "on_crash", "on_reboot", "on_poweroff"];
    if let Ok(settings) = syntax::parse(&text[..text.len().min(syntax::LIMIT)], release) {
        return NAMES.iter().any(|name| settings.get(name).is_some());
    }
    // A word of a boot configuration says more than an assignment.
    guess_dialect(text).is_none()
        && !prose::outweighs_assignments(text)
        && text.split(|&byte| byte == b'\n').take(1000).any(|line| {
            let mut sides = line.splitn(2, |&byte| byte == b'=');
            let name = sides.next().unwrap_or_default().trim_ascii();
            sides.next().is_some() && NAMES.iter().any(|known| known.as_bytes() == name)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialects_are_guessed() {
        assert_eq!(guess_dialect(b"# x\nset default=0\n"), Some(Dialect::Grub2));
        assert_eq!(guess_dialect(b"default 0\n title T\n"), Some(Dialect::Legacy));
        assert_eq!(guess_dialect(b"DEFAULT x\nLABEL x\n"), Some(Dialect::Extlinux));
        assert_eq!(guess_dialect(b"hello\n"), None);
        let xl = |text: &[u8]| looks_like_xl(text, Release::NEWEST);
        assert!(xl(b"name='x'\ndisk = ['a']\n") && xl(b"kernel = '/k'\n disk=[ 'a'\n"));
        assert!(!xl(b"default=0\ntimeout=5\n") && !xl(b"set default=0\nmemory=5\n") && !xl(b"# disk=\ndisks=1\n"));
    }
}
