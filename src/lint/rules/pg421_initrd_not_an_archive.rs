use crate::initrd::Problem;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::initrd_problem;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds an initrd that is neither a cpio archive nor compressed: a kernel, a filesystem, a text, lz4 or zstd in a frame that Linux
    /// does not know.
    ///
    /// ## Why is this bad?
    ///
    /// The kernel prints `Initramfs unpacking failed: invalid magic at start of compressed archive` and boots without an initrd:
    /// `VFS: Unable to mount root fs on unknown-block(0,0)`.
    ///
    /// ## Example
    ///
    /// ```text
    /// pzstd initrd.cpio            # begins with a skippable frame
    /// initrd /boot/initrd.cpio.zst
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// zstd -19 initrd.cpio
    /// initrd /boot/initrd.cpio.zst
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with Linux 6.1 in QEMU on the initrds of corpus/initrd.
    "PG421" "initrd-not-an-archive" Error, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    initrd_problem::report(context, report, |problem| matches!(problem, Problem::NotAnArchive { .. }));
}
