use crate::explain::path_issue::PathIssue;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::unopenable_path;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds paths with a variable in them: `$prefix/vmlinuz`, `/boot/vmlinuz-${version}`, `/initramfs.img $tuned_initrd`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub knows no variables. It looks for a file whose name has a `$`, does not find one, and nothing boots. GRUB puts
    /// the variable's value there, which may be nothing at all, as in `$tuned_initrd` of RHEL.
    ///
    /// A variable in the device in front of the path, `($drive1)/k`, is worse, since it stops the reading of the whole
    /// file: see PG001.
    ///
    /// ## Example
    ///
    /// ```text
    /// set kernel=/boot/vmlinuz
    /// menuentry "Linux" {
    ///   linux $kernel
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "Linux" {
    ///   linux /boot/vmlinuz
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 and GRUB 2.06 (grub-emu) on the same ext4 image, and by 1,000 random trees and
    /// configurations (tests/lint/files.rs).
    "PG207" "variable-in-path" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    unopenable_path::check(context, report, PathIssue::Variable);
}
