use crate::boot::Verdict;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Severity};
use crate::xl::domain::Guest;

rule! {
    /// ## What it does
    ///
    /// Finds `kernel` or `ramdisk` beside a bootloader.
    ///
    /// ## Why is this bad?
    ///
    /// With a bootloader `kernel` is a path in the guest, not in dom0: pygrub copies that file, and reads no boot configuration. The
    /// guest's own choice of kernel has no effect any more, and an update in the guest leads to a file that is gone. `ramdisk` without
    /// `kernel` has no effect at all.
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
    "PG504" "kernel-beside-bootloader" Warning or Error, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(domain) = context.domain().filter(|domain| domain.guest != Guest::Hvm && domain.bootloader.is_some())
    else {
        return;
    };
    let failed = context.run.verdict == Verdict::Fails;
    if let Some(kernel) = domain.kernel.as_ref().filter(|kernel| !kernel.text.is_empty()) {
        let finding = Diagnostic::new(
            "pygrub takes this kernel from the guest's disk, and does not read the guest's boot configuration",
        )
        .in_domain(Some(kernel.span), "a path in the guest")
        .help("remove kernel, or remove the bootloader if a kernel of dom0 is meant");
        let severity = if failed { Severity::Error } else { Severity::Warning };
        report.add_as(severity, finding.stops_boot(failed));
    } else if let Some(firmware) = domain.firmware.as_ref().filter(|_| domain.kernel.is_none()) {
        let finding = Diagnostic::new("firmware stands for a kernel of dom0, which pygrub would look for in the guest")
            .in_domain(Some(firmware.span), "not with a bootloader")
            .help("remove firmware, or the bootloader");
        report.add_as(Severity::Error, finding.stops_boot(failed));
    } else if let Some(ramdisk) = &domain.ramdisk {
        let finding = Diagnostic::new("pygrub ignores ramdisk where there is no kernel")
            .in_domain(Some(ramdisk.span), "has no effect")
            .help("remove ramdisk");
        report.add(finding);
    }
}
