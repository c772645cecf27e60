use crate::explain::CauseKind;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Where};

rule! {
    /// ## What it does
    ///
    /// Finds disks that were partitioned for sectors of 4096 bytes (4Kn).
    ///
    /// ## Why is this bad?
    ///
    /// A partition table counts in sectors. To pygrub a sector has 512 bytes, whatever the disk says: it looks for the GPT in
    /// the wrong place, and for every partition at an eighth of its offset. Nothing boots, also where Linux and GRUB on the same
    /// disk work. It happens with real 4Kn disks, and with images that were made on one.
    ///
    /// ## Example
    ///
    /// ```text
    /// losetup --sector-size 4096 -P /dev/loop0 boot.img; sgdisk -n 1:0:0 /dev/loop0
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// losetup -P /dev/loop0 boot.img; sgdisk -n 1:0:0 /dev/loop0
    /// ```
    ///
    /// or no partitions at all on the boot disk, or `bootloader_args = ["--offset=N"]`.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17.
    "PG305" "sector-size-4096" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let untried = context.untried().filter(|untried| untried.place == Where::LargeSectors);
    if let Some(explanation) = untried.and_then(|_| context.explained(CauseKind::Untried)) {
        report.add(Diagnostic::of_explanation(explanation));
    }
}
