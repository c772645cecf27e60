use crate::explain::mount_refusal::Refusal;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds disk images in a format: qcow2, VMDK, VDI, VHD, VHDX, QED, Parallels, or a compressed image.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads the file as if it were the disk. What is there is the header of the format, no partition table and no
    /// filesystem, and nothing boots. A fixed VHD works, since its header is at the end.
    ///
    /// ## Example
    ///
    /// ```text
    /// disk = ["format=qcow2, vdev=xvda, access=rw, target=/srv/guest.qcow2"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// qemu-img convert -O raw guest.qcow2 guest.img
    /// disk = ["format=raw, vdev=xvda, access=rw, target=/srv/guest.img"]
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 on images that qemu-img made. Whether the toolstack attaches such an image as a block
    /// device before it runs the bootloader is a matter of the toolstack; pygrub then sees the device.
    "PG311" "image-format-read-raw" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if let Some((explanation, Refusal::ImageFormat)) = context.refused() {
        report.add(Diagnostic::of_explanation(explanation));
    }
}
