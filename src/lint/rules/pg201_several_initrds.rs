use crate::explain::path_issue::PathIssue;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::truncated_path;
use crate::lint::rules::shared::unopenable_path;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds `initrd` lines that name several files.
    ///
    /// ## Why is this bad?
    ///
    /// GRUB loads all files of the line and puts one after the other. pygrub treats all that follows `initrd` as the name
    /// of one file, does not find it, and nothing boots.
    ///
    /// On FAT, ISO 9660, XFS, reiserfs and UFS it is worse: pygrub's drivers for these end a path at its first space, so
    /// that the first file is treated as the initrd and the others are lost. A guest that is given only microcode, or an
    /// initrd without its secrets, boots and then stops.
    ///
    /// The second file is there for early microcode (which a guest cannot load: `intel-ucode.img`,
    /// `GRUB_EARLY_INITRD_LINUX_CUSTOM`) or, in NixOS, for `boot.initrd.secrets`.
    ///
    /// ## Example
    ///
    /// ```text
    /// initrd /boot/intel-ucode.img /boot/initrd.img
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// initrd /boot/initrd.img
    /// ```
    ///
    /// Where the second file is needed, concatenate both: the kernel reads several archives in one file. In NixOS: do
    /// without `boot.initrd.secrets`.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 on ext4 and FAT, and booted with GRUB 2.06 in qemu; NixOS writes the second file for
    /// `boot.initrd.secrets` (install-grub.pl).
    "PG201" "several-initrds" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    unopenable_path::check(context, report, PathIssue::Several);
    truncated_path::check(context, report, PathIssue::Several);
}
