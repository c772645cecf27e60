use crate::explain::mount_refusal::MountRefusal;
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
    /// disk = ["format=raw, vdev=xvda, access=rw, target=/srv/guest.qcow2"]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// disk = ["format=qcow2, vdev=xvda, access=rw, target=/srv/guest.qcow2"]
    /// ```
    ///
    /// The toolstack then attaches the disk in the image, and pygrub reads that. xl knows qcow, qcow2, qed and vhd; an image in another
    /// format is to be converted (`qemu-img convert -f vmdk -O raw guest.vmdk guest.img`).
    ///
    /// Name a format, convert or attach only if you made the image in it. A guest can write the header of one onto its raw disk, and
    /// QEMU then opens the files of the host that the header names and copies them into the guest's disk. A disk that was raw stays raw
    /// (`format=raw`; `pregrub check --image-format raw`), and then the guest has spoilt its own disk. [Images](images.md#before-an-image-is-converted-or-attached)
    /// says how to look first at what an image names.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 on images that qemu-img made. Whether the toolstack attaches such an image as a block
    /// device before it runs the bootloader is a matter of the toolstack; pygrub then sees the device.
    "PG311" "image-format-read-raw" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if let Some((explanation, MountRefusal::ImageFormat)) = context.refused() {
        let finding = Diagnostic::of_explanation(explanation);
        let declared = context.run.image_format.is_none().then(|| context.domain()?.disks.first()).flatten();
        report.add(match declared {
            Some(disk) => finding.in_domain(Some(disk.specification.span), "given as a raw disk"),
            None => finding,
        });
    }
}
