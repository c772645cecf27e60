//! Which targets may be a domain where nobody says so with `--as`.
//!
//! A domain has disks of the host opened, and a guest writes its own boot configuration and its own disk. What is named like one of
//! these is not a domain, whatever its text says.

use std::path::Path;

use memchr::memchr;

/// The names of boot configurations, in lower case: those that pygrub looks for, and those of other bootloaders.
const CONFIGURATIONS: [&str; 17] = [
    "grub.cfg",
    "grub2.cfg",
    "grub.conf",
    "grubenv",
    "menu.lst",
    "extlinux.conf",
    "syslinux.cfg",
    "isolinux.cfg",
    "pxelinux.cfg",
    "lilo.conf",
    "elilo.conf",
    "yaboot.conf",
    "limine.cfg",
    "limine.conf",
    "refind.conf",
    "loader.conf",
    "loopback.cfg",
];

/// Directories in which boot configurations are.
const DIRECTORIES: [&str; 9] =
    ["boot", "grub", "grub2", "extlinux", "syslinux", "isolinux", "pxelinux.cfg", "loader", "entries"];

/// The endings of images and of what they are packed in.
const IMAGES: [&str; 35] = [
    "img", "raw", "image", "disk", "dd", "hdd", "qcow", "qcow2", "qcow3", "qed", "vmdk", "vdi", "vhd", "vhdx", "avhd",
    "avhdx", "iso", "bin", "wic", "ova", "dmg", "ext2", "ext3", "ext4", "xfs", "btrfs", "squashfs", "gz", "xz", "zst",
    "bz2", "lz4", "lzo", "lzma", "zip",
];

/// The endings of domains.
const DOMAINS: [&str; 7] = ["cfg", "conf", "xml", "json", "xl", "pv", "hvm"];

/// A file without such an ending is a domain only if it is shorter than any disk.
const SHORTEST_DISK: usize = 64 << 10;

/// Whether a file is named like an image.
pub(super) fn is_named_like_image(path: &Path) -> bool {
    ending(path).is_some_and(|ending| IMAGES.contains(&ending.as_str()))
}

/// Whether a text may be a domain without the caller's word: it is not named like a boot configuration or an image, has no NUL and
/// none of the commands of a boot configuration.
pub(crate) fn may_be_domain(path: &Path, text: &[u8]) -> bool {
    (path == Path::new("-") || is_free_name(path, text.len())) && memchr(0, text).is_none() && !has_boot_commands(text)
}

fn is_free_name(path: &Path, length: usize) -> bool {
    let Some(name) = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()) else { return false };
    let directory = path.parent().and_then(Path::file_name);
    if directory.is_some_and(|directory| DIRECTORIES.iter().any(|known| directory.eq_ignore_ascii_case(known))) {
        return false;
    }
    // `web1-grub.cfg`, `.grub.cfg.new`, but not `pygrub.cfg`.
    let has = |known: &str| {
        name.match_indices(known).any(|(at, _)| !name.as_bytes()[..at].last().is_some_and(u8::is_ascii_alphanumeric))
    };
    if CONFIGURATIONS.into_iter().any(has) {
        return false;
    }
    if ending(path).is_some_and(|ending| DOMAINS.contains(&ending.as_str())) {
        return true;
    }
    // `disk.img.bak` is an image, too.
    length < SHORTEST_DISK && !name.split('.').skip(1).any(|part| IMAGES.contains(&part))
}

fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// Whether a line has a command of GRUB, GRUB Legacy or SYSLINUX. Sentences may stand in XML: there an English word does not count.
fn has_boot_commands(text: &[u8]) -> bool {
    const COMMANDS: [&[u8]; 6] = [b"menuentry", b"submenu", b"insmod", b"chainloader", b"configfile", b"load_env"];
    const WORDS: [&[u8]; 16] = [
        b"set",
        b"search",
        b"linux",
        b"linux16",
        b"linuxefi",
        b"initrd",
        b"initrd16",
        b"initrdefi",
        b"title",
        b"label",
        b"default",
        b"timeout",
        b"kernel",
        b"append",
        b"root",
        b"module",
    ];
    let is_xml = text.trim_ascii_start().starts_with(b"<");
    text.split(|&byte| byte == b'\n').any(|line| {
        let line = line.trim_ascii();
        let Some(end) = line.iter().position(|byte| matches!(byte, b' ' | b'\t')) else { return false };
        let (word, rest) = line.split_at(end);
        // `kernel = "/k"` assigns.
        let rest = rest.trim_ascii_start();
        let known = |list: &[&[u8]]| list.iter().any(|known| word.eq_ignore_ascii_case(known));
        !rest.starts_with(b"=") && !rest.starts_with(b"+=") && (known(&COMMANDS) || !is_xml && known(&WORDS))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide() {
        let may = |name: &str| may_be_domain(Path::new(name), b"disk = [ 'a' ]\n");
        for name in
            ["-", "web1", "/etc/xen/web1", "web1.cfg", "web1.xml", "pygrub.cfg", "vm.json", "web1.img.cfg", "a.txt"]
        {
            assert!(may(name), "{name}");
        }
        for name in [
            "grub.cfg",
            "GRUB.CFG",
            "/x/menu.lst",
            "menu.lst.bak",
            ".grub.cfg.new",
            "web1-grub.cfg",
            "syslinux.cfg",
            "boot/custom.cfg",
            "/b/loader/entries/a.conf",
            "a.img",
            "a.RAW",
            "a.img.bak",
            "a.iso",
            "a.raw.gz",
            "..",
        ] {
            assert!(!may(name), "{name}");
        }
        assert!(is_named_like_image(Path::new("a.QCOW2")) && !is_named_like_image(Path::new("img")));
    }

    #[test]
    fn the_text_decides() {
        let may = |name: &str, text: &[u8]| may_be_domain(Path::new(name), text);
        assert!(!may("a.cfg", b"disk = [ 'a' ]\n\0") && !may("-", b"disk=a\n\tmenuentry 'A' {\n"));
        assert!(!may("-", b"title A\n") && !may("-", b"LABEL x\n") && may("-", b"kernel = '/k'\nroot\t='/dev/x'\n"));
        assert!(may("-", b"<domain>\n<description>\ndefault guest\n") && !may("-", b"<domain>\nsubmenu 'A' {\n"));
        let long = [b' '; SHORTEST_DISK];
        assert!(!may("web1", &long) && may("web1.cfg", &long) && may("web1", &long[1..]));
    }
}
