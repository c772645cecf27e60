//! What is at an offset, by its superblock or magic number: so that pregrub can say "this is btrfs, and pygrub cannot read
//! it" where no driver mounts, and "unknown" where one of pygrub's drivers that pregrub has not might.
//!
//! The table of magic numbers is `magic`. What needs a closer look has a file with a `probe`; the formats that pygrub has a
//! plugin for and pregrub no driver also have a `may_mount`, which `PLUGINS` lists.

mod conversion;
mod ext;
mod fat;
mod format;
mod head;
mod iso9660;
mod kernel;
mod magic;
mod md;
mod minix;
mod partition_table;
mod reiserfs;
mod swap;
mod udf;
mod ufs;
mod xfs;
mod zfs;

use std::io;

pub(crate) use conversion::conversion;
pub use format::Format;
use head::Head;
use magic::ROWS;

use super::source::Volume;

/// Whether pygrub reads what was identified.
///
/// Measured with libxenfsimage 4.17 (tests/storage/identify.rs). A refusal is about the format that was identified: where
/// the remains of another one are left on the disk, [`might_be_accepted`] names its plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// A plugin of pygrub mounts it. pregrub may have no driver for it.
    PygrubReads {
        /// The plugin's name: `ext2fs-lib`, `fat`, `iso9660`, `reiserfs`, `ufs`, `xfs`.
        plugin: &'static str,
    },
    /// No plugin mounts it.
    PygrubRefuses {
        /// A clause without a full stop.
        why: &'static str,
        /// The way out, as an imperative without a full stop.
        instead: &'static str,
    },
    /// A plugin might mount it, depending on what pregrub does not look at or on the release.
    Unknown {
        /// A clause without a full stop.
        why: &'static str,
    },
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identified {
    /// The format.
    pub format: Format,
    /// What else is known of it: `version 5 (crc=1)`, `FAT16`. May be empty.
    pub detail: String,
    /// The optional features that it was made with and that keep pygrub away, as its own tools spell them: `bigalloc`, `crc=1`.
    pub refused_features: Vec<String>,
    support: Support,
}

impl Identified {
    /// Whether pygrub reads it.
    pub fn support(&self) -> Support {
        self.support
    }

    fn with_refused_features(mut self, features: Vec<String>) -> Self {
        self.refused_features = features;
        self
    }

    fn readable(format: Format, detail: impl Into<String>, plugin: &'static str) -> Self {
        Self { format, detail: detail.into(), refused_features: Vec::new(), support: Support::PygrubReads { plugin } }
    }

    fn refused(format: Format, detail: impl Into<String>, why: &'static str, instead: &'static str) -> Self {
        Self {
            format,
            detail: detail.into(),
            refused_features: Vec::new(),
            support: Support::PygrubRefuses { why, instead },
        }
    }

    fn unknown(format: Format, detail: impl Into<String>, why: &'static str) -> Self {
        Self { format, detail: detail.into(), refused_features: Vec::new(), support: Support::Unknown { why } }
    }

    /// A filesystem that pygrub has no plugin for.
    fn no_driver(format: Format, detail: impl Into<String>) -> Self {
        Self::refused(format, detail, "pygrub has no driver for it", EXT4_BOOT)
    }

    /// A disk image format: pygrub treats the file as the disk itself.
    fn container(format: Format, detail: impl Into<String>) -> Self {
        Self::refused(format, detail, "pygrub reads raw disk images only", conversion::instead(format))
    }
}

/// How /boot comes to a filesystem of its own, step by step.
macro_rules! move_boot {
    ($where:literal) => {
        concat!(
            $where,
            ": make one (mkfs.ext4 on a partition, or on a disk that the domain lists first), copy what is in /boot into its root directory, \
             mount it on /boot by a line in the guest's /etc/fstab (UUID=... /boot ext4 defaults 0 2), and then write the menu again in the \
             guest: update-grub, grub2-mkconfig -o /boot/grub2/grub.cfg, or nixos-rebuild boot with fileSystems.\"/boot\""
        )
    };
}
pub(crate) use move_boot;

/// The way out for filesystems.
pub(crate) const EXT4_BOOT: &str = move_boot!("put /boot on an ext4 filesystem of its own");
/// The way out for what holds no files.
const OTHER_DISK: &str = "let the disk with the guest's /boot come first in the domain's configuration";
/// The way out for disks of other systems.
const HVM: &str = "if another system than Linux boots from it (Windows, macOS), make it an HVM guest: type = \"hvm\", and no bootloader; \
                   the /boot of Linux belongs on an ext4 filesystem";
/// The way out for disks of a BSD.
const BSD: &str = "a BSD boots without pygrub: make it an HVM guest (type = \"hvm\", and no bootloader), or copy its kernel to the host and \
                   name it with kernel= in the domain's configuration, without a bootloader";
/// The way out for layers between the partition and the filesystem.
const PLAIN_BOOT: &str = move_boot!("put /boot on a plain ext4 filesystem of its own");

type MayMount = fn(&Head<'_>) -> io::Result<bool>;

/// pygrub's plugins for which pregrub has no driver, by the names they give themselves.
const PLUGINS: &[(&str, MayMount)] = &[("zfs", zfs::may_mount)];

/// Says what starts at the volume's offset, or nothing where no format is recognised (zeros, text, encrypted data without a header).
///
/// Reads 68 KiB and a few bytes more. What stands at the end of a partition is not looked at: an md member with metadata 0.90
/// or 1.0 and a fixed VHD are what stands at their start, for pygrub too.
///
/// # Errors
///
/// Where the disk cannot be read.
pub fn identify(volume: &Volume) -> io::Result<Option<Identified>> {
    let head = Head::read(volume)?;
    for row in ROWS {
        if let Some(found) = row.probe(&head)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Which of pygrub's plugins that pregrub has no driver for might mount the volume, in alphabetical order.
///
/// Nothing is left out that a plugin of 4.17 mounts, nor, as far as the change log says, one of another release. One that
/// is named may still refuse: `zfs` reads half a pool.
///
/// # Errors
///
/// Where the disk cannot be read.
pub fn might_be_accepted(volume: &Volume) -> io::Result<Vec<&'static str>> {
    // They read a few bytes in other places.
    let head = Head::unread(volume);
    let mut names = Vec::new();
    for (name, may_mount) in PLUGINS {
        if may_mount(&head)? {
            names.push(*name);
        }
    }
    Ok(names)
}
