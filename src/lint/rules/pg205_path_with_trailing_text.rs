use crate::explain::path_issue::PathIssue;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::unopenable_path;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds paths with a `;`, a comment or other words after them; and in menu.lst options in front of the kernel's path:
    /// `kernel --type=linux /vmlinuz`, `kernel --no-mem-option /vmlinuz`.
    ///
    /// ## Why is this bad?
    ///
    /// GRUB ends a command at `;` and leaves out what follows ` #`. pygrub takes the whole line after `initrd`, and a `;`
    /// after the kernel, for a part of the file's name, does not find such a file, and nothing boots. Of `kernel --type=linux
    /// /vmlinuz` it treats the option as the path.
    ///
    /// ## Example
    ///
    /// ```text
    /// initrd /boot/initrd.img # from the backup
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// # from the backup
    /// initrd /boot/initrd.img
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 and GRUB 2.06 (grub-emu) on the same ext4 image, and by 1,000 random trees and
    /// configurations (tests/lint/files.rs). On FAT, ISO 9660, XFS, reiserfs and UFS pygrub's drivers end a path at its
    /// first space, so that a comment does no harm there.
    "PG205" "path-with-trailing-text" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    unopenable_path::check(context, report, PathIssue::TrailingText);
    unopenable_path::check(context, report, PathIssue::Option);
}
