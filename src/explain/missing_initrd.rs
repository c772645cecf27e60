//! An initrd that is not there: the command that makes it in the guest, and the version of the kernel in its name.

use std::fmt;

/// The command that makes the initrd at a path, by the form of its name. Displayed as it is typed.
pub(super) struct MadeBy<'a>(pub &'a str);

impl fmt::Display for MadeBy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.rsplit('/').next().unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '~');
        match version(name).filter(|version| version.contains('.') && version.chars().all(plain)) {
            Some(version) if name.starts_with("initrd.img-") => write!(f, "update-initramfs -c -k {version}"),
            Some(version) if name.starts_with("initramfs-") || name.starts_with("initrd-") => {
                write!(f, "dracut --kver {version}")
            }
            None if name.starts_with("initramfs-linux") => f.write_str("mkinitcpio -P"),
            None if name.starts_with("initramfs-virt") || name.starts_with("initramfs-lts") => f.write_str("mkinitfs"),
            _ => f.write_str("update-initramfs -c -k VERSION, dracut --kver VERSION, mkinitcpio -P"),
        }
    }
}

/// The version of the kernel in the name of an initrd or a kernel. `None` if there is no digit in it.
fn version(name: &str) -> Option<&str> {
    let start = name.find(|c: char| c.is_ascii_digit())?;
    let mut version = &name[start..];
    while let Some(shorter) = [".img", ".gz", ".xz", ".zst"].iter().find_map(|ending| version.strip_suffix(ending)) {
        version = shorter;
    }
    Some(version)
}

/// Whether both names have the version of a kernel, and not the same one. What an editor or a package manager appends does not
/// count: `6.1.0.old` is 6.1.0.
pub(super) fn is_other_version(one: &str, other: &str) -> bool {
    let of = |path| version(str::rsplit(path, '/').next().unwrap_or_default());
    let (Some(one), Some(other)) = (of(one), of(other)) else { return false };
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let appended = long.strip_prefix(short).is_some_and(|rest| {
        let mut rest = rest.chars();
        matches!(rest.next(), None | Some('.' | '~')) && !rest.next().is_some_and(|c| c.is_ascii_digit())
    });
    !appended
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_by_names() {
        for (path, want) in [
            ("/boot/initrd.img-6.1.0-18-amd64", "update-initramfs -c -k 6.1.0-18-amd64"),
            ("/initramfs-6.5.6-300.fc39.x86_64.img", "dracut --kver 6.5.6-300.fc39.x86_64"),
            ("/boot/initrd-5.14.21-default", "dracut --kver 5.14.21-default"),
            ("/boot/initramfs-linux.img", "mkinitcpio -P"),
            ("/boot/initramfs-virt", "mkinitfs"),
        ] {
            assert_eq!(MadeBy(path).to_string(), want);
        }
        for path in ["/initrd.gz", "/initrd.img-6.1 $x", "/i0"] {
            assert!(MadeBy(path).to_string().contains("VERSION"), "{path}");
        }
    }

    #[test]
    fn what_is_appended_is_no_version() {
        for (one, other, want) in [
            ("/boot/initrd.img-6.1.0-18", "/boot/initrd.img-6.1.0-17", true),
            ("/initrd.img-6.1.0", "/initrd.img-6.1.0-18", true),
            ("/initrd.img-6.1", "/initrd.img-6.1.5", true),
            ("/initrd.img-6.1.0-18", "/initrd.img-6.1.0-18.new", false),
            ("/initrd.img-6.1.0-18", "/initrd.img-6.1.0-18~", false),
            ("/initramfs-6.1.img", "/initrd.img-6.1", false),
            ("/initrd.gz", "/initrd.img-6.1", false),
        ] {
            assert_eq!((is_other_version(one, other), is_other_version(other, one)), (want, want), "{one} {other}");
        }
    }
}
