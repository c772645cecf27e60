use crate::explain::path_issue::PathIssue;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::unopenable_path;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds paths with quotes or backslashes in them.
    ///
    /// ## Why is this bad?
    ///
    /// GRUB takes quotes off, and a backslash away from the character after it. pygrub treats both as part of the name,
    /// does not find such a file, and nothing boots.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux "/boot/vmlinuz" root=/dev/xvda1
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /boot/vmlinuz root=/dev/xvda1
    /// ```
    ///
    /// A kernel whose name has a space cannot be named for pygrub at all: rename the file.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 and GRUB 2.06 (grub-emu) on the same ext4 image, and by 1,000 random trees and
    /// configurations (tests/lint/files.rs).
    "PG204" "quoted-path" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    unopenable_path::check(context, report, PathIssue::Quoted);
}
