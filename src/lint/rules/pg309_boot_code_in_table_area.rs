use crate::explain::CauseKind;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Where};

rule! {
    /// ## What it does
    ///
    /// Finds disks without partitions whose first sector holds the code of a boot loader, which pygrub takes for a partition
    /// table.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub treats a disk as partitioned if its first sector ends with the bytes 55 aa, and reads four slots in front of them.
    /// On an unpartitioned disk with GRUB, extlinux or syslinux in its boot sector that is program code: pygrub looks at
    /// places that mean nothing and never at the start of the disk.
    ///
    /// ## Example
    ///
    /// ```text
    /// mkfs.ext4 /dev/xvda
    /// extlinux --install /boot/extlinux     # with /dev/xvda mounted on /
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// mkfs.ext4 /dev/xvda
    /// ```
    ///
    /// A paravirtualised guest needs no boot sector. Or: `bootloader_args = ["--offset=0"]`.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 and the boot sectors of GRUB, extlinux and syslinux.
    "PG309" "boot-code-in-table-area" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let untried = context.untried().filter(|untried| untried.place == Where::WholeDisk);
    if let Some(explanation) = untried.and_then(|_| context.explained(CauseKind::Untried)) {
        report.add(Diagnostic::of_explanation(explanation));
    }
}
