use crate::explain::path_issue::PathIssue;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::unopenable_path;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds paths with two slashes in a row.
    ///
    /// ## Why is this bad?
    ///
    /// Linux and GRUB treat two slashes as one. libext2fs, with which pygrub reads ext2, ext3 and ext4, treats what
    /// is between them as a name, finds no such name, and nothing boots. pygrub's other drivers do as GRUB does, so there
    /// nothing is reported. With a configuration alone this is unknown, and the rule warns.
    ///
    /// NixOS writes `//kernels/...` where /boot is a filesystem of its own and is found by a `search` command; Fedora wrote
    /// `//boot/...` where BLS is switched off.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux //kernels/k-bzImage
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /kernels/k-bzImage
    /// ```
    ///
    /// In NixOS: `boot.loader.grub.fsIdentifier = "provided"` and `fileSystems."/boot".device = "/dev/xvda"`.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 on ext4, FAT, ISO 9660, XFS, reiserfs and UFS. nixpkgs pull requests 12943 and 45907;
    /// Red Hat bug 1703700.
    "PG202" "double-slash" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    unopenable_path::check(context, report, PathIssue::DoubleSlash);
}
