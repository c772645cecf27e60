use crate::explain::mount_refusal::{self, MountRefusal};
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Severity};

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
    "PG301" "unreadable-filesystem" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if let Some((explanation, MountRefusal::Other)) = context.refused() {
        report.add(Diagnostic::of_explanation(explanation));
    }
    beside(context, report, |refusal| *refusal == MountRefusal::Other);
}

/// Warns of what else pygrub does not mount where nothing was found.
pub(in crate::lint) fn beside(
    context: &LintContext<'_>,
    report: &mut Reporter<'_>,
    is_mine: impl Fn(&MountRefusal<'_>) -> bool,
) {
    if context.untried().is_some() {
        return;
    }
    let told = context.refused().map(|(explanation, _)| explanation.cause.attempt);
    let deciding = context.run.failure.as_ref().and_then(|failure| failure.attempt);
    for (attempt, _, refusal) in mount_refusal::beside(context.run, told.unwrap_or(deciding)) {
        if is_mine(&refusal) {
            let said = mount_refusal::of_attempt(attempt);
            let mut finding = Diagnostic::new(said.reason);
            finding.help = said.help;
            report.add_as(Severity::Warning, finding);
        }
    }
}
