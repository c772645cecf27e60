use crate::explain::CauseKind;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Where};

rule! {
    /// ## What it does
    ///
    /// Finds ISO 9660 images with a partition table in front (hybrid images, for booting from a stick) that pygrub does not
    /// look at as a whole.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub of Xen 4.2 meant to try such an image at its start first. Under Python 3 the comparison that recognises it is
    /// never true, so that only the partitions are tried: for the images of most distributions that is an EFI partition without
    /// a configuration.
    ///
    /// ## Example
    ///
    /// ```text
    /// xorriso -as mkisofs -R -append_partition 2 0xef efi.img -o boot.iso tree
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// xorriso -as mkisofs -R -o boot.iso tree
    /// ```
    ///
    /// or `bootloader_args = ["--offset=0"]`.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 on images of xorriso and grub-mkrescue. Under Python 2 (up to Xen 4.12 as most hosts had it)
    /// the image is tried first.
    "PG310" "hybrid-iso" Error, stops: Always, releases: until(HybridIso).or(from(Python3)), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let untried = context.untried().filter(|untried| untried.place == Where::HybridIso);
    if let Some(explanation) = untried.and_then(|_| context.explained(CauseKind::Untried)) {
        report.add(Diagnostic::of_explanation(explanation));
    }
}
