use crate::config::Cause;
use crate::explain::CauseKind;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Severity};

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
    "PG313" "no-configuration" Error or Warning, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if let Some(explanation) = context.explained(CauseKind::Raised(Cause::NoConfiguration)) {
        return report.add(Diagnostic::of_explanation(explanation));
    }
    // An EFI system partition is not what stops the boot where the partition after it cannot be read.
    if context.refused().is_some() {
        for raised in context.raised(&[Cause::NoConfiguration]) {
            let finding = exception::finding(context, raised);
            report.add_as(Severity::Warning, Diagnostic { stops_boot: false, help: None, ..finding });
        }
    }
}
