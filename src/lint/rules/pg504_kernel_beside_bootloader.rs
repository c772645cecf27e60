use crate::boot::{Purpose, Verdict};
use crate::config::Cause;
use crate::explain::named_kernel::{self, WithoutIt};
use crate::explain::{CauseKind, Explanation};
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Severity};
use crate::xl::domain::GuestKind;

rule! {
    /// ## What it does
    ///
    /// Finds `kernel` or `ramdisk` beside a bootloader.
    ///
    /// ## Why is this bad?
    ///
    /// With a bootloader `kernel` is a path in the guest, not in dom0: pygrub copies that file, and reads no boot configuration. The
    /// guest's own choice of kernel has no effect any more, and an update in the guest leads to a file that is gone. `ramdisk` without
    /// `kernel` has no effect at all. `firmware` stands for a kernel of dom0, and libxl runs no bootloader beside it.
    ///
    /// Whether the guest boots without the setting is tried on its disk. Where it does not, a disk without a boot configuration, `kernel`
    /// is what boots it, and the finding is a note.
    ///
    /// ## Example
    ///
    /// ```text
    /// bootloader = "pygrub"
    /// kernel = "/boot/vmlinuz"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// bootloader = "pygrub"
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xl 4.17.7 and stand-ins for the hypervisor (tests/xl/call.rs).
    "PG504" "kernel-beside-bootloader" Warning or Error or Note, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(domain) = context.domain().filter(|domain| domain.guest != GuestKind::Hvm && domain.bootloader.is_some())
    else {
        return;
    };
    if let Some(kernel) = domain.kernel.as_ref().filter(|kernel| !kernel.text.is_empty()) {
        if let Some(missing) = missing(context) {
            let of_ramdisk = context.attempt().and_then(|attempt| attempt.steps.last()).map(|step| step.purpose);
            let named = domain.ramdisk.as_ref().filter(|_| of_ramdisk == Some(Purpose::Ramdisk)).unwrap_or(kernel);
            let finding = Diagnostic::of_explanation(missing).in_domain(Some(named.span), "a path in the guest");
            return report.add_as(Severity::Error, finding);
        }
        let (message, help, severity) = present(context);
        let finding = Diagnostic::new(message).in_domain(Some(kernel.span), "a path in the guest").help(help);
        report.add_as(severity, finding);
    } else if let Some(firmware) = domain.firmware.as_ref().filter(|_| domain.kernel.is_none()) {
        let stops = context.run.verdict == Verdict::Fails;
        let known = context.explanation().and_then(|explanation| explanation.help.clone()).filter(|_| stops);
        let finding = Diagnostic::new("firmware stands for a kernel of dom0, which pygrub would look for in the guest")
            .in_domain(Some(firmware.span), "not with a bootloader")
            .help(known.unwrap_or_else(|| "remove firmware, or the bootloader".to_owned()));
        report.add_as(Severity::Error, finding.stops_boot(stops));
    } else if let Some(ramdisk) = &domain.ramdisk {
        let finding = Diagnostic::new("pygrub ignores ramdisk where there is no kernel")
            .in_domain(Some(ramdisk.span), "has no effect")
            .help("remove ramdisk");
        report.add(finding);
    }
}

/// Why the run ends, if the kernel or the initrd that the domain names is not in the guest.
fn missing<'a>(context: &'a LintContext<'_>) -> Option<&'a Explanation> {
    context.explained(CauseKind::Raised(Cause::MissingFile)).filter(|_| named_kernel::is_of_domain(context.run))
}

/// What to say of a kernel that is in the guest: whether the guest would boot without it is tried.
fn present(context: &LintContext<'_>) -> (&'static str, String, Severity) {
    const TAKES: &str =
        "pygrub takes this kernel from the guest's disk, and does not read the guest's boot configuration";
    let volumes = context.volumes().filter(|_| named_kernel::is_of_domain(context.run));
    match volumes.map(|volumes| named_kernel::without(context.run, volumes)) {
        Some(WithoutIt::Boots(title)) => (TAKES, named_kernel::remove(context.run, title), Severity::Warning),
        Some(WithoutIt::Fails(why)) => (
            "pygrub takes this kernel from the guest's disk, and an update in the guest does not change which one it is",
            format!(
                "keep it, and change it here after each update of the kernel: without it nothing boots, since {why}"
            ),
            Severity::Note,
        ),
        None => (
            TAKES,
            "remove kernel, or remove the bootloader if a kernel of dom0 is meant".to_owned(),
            Severity::Warning,
        ),
    }
}
