use crate::config::Cause;
use crate::lint::engine::rule::rule;
use crate::lint::rules::shared::exception;
use crate::lint::{LintContext, Reporter};
use crate::storage::filesystem::Topic;

rule! {
    /// ## What it does
    ///
    /// Finds disks on which pygrub mounts a filesystem and sees none of the configurations that it looks for.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub looks for thirteen paths and nothing else: grub.cfg in /boot/grub, /grub, /boot/grub2, /grub2; isolinux.cfg in
    /// /boot/isolinux; extlinux.conf in /boot/extlinux, /boot, /extlinux, /; menu.lst and grub.conf in /boot/grub and /grub. A
    /// guest that boots by systemd-boot, by /EFI/.../grub.cfg or by /loader/entries alone has none of them. Often it is the wrong
    /// disk: pygrub looks at the first one of the domain.
    ///
    /// ## Example
    ///
    /// ```text
    /// /loader/entries/nixos-generation-1.conf
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// /boot/grub/grub.cfg
    /// ```
    ///
    /// In NixOS: `boot.loader.grub.enable = true` with `boot.loader.grub.device = "nodev"`, in place of
    /// `boot.loader.systemd-boot.enable`.
    ///
    /// ## Source
    ///
    /// The paths were measured with xen-utils-4.17 and recorded for every release (corpus/conformance); older ones know eight to
    /// eleven.
    "PG313" "no-configuration" Error, stops: Always, releases: "all", check
}

/// What other boot loaders of the same guest leave on the filesystem, and what to say of it.
const OTHERS: [(&str, &str); 3] = [
    (
        "/loader/loader.conf",
        "this filesystem is of systemd-boot, which pygrub does not know: let the guest write a grub.cfg \
         (NixOS: boot.loader.grub.enable = true and boot.loader.grub.device = \"nodev\")",
    ),
    (
        "/boot/loader/loader.conf",
        "this filesystem is of systemd-boot, which pygrub does not know: let the guest write a grub.cfg \
         (NixOS: boot.loader.grub.enable = true and boot.loader.grub.device = \"nodev\")",
    ),
    (
        "/etc/fstab",
        "this is the guest's root without a configuration in its /boot: if /boot is a filesystem of its own, let the disk \
         with it come first in the domain's configuration, else run update-grub, grub2-mkconfig or nixos-rebuild boot in the \
         guest",
    ),
];

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let of_topic = |topic| context.attempt().and_then(|a| a.notes.iter().find(|note| note.topic == topic));
    // Where names in directories are not found, that is what is wrong.
    if context.untried().is_some() || of_topic(Topic::FileTypes).is_some() {
        return;
    }
    for raised in context.raised(&[Cause::NoConfiguration]) {
        let mut finding = exception::finding(context, raised);
        let files = context.files();
        if let Some((_, help)) =
            OTHERS.iter().find(|(path, _)| files.is_some_and(|files| files.exists(path.as_bytes())))
        {
            finding = finding.help(*help);
        } else if of_topic(Topic::Names).is_some() {
            finding = finding.help("make the image with Rock Ridge names: xorriso -as mkisofs -R");
        }
        report.add(finding);
    }
}
