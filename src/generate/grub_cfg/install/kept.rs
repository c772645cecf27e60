//! What an installation must not remove: whatever pygrub could be asked for while the disk is as it was.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::time::{Duration, Instant};

use super::super::boot_disk::BootDisk;
use super::super::files::DIGITS;
use crate::boot::{self, fixed_kernels::FIXED_FILES};
use crate::config;
use crate::flavour::{Build, Flavour};
use crate::release::Release;
use crate::storage::beneath::Node;
use crate::storage::directory::Directory;
use crate::storage::filesystem::{Filesystem, OpenError};

/// How much of the old grub.cfg is read.
pub(super) const LONGEST: u64 = 16 << 20;
/// How much of a configuration is looked through for what it names: what pygrub reads today. What is longer keeps everything.
const LOOKED_THROUGH: u64 = 1 << 20;
/// How long the paths in all configurations may take to follow, which a guest can fill with links. What takes longer keeps everything.
const LONGEST_LOOK: Duration = Duration::from_secs(5);
/// How many names and paths of all configurations together are remembered. What has more keeps everything.
const MOST_NAMED: usize = 100_000;

/// The digits that the name of a copy begins with.
type Digits = [u8; DIGITS];

/// The files that some configuration of the boot disk names. No text is kept: they are as large as their guest likes.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// What stands in these texts before a `-` and looks like the digits of a copy.
    digits: BTreeSet<Digits>,
    /// Filesystem and number of what paths in these texts lead to, by links of the boot disk too.
    nodes: BTreeSet<(u64, u64)>,
    /// What could not be read, which may name anything.
    unread: Option<Unread>,
}

/// What may name any kernel.
#[derive(Clone, Copy, Debug)]
pub(super) enum Unread {
    /// A file that pygrub looks for, and that cannot be read.
    File(&'static str),
    /// A configuration that names a path which cannot be followed here: something on the way cannot be read, or is hidden by a mount.
    PathIn(&'static str),
}

/// As the beginning of a sentence.
impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "`{path}` of the boot disk cannot be read"),
            Self::PathIn(path) => write!(f, "`{path}` of the boot disk names a path that cannot be followed here"),
        }
    }
}

impl Kept {
    /// Reads every configuration that pygrub of any release and flavour looks for on the boot disk, not only the one that it chooses now: the
    /// next one may choose another, and so does a user who moves one aside.
    ///
    /// `sources` are files that are about to be copied, by filesystem and number: a guest's kernel may lie among the copies.
    pub(super) fn on(
        disk: &BootDisk,
        sources: BTreeSet<(u64, u64)>,
        go_on: &dyn Fn() -> io::Result<()>,
    ) -> io::Result<Self> {
        let prefix = disk.prefix.trim_start_matches('/');
        let directory = Directory::held(disk.root.clone())?.with_part(prefix.into(), disk.directory.clone());
        let started = Instant::now();
        let mut kept = Self { nodes: sources, ..Self::default() };
        for path in Flavour::ALL.into_iter().filter_map(Flavour::missing_kernel).chain(FIXED_FILES) {
            kept.follow(&directory, path.as_bytes(), Unread::File(path));
        }
        let mut seen = BTreeSet::new();
        for (path, dialect) in Release::lines().flat_map(boot::candidates) {
            if !seen.insert(path) {
                continue;
            }
            // It may be one of ours by its name, after a link. What is hidden here the disk boots all the same.
            if !kept.follow(&directory, path.as_bytes(), Unread::File(path)) {
                continue;
            }
            let text = match read(&directory, path) {
                Some(Ok(text)) => text,
                Some(Err(())) => {
                    kept.unread = Some(Unread::File(path));
                    continue;
                }
                // It was there a moment ago.
                None => {
                    kept.unread = Some(Unread::File(path));
                    continue;
                }
            };
            kept.digits.extend(digits_in(&text));
            let mut named = BTreeSet::new();
            for build in Build::all() {
                go_on()?;
                for entry in config::parse(dialect, &text, build).entries {
                    let files = [entry.kernel, entry.initrd].into_iter().flatten();
                    named.extend(files.map(|file| file.path.as_bytes().to_vec()));
                }
            }
            for path_named in named {
                go_on()?;
                if started.elapsed() > LONGEST_LOOK {
                    kept.unread = Some(Unread::PathIn(path));
                    break;
                }
                kept.follow(&directory, &path_named, Unread::PathIn(path));
            }
            if kept.digits.len().saturating_add(kept.nodes.len()) > MOST_NAMED {
                (kept.unread, kept.digits) = (Some(Unread::File(path)), BTreeSet::new());
            }
        }
        Ok(kept)
    }

    /// Keeps what a path leads to; everything, because of `otherwise`, where that is unknown. Returns whether it leads to something.
    fn follow(&mut self, directory: &Directory, path: &[u8], otherwise: Unread) -> bool {
        let Ok(node) = directory.node(path) else {
            self.unread = Some(otherwise);
            return false;
        };
        self.nodes.extend(node.map(|node| (node.device, node.inode)));
        node.is_some()
    }

    /// Whether a file among the kernels is named: one of [ours](super::kernels), by its digits.
    pub(super) fn names(&self, name: &str, node: &Node) -> bool {
        self.unread.is_some()
            || self.nodes.contains(&(node.device, node.inode))
            || digits_in(name.as_bytes()).any(|digits| self.digits.contains(&digits))
    }

    /// Whether some configuration leads to this file, or is this file.
    pub(super) fn holds(&self, node: &Node) -> bool {
        self.nodes.contains(&(node.device, node.inode))
    }

    /// Because of what nothing is removed.
    pub(super) fn unread(&self) -> Option<Unread> {
        self.unread
    }
}

/// What stands before a `-` and is as long as the digits of a copy, and may be such. Digits that others precede count, too.
fn digits_in(text: &[u8]) -> impl Iterator<Item = Digits> {
    memchr::memchr_iter(b'-', text).filter_map(|end| {
        let digits: Digits = text.get(end.checked_sub(DIGITS)?..end)?.try_into().ok()?;
        digits.iter().all(|byte| byte.is_ascii_digit() || byte.is_ascii_lowercase()).then_some(digits)
    })
}

/// The text of a configuration; nothing where there is none.
fn read(directory: &Directory, path: &str) -> Option<Result<Vec<u8>, ()>> {
    let file = match directory.open(path.as_bytes()) {
        Ok(file) => file,
        Err(OpenError::NotFound(_)) => return None,
        Err(OpenError::Unknown(_) | OpenError::Io(_)) => return Some(Err(())),
    };
    let Some(size) = usize::try_from(file.size()).ok().filter(|_| file.size() <= LOOKED_THROUGH) else {
        return Some(Err(()));
    };
    let mut text = vec![0; size];
    Some(match file.read_at(0, &mut text) {
        Ok(count) => {
            text.truncate(count);
            Ok(text)
        }
        Err(_) => Err(()),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::generate::grub_cfg::{RootDirectory, Search};

    #[test]
    fn digits_are_found_wherever_they_stand() {
        let ours = "0123456789abcdef0123456789abcdef";
        let of = |text: &str| digits_in(text.as_bytes()).count();
        assert_eq!((of(&format!("/kernels/{ours}-k")), of(&format!("x{ours}-k")), of(ours)), (1, 1, 0));
        assert_eq!((of(&format!("{}-k", ours.to_uppercase())), of("a-b"), of(&format!("{ours}-{ours}-"))), (0, 0, 2));
    }

    /// A process that renames the boot directory in the meantime does not choose what is read.
    #[test]
    fn the_boot_directory_is_the_one_that_is_held() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap();
        let name = |digit: &str| format!("{}-linux", digit.repeat(DIGITS));
        for (boot, digit) in [("guest/boot", "a"), ("other", "b")] {
            fs::create_dir_all(real.join(boot).join("grub")).unwrap();
            let text = format!("menuentry \"A\" {{\n  linux /boot/kernels/{}\n}}\n", name(digit));
            fs::write(real.join(boot).join("grub/grub.cfg"), text).unwrap();
        }
        let root = RootDirectory::new(real.join("guest"));
        let disk = BootDisk::find(&root, &real.join("guest/boot"), Some("/boot"), &Search::Never).unwrap();
        fs::rename(real.join("guest/boot"), real.join("aside")).unwrap();
        fs::rename(real.join("other"), real.join("guest/boot")).unwrap();
        let kept = Kept::on(&disk, BTreeSet::new(), &|| Ok(())).unwrap();
        let node = disk.directory.node(Path::new("grub")).unwrap();
        assert!(kept.names(&name("a"), &node) && !kept.names(&name("b"), &node));
        let error = disk.expect_in_place().unwrap_err().to_string();
        assert!(error.ends_with("guest/boot` was moved while pregrub was at work, or another directory has its name"));
    }
}
