use crate::initrd::Problem;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::initrd_problem;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds an initrd in which there is no /init.
    ///
    /// ## Why is this bad?
    ///
    /// The kernel looks for /init in what it has unpacked. Without one it mounts `root=` by itself, with the drivers that are built in and
    /// without knowing LVM, UUID= or LABEL=. An initrd of microcode alone is such a one.
    ///
    /// ## Example
    ///
    /// ```text
    /// initrd /boot/amd-ucode.img
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// initrd /boot/initramfs-linux.img      # with the microcode in front of it: cat amd-ucode.img initramfs-linux.img
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with Linux 6.1 in QEMU (corpus/initrd).
    "PG425" "initrd-without-init" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    initrd_problem::report(context, report, |problem| matches!(problem, Problem::NoInit));
}
