//! Which filesystem may hold `/boot`: what pygrub's library reads, of what `mkfs` makes today.

use super::refusal::Refusal;
use crate::escape::escaped;

/// A filesystem that pygrub reads as Linux makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) enum BootFilesystem {
    /// ext2.
    Ext2,
    /// ext3.
    Ext3,
    /// ext4, as the public recipe has it.
    #[default]
    Ext4,
    /// FAT32 or FAT16, as the size has it.
    Vfat,
}

impl BootFilesystem {
    /// Every one of them.
    pub(crate) const ALL: [Self; 4] = [Self::Ext4, Self::Ext3, Self::Ext2, Self::Vfat];

    /// As Linux spells it in `fsType`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ext2 => "ext2",
            Self::Ext3 => "ext3",
            Self::Ext4 => "ext4",
            Self::Vfat => "vfat",
        }
    }

    /// Whether it is one of the ext family.
    pub(crate) fn is_ext(self) -> bool {
        self != Self::Vfat
    }

    /// How many bytes its label may have.
    pub(crate) fn longest_label(self) -> usize {
        if self.is_ext() { 16 } else { 11 }
    }

    /// The filesystem of that name.
    ///
    /// # Errors
    ///
    /// pygrub does not read it as it is made today: with the reason.
    pub(crate) fn parse(name: &str) -> Result<Self, Refusal> {
        if let Some(found) = Self::ALL.into_iter().find(|found| found.name() == name) {
            return Ok(found);
        }
        let why = match name {
            "xfs" => "pygrub reads XFS of version 4 without file types alone, and mkfs.xfs makes version 5 since 2015"
                .to_owned(),
            "btrfs" => "pygrub has no driver for btrfs".to_owned(),
            "f2fs" => "pygrub has no driver for F2FS".to_owned(),
            "bcachefs" => "pygrub has no driver for bcachefs".to_owned(),
            "zfs" => "pygrub reads only ZFS pools older than OpenZFS makes them".to_owned(),
            "reiserfs" => "Linux has dropped reiserfs, though pygrub reads it".to_owned(),
            "iso9660" | "squashfs" | "erofs" => "NixOS could not write to it".to_owned(),
            "exfat" | "ntfs" | "jfs" | "nilfs2" | "udf" => format!("pygrub has no driver for {name}"),
            _ => format!("`{}` is not a filesystem that pregrub knows pygrub to read", escaped(name)),
        };
        Err(Refusal::new(
            format!("/boot cannot be {}: {why}", escaped(name)),
            "make it ext4, ext3, ext2 or vfat; / may be another filesystem where it is another device",
        ))
    }
}

/// A feature of ext that is asked for at `mkfs` (`-O`), with or without a `^` before it.
///
/// # Errors
///
/// A filesystem with it is not read by pygrub's library, or not by GRUB, measured with libext2fs 1.47 and GRUB 2.06.
pub(crate) fn check_feature(feature: &str) -> Result<(), Refusal> {
    let sane = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let name = feature.strip_prefix('^').unwrap_or(feature);
    if !sane(name) {
        let reason = format!("`{}` is not a feature of ext", escaped(feature));
        return Err(Refusal::new(reason, "name one as `mkfs.ext4 -O` takes it, such as ^has_journal"));
    }
    if name != feature {
        return Ok(());
    }
    let why = match name {
        "bigalloc" | "journal_dev" => "pygrub's library refuses the filesystem with it",
        "inline_data" => "GRUB does not read the filesystem with it, and pygrub pads small files with NULs",
        "ea_inode" | "casefold" => "GRUB does not read the filesystem with it, though pygrub does",
        "encrypt" => "pygrub and GRUB read what is encrypted with it as it lies on the disk",
        _ => return Ok(()),
    };
    Err(Refusal::new(format!("/boot cannot have the ext feature {name}: {why}"), "leave it out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(BootFilesystem::parse("ext4"), Ok(BootFilesystem::Ext4));
        assert!(BootFilesystem::parse("xfs").unwrap_err().to_string().contains("version 4"));
        assert!(BootFilesystem::parse("ext5\n").unwrap_err().to_string().contains("ext5\\x0a"));
    }

    #[test]
    fn features() {
        assert!(check_feature("^has_journal").is_ok() && check_feature("metadata_csum").is_ok());
        assert!(check_feature("^bigalloc").is_ok());
        assert!(check_feature("bigalloc").unwrap_err().reason.contains("refuses"));
        assert!(check_feature("a b").is_err() && check_feature("").is_err() && check_feature("^").is_err());
    }
}
