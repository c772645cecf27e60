//! What a file is, by its first bytes and its name.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::domain_name::is_named_like_image;
use super::error::SeenKind;
use super::{Kind, prose};
use crate::config::Dialect;
use crate::release::Release;
use crate::toolstack::xapi;
use crate::xl::{Settings, SyntaxError, syntax};

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

/// The dialect of a text, by the first line that only one dialect has, with what belongs to it: English has the same words.
pub(super) fn guess_dialect(text: &[u8]) -> Option<Dialect> {
    let head = &text[..text.len().min(HEAD)];
    let lines: Vec<Line<'_>> = head.split(|&byte| byte == b'\n').map(Line::of).collect();
    let last_legacy = lines.iter().rposition(Line::is_of_legacy_entry);
    let last_extlinux = lines.iter().rposition(Line::is_of_extlinux_entry);
    lines.iter().enumerate().find_map(|(index, line)| match line.word.as_slice() {
        b"menuentry" | b"submenu" => line.opens_block().then_some(Dialect::Grub2),
        b"set" => line.assigns().then_some(Dialect::Grub2),
        b"linux" => line.names_file().then_some(Dialect::Grub2),
        b"insmod" => Some(Dialect::Grub2),
        b"title" => (last_legacy > Some(index)).then_some(Dialect::Legacy),
        b"label" => (last_extlinux > Some(index)).then_some(Dialect::Extlinux),
        _ => None,
    })
}

/// A line by its first word, in lower case, and the rest.
struct Line<'a> {
    word: Vec<u8>,
    rest: &'a [u8],
}

impl<'a> Line<'a> {
    fn of(line: &'a [u8]) -> Self {
        let line = line.trim_ascii();
        let end = line.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'=')).unwrap_or(line.len());
        Self { word: line[..end].to_ascii_lowercase(), rest: line[end..].trim_ascii() }
    }

    fn first_argument(&self) -> &'a [u8] {
        self.rest.split(u8::is_ascii_whitespace).next().unwrap_or_default()
    }

    /// `"title" {`, with one of the two.
    fn opens_block(&self) -> bool {
        self.rest.contains(&b'{') || matches!(self.rest.first(), Some(b'"' | b'\''))
    }

    /// `default=0`, `default = 0`, `default 0`.
    fn assigns(&self) -> bool {
        let name = self.first_argument();
        let after = self.rest[name.len()..].trim_ascii_start();
        name.contains(&b'=') || after.starts_with(b"=") || matches!(name, b"default" | b"timeout" | b"root")
    }

    /// A path as the first argument, or nothing but one argument.
    fn names_file(&self) -> bool {
        let file = self.first_argument();
        !file.is_empty()
            && (file.iter().any(|byte| matches!(byte, b'/' | b'(' | b'$')) || file.len() == self.rest.len())
    }

    fn is_of_legacy_entry(&self) -> bool {
        match self.word.as_slice() {
            b"kernel" | b"module" | b"configfile" => self.names_file(),
            b"root" => self.rest.starts_with(b"("),
            b"rootnoverify" | b"chainloader" | b"makeactive" => true,
            _ => false,
        }
    }

    fn is_of_extlinux_entry(&self) -> bool {
        match self.word.as_slice() {
            b"kernel" | b"linux" | b"com32" | b"config" => self.names_file(),
            b"localboot" => true,
            _ => false,
        }
    }
}

/// What a text is instead of what the caller says that it is. `None` if it may be that.
pub(super) fn seen_instead(text: &[u8], expected: Kind, release: Release) -> Option<SeenKind> {
    let is_binary = memchr::memchr(0, text).is_some();
    let is_xml = text.trim_ascii_start().starts_with(b"<");
    let is_other = match expected {
        Kind::Image | Kind::Directory | Kind::Config => false,
        Kind::Libvirt => !is_xml && !text.starts_with(b"\xef\xbb\xbf") && !text.starts_with(b"\xff\xfe"),
        Kind::Xapi => !xapi::has_fields(text) || is_binary,
        // A text of no kind is for xl to reject.
        Kind::Xl => {
            let is_known = || is_xml || xapi::is_record(text) || guess_dialect(text).is_some();
            is_binary || is_known() && syntax::parse(&text[..text.len().min(syntax::LIMIT)], release).is_err()
        }
    };
    if !is_other {
        return None;
    }
    Some(if text.is_empty() {
        SeenKind::Empty
    } else if is_binary {
        SeenKind::Binary
    } else if is_xml {
        SeenKind::Xml
    } else if xapi::is_record(text) {
        SeenKind::Known(Kind::Xapi)
    } else if guess_dialect(text).is_some() {
        SeenKind::Known(Kind::Config)
    } else if parsed_as_xl(text, release).is_some_and(|parsed| parsed.is_ok()) {
        SeenKind::Known(Kind::Xl)
    } else {
        SeenKind::Text
    })
}

/// What xl makes of a text, if that is a domain's configuration: one that xl can parse, with a name that only such a one has; or one
/// that xl cannot parse, with an assignment to such a name at the start of a line.
pub(super) fn parsed_as_xl(text: &[u8], release: Release) -> Option<Result<Settings, SyntaxError>> {
    const NAMES: [&str; 10] =
        ["disk", "bootloader", "memory", "maxmem", "vcpus", "vif", "builder", "on_crash", "on_reboot", "on_poweroff"];
    let error = match syntax::parse(&text[..text.len().min(syntax::LIMIT)], release) {
        Ok(settings) => {
            return NAMES.iter().any(|name| settings.get(name).is_some()).then_some(Ok(settings));
        }
        Err(error) => error,
    };
    // A word of a boot configuration says more than an assignment.
    let is_domain = guess_dialect(text).is_none()
        && !prose::outweighs_assignments(text)
        && text.split(|&byte| byte == b'\n').take(1000).any(|line| {
            let mut sides = line.splitn(2, |&byte| byte == b'=');
            let name = sides.next().unwrap_or_default().trim_ascii();
            sides.next().is_some() && NAMES.iter().any(|known| known.as_bytes() == name)
        });
    is_domain.then_some(Err(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dialects_are_guessed() {
        assert_eq!(guess_dialect(b"# x\nset default=0\n"), Some(Dialect::Grub2));
        assert_eq!(guess_dialect(b"default 0\n title T\n root (hd0,0)\n kernel /k ro\n"), Some(Dialect::Legacy));
        assert_eq!(guess_dialect(b"title T\nkernel vmlinuz\n"), Some(Dialect::Legacy));
        assert_eq!(guess_dialect(b"title Windows\n\trootnoverify (hd0,0)\n\tchainloader +1\n"), Some(Dialect::Legacy));
        assert_eq!(guess_dialect(b"DEFAULT x\nLABEL x\n  KERNEL vmlinuz\n"), Some(Dialect::Extlinux));
        assert_eq!(guess_dialect(b"menuentry 'A' {\n"), Some(Dialect::Grub2));
        assert_eq!(guess_dialect(b"hello\n"), None);
        let xl = |text: &[u8]| parsed_as_xl(text, Release::NEWEST).is_some();
        assert!(xl(b"name='x'\ndisk = ['a']\n") && xl(b"kernel = '/k'\n disk=[ 'a'\n"));
        assert!(!xl(b"default=0\ntimeout=5\n") && !xl(b"set default=0\nmemory=5\n") && !xl(b"# disk=\ndisks=1\n"));
    }
}
