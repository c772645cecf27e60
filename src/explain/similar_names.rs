//! Which names in a directory look like one that is missing: another version of the same kernel, another generation's initrd.

use std::cmp::{Ordering, Reverse};

use crate::boot::Purpose;

/// How long the hash is that NixOS writes in front of a name, with the `-` after it.
const NIX_HASH: usize = 33;

/// Looks for names like one.
pub(crate) struct Neighbours<'a> {
    purpose: Purpose,
    /// The name that is missing.
    name: &'a str,
}

impl<'a> Neighbours<'a> {
    /// Names like the last part of the path `missing`, which is to be a kernel or an initrd.
    pub(crate) fn of(purpose: Purpose, missing: &'a str) -> Self {
        Self { purpose, name: missing.rsplit('/').next().unwrap_or(missing) }
    }

    /// Those of `names` that look like it, the best first: the same name in other letters, then what has the most in common
    /// with it, and among equals the newest version.
    pub(crate) fn among<'b>(&self, names: &'b [Vec<u8>]) -> Vec<&'b str> {
        /// How many are worth a look whether they are files.
        const MOST: usize = 8;
        let names = names.iter().filter_map(|name| std::str::from_utf8(name).ok());
        let mut alike: Vec<&str> = names.filter(|name| *name != self.name && self.is_alike(name)).collect();
        let rank = |name: &str| {
            let bare = without_hash(name);
            let beginning = bare.bytes().zip(without_hash(self.name).bytes()).take_while(|(a, b)| a == b).count();
            Reverse((name.eq_ignore_ascii_case(self.name), beginning))
        };
        alike.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| by_version(without_hash(b), without_hash(a))));
        alike.truncate(MOST);
        alike
    }

    fn is_alike(&self, name: &str) -> bool {
        if name.eq_ignore_ascii_case(self.name) {
            return true;
        }
        match (role(self.name), role(name)) {
            // A file may be called a kernel's name and be meant for the initrd.
            (Some(own), Some(theirs)) => own == theirs && own == self.purpose,
            // Half of the words of both, and more, are the same.
            (None, None) => {
                let (own, theirs) = (words(self.name), words(name));
                let common = own.iter().filter(|word| theirs.contains(word)).count();
                common > 0 && 2 * common >= own.len() + theirs.len() - common
            }
            _ => false,
        }
    }
}

/// What a name is that kernels and initrds have in distributions.
fn role(name: &str) -> Option<Purpose> {
    let name = without_hash(name).to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["initrd", "initramfs"]) {
        Some(Purpose::Ramdisk)
    } else if has(&["vmlinu", "bzimage", "zimage"]) || name.starts_with("kernel") || name.starts_with("linux-") {
        Some(Purpose::Kernel)
    } else {
        None
    }
}

/// The name without the hash of the Nix store.
fn without_hash(name: &str) -> &str {
    match name.split_at_checked(NIX_HASH) {
        Some((hash, rest))
            if hash.bytes().rev().skip(1).all(|byte| byte.is_ascii_alphanumeric()) && hash.ends_with('-') =>
        {
            rest
        }
        _ => name,
    }
}

/// Its words of three letters and more, in lower case.
fn words(name: &str) -> Vec<String> {
    let words = without_hash(name).split(|c: char| !c.is_ascii_alphabetic());
    words.filter(|word| word.len() >= 3).map(str::to_ascii_lowercase).collect()
}

/// Compares two names with the numbers in them compared as numbers.
fn by_version(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let number = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let order = match (number(a), number(b)) {
            (0, _) | (_, 0) => match (a.split_first(), b.split_first()) {
                (Some((x, rest_a)), Some((y, rest_b))) => {
                    (a, b) = (rest_a, rest_b);
                    x.cmp(y)
                }
                _ => return a.len().cmp(&b.len()),
            },
            (m, n) => {
                let (x, rest_a) = a.split_at(m);
                let (y, rest_b) = b.split_at(n);
                (a, b) = (rest_a, rest_b);
                let plain = |digits: &[u8]| digits.iter().position(|byte| *byte != b'0').unwrap_or(digits.len());
                let (x, y) = (&x[plain(x)..], &y[plain(y)..]);
                x.len().cmp(&y.len()).then_with(|| x.cmp(y))
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(purpose: Purpose, missing: &str, names: &[&str]) -> Option<String> {
        let names: Vec<Vec<u8>> = names.iter().map(|name| name.as_bytes().to_vec()).collect();
        Neighbours::of(purpose, missing).among(&names).first().map(|name| (*name).to_owned())
    }

    #[test]
    fn the_newest_of_the_versions_that_come_nearest() {
        let names = [
            "config-6.1.0-18-amd64",
            "initrd.img-6.1.0-18-amd64",
            "vmlinuz-6.1.0-9-amd64",
            "vmlinuz-6.1.0-18-amd64",
            "vmlinuz-6.1.0-17-amd64",
            "vmlinuz-5.10.0-30-amd64",
            "System.map-6.1.0-18-amd64",
        ];
        let kernel = best(Purpose::Kernel, "/boot/vmlinuz-6.1.0-13-amd64", &names);
        assert_eq!(kernel.as_deref(), Some("vmlinuz-6.1.0-18-amd64"));
        let initrd = best(Purpose::Ramdisk, "/initrd.img-6.1.0-13-amd64", &names);
        assert_eq!(initrd.as_deref(), Some("initrd.img-6.1.0-18-amd64"));
    }

    #[test]
    fn generations_and_spellings() {
        let hash = "00000000000000000000000000000000";
        let (kernel, initrd) = (format!("{hash}-linux-6.6.33-bzImage"), format!("{hash}-initrd-linux-6.6.33-initrd"));
        let names = [initrd.as_str(), kernel.as_str()];
        let other = "/kernels/abcdefghijklmnopqrstuvwxyz012345-linux-6.6.40-bzImage";
        assert_eq!(best(Purpose::Kernel, other, &names), Some(kernel.clone()));
        assert_eq!(best(Purpose::Kernel, "/vmlinux", &["initrd.img", "vmlinuz"]).as_deref(), Some("vmlinuz"));
        assert_eq!(best(Purpose::Ramdisk, "/initrd.gz", &["initrd.img", "vmlinuz"]).as_deref(), Some("initrd.img"));
        assert_eq!(best(Purpose::Kernel, "/memtest", &["memtest.bin", "vmlinuz"]).as_deref(), Some("memtest.bin"));
        assert_eq!(best(Purpose::Kernel, "/k", &["k0", "vmlinuz", "grub"]), None);
        assert_eq!(best(Purpose::Kernel, "/K", &["a", "k"]).as_deref(), Some("k"));
    }

    #[test]
    fn versions_count_as_numbers() {
        assert_eq!(by_version("a-9", "a-10"), Ordering::Less);
        assert_eq!(by_version("a-010", "a-10"), Ordering::Equal);
        assert_eq!(by_version("a-10.1", "a-10"), Ordering::Greater);
        assert_eq!(by_version("a-1", "b-0"), Ordering::Less);
    }
}
