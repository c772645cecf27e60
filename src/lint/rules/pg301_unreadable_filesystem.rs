use crate::boot::Mounted;
use crate::config::Cause;
use crate::lint::analysis::mount_refusal::{self, Refusal};
use crate::lint::engine::rule::rule;
use crate::lint::rules::shared::exception;
use crate::lint::{Finding, LintContext, Reporter, Severity};
use crate::report::origin;

rule! {
    /// ## What it does
    ///
    /// Finds filesystems that pygrub cannot read: btrfs, F2FS, LVM, LUKS and others. Where pygrub finds nothing to boot, also
    /// those on the other partitions of the disk, since the one that was meant may be among them.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads a disk with libraries of its own (ext2/3/4, FAT, ISO 9660, XFS version 4, reiserfs, UFS, ZFS), not with the
    /// kernel. Where no library mounts the filesystem, no configuration is found and nothing boots. It says no more than
    /// `Unable to find partition containing kernel`.
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
    /// Only /boot must be on it: a small ext4 partition in front of the others, or a disk of its own, is enough. In NixOS:
    /// `fileSystems."/boot"` with `fsType = "ext4"`.
    ///
    /// ## Source
    ///
    /// Measured with libfsimage of xen-utils-4.17 on images of 53 formats.
    "PG301" "unreadable-filesystem" Error, stops: Sometimes, releases: "all", check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if mount_refusal::deciding(context) == Some(Refusal::Other) {
        for raised in context.raised(&[Cause::NoFilesystem]) {
            report.add(exception::finding(context, raised));
        }
    }
    for (attempt, _, refusal) in mount_refusal::beside(context) {
        let Mounted::No { why, instead, .. } = &attempt.mounted else { continue };
        if refusal != Refusal::Other {
            continue;
        }
        let place = origin::describe(attempt.candidate.as_ref());
        let mut finding = Finding::new(format!("pygrub cannot mount {place}: {why}"));
        finding.help = instead.map(str::to_owned);
        report.add_as(Severity::Warning, finding);
    }
}
