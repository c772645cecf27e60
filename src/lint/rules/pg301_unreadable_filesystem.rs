use super::explained;
use crate::config::Cause;
use crate::lint::rule::rule;
use crate::lint::{Reporter, Subject};

rule! {
    /// ## What it does
    ///
    /// Finds filesystems that pygrub cannot read: btrfs, F2FS, XFS as mkfs.xfs makes it, LVM, LUKS and others.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads a disk with libraries of its own (ext2/3/4, FAT, ISO 9660, XFS version 4, reiserfs, UFS, ZFS), not with the
    /// kernel. Where no library mounts the filesystem, no configuration is found and nothing boots.
    ///
    /// ## Example
    ///
    /// ```text
    /// mkfs.btrfs /dev/xvda
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// mkfs.ext4 /dev/xvda
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with libfsimage of xen-utils-4.17 on images of 53 formats.
    "PG301" "unreadable-filesystem" Error, stops: Always, releases: "all", check
}

fn check(subject: &Subject<'_>, report: &mut Reporter<'_>) {
    for raised in subject.raised(&[Cause::NoFilesystem]) {
        report.add(explained::finding(subject, raised));
    }
}
