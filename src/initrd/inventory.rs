//! What is looked for among the files of an initrd: /init, the driver for Xen's disks, and for which kernels it has modules.

use memchr::memmem;

use super::beside::names_driver;
use super::cpio::{Contents, CpioFileType, CpioHeader};

/// The driver for Xen's disks, as a module is named.
const DRIVER: &[u8] = b"xen-blkfront.ko";
/// How much of a path is kept.
const LONGEST_PATH: usize = 256;
/// How many kernels are named.
const MOST_KERNELS: usize = 8;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inventory {
    /// Entries, without the trailers.
    pub entries: u64,
    /// Whether there is an /init that can be started: a regular file that is executable, or a link.
    pub init: bool,
    /// The module for Xen's disks.
    pub driver: Option<String>,
    /// Whether a modules.builtin lists the driver for Xen's disks; `None` if there is no such file.
    pub built_in: Option<bool>,
    /// The kernels for which there are directories of modules, as `uname -r` prints them: the first few.
    pub kernels: Vec<String>,
    /// Modules.
    pub modules: u64,
    /// Microcode for the processor, which the kernel takes out before it unpacks anything.
    pub microcode: bool,
    /// Entries that the kernel does not create, since their headers are wrong.
    pub left_out: u64,
    /// In modules.builtin: the end of what came, since a name may be cut by pieces.
    reading: Option<Vec<u8>>,
}

impl Contents for Inventory {
    fn entry(&mut self, header: &CpioHeader, name: &[u8]) {
        self.entries = self.entries.saturating_add(1);
        self.reading = None;
        let path = plain(name);
        let kind = header.kind();
        if path == b"init" {
            self.init = kind == CpioFileType::Link || kind == CpioFileType::Regular && header.mode & 0o111 != 0;
        }
        let base = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if let Some(kernel) = kernel_of(path)
            && self.kernels.len() < MOST_KERNELS
            && !self.kernels.contains(&kernel)
        {
            self.kernels.push(kernel);
        }
        if kind != CpioFileType::Regular {
            return;
        }
        if let Some((module, b"" | b".gz" | b".xz" | b".zst" | b".bz2" | b".lzma")) =
            memmem::find(base, b".ko").and_then(|at| base.split_at_checked(at.saturating_add(3)))
        {
            self.modules = self.modules.saturating_add(1);
            let name: Vec<u8> = module.iter().map(|byte| if *byte == b'_' { b'-' } else { *byte }).collect();
            if name == DRIVER {
                self.driver.get_or_insert(String::from_utf8_lossy(&path[..path.len().min(LONGEST_PATH)]).into_owned());
            }
        }
        if base == b"modules.builtin" {
            self.built_in.get_or_insert(false);
            self.reading = Some(Vec::new());
        }
        self.microcode |= path.starts_with(b"kernel/x86/microcode/");
    }

    fn data(&mut self, piece: &[u8]) {
        let Some(tail) = &mut self.reading else { return };
        // The name may begin in one piece and end in the next.
        tail.extend_from_slice(&piece[..piece.len().min(DRIVER.len())]);
        if names_driver(tail) || names_driver(piece) {
            self.built_in = Some(true);
            self.reading = None;
            return;
        }
        if let Some(end) = piece.last_chunk::<{ DRIVER.len() }>() {
            tail.clear();
            tail.extend_from_slice(end);
        } else {
            const KEPT: usize = 2 * DRIVER.len();
            let cut = tail.len().saturating_sub(KEPT);
            tail.drain(..cut);
        }
    }

    fn left_out(&mut self, _: &CpioHeader) {
        self.left_out = self.left_out.saturating_add(1);
        self.reading = None;
    }

    fn trailer(&mut self) {
        self.reading = None;
    }
}

/// A name without what does not count: `/`, `./` in front.
fn plain(mut name: &[u8]) -> &[u8] {
    loop {
        name = match name {
            [b'/', rest @ ..] | [b'.', b'/', rest @ ..] => rest,
            _ => return name,
        };
    }
}

/// `6.1.0-56-amd64` of `usr/lib/modules/6.1.0-56-amd64/modules.dep`.
fn kernel_of(path: &[u8]) -> Option<String> {
    const DIRECTORY: &[u8] = b"lib/modules/";
    let at = memmem::find(path, DIRECTORY)?;
    if path[..at].last().is_some_and(|&byte| byte != b'/') {
        return None;
    }
    let kernel = path[at..][DIRECTORY.len()..].split(|byte| *byte == b'/').next().filter(|name| !name.is_empty())?;
    let known = kernel.first().is_some_and(u8::is_ascii_digit) && kernel.len() <= 64 && kernel.is_ascii();
    known.then(|| String::from_utf8_lossy(kernel).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::initrd::cpio::CpioFormat;

    fn regular(size: u32) -> CpioHeader {
        CpioHeader { format: CpioFormat::Newc, mode: 0o100_644, size, name_length: 1, sum: 0 }
    }

    #[test]
    fn finds_the_driver() {
        for path in [
            "usr/lib/modules/6.1.0/kernel/drivers/block/xen-blkfront.ko",
            "./lib/modules/6.12/kernel/drivers/block/xen-blkfront.ko.xz",
            "nix/store/abc-linux-6.6-modules-shrunk/lib/modules/6.6.1/kernel/drivers/block/xen-blkfront.ko.zst",
        ] {
            let mut inventory = Inventory::default();
            inventory.entry(&regular(1), path.as_bytes());
            assert!(inventory.driver.is_some() && inventory.kernels.len() == 1, "{path}: {inventory:?}");
        }
        let mut inventory = Inventory::default();
        inventory.entry(&regular(1), b"etc/xen-blkfront.ko.conf");
        assert_eq!((inventory.driver, inventory.modules), (None, 0));
    }

    #[test]
    fn a_name_may_be_cut_anywhere() {
        let text = b"kernel/fs/ext4/ext4.ko\nkernel/drivers/block/xen-blkfront.ko\nkernel/lib/crc.ko\n";
        for first in 0..text.len() {
            for second in [1, 3, 20, text.len()] {
                let mut inventory = Inventory::default();
                inventory.entry(&regular(text.len() as u32), b"lib/modules/6.1/modules.builtin");
                let (a, rest) = text.split_at(first);
                let (b, c) = rest.split_at(second.min(rest.len()));
                for piece in [a, b, c] {
                    inventory.data(piece);
                }
                assert_eq!(inventory.built_in, Some(true), "{first} {second}");
            }
        }
    }
}
