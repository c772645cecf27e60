use crate::explain::path_issue::PathIssue;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::truncated_path;
use crate::lint::rules::shared::unopenable_path;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds kernels with a tab, and no space, between the path and the arguments.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub looks for a space to find the end of the kernel's path. Where there is none on the line, the tab and all that
    /// follows become a part of the file's name. Such a file is not there, and nothing boots. (Where there is a space
    /// anywhere on the line, a tab separates as well.)
    ///
    /// On FAT, ISO 9660, XFS, reiserfs and UFS the driver ends the path at the tab: the kernel boots, and its arguments are
    /// lost.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /vmlinuz<TAB>root=/dev/xvda1
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /vmlinuz root=/dev/xvda1
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 on ext4 and FAT; GRUB 2.06 (grub-emu) treats a tab as a space.
    "PG206" "tab-after-kernel" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    unopenable_path::check(context, report, PathIssue::Tab);
    truncated_path::check(context, report, PathIssue::Tab);
}
