use crate::boot::Verdict;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};
use crate::xl::disk::DiskFormat;
use crate::xl::domain::GuestKind;

rule! {
    /// ## What it does
    ///
    /// Finds domains with a bootloader and no disk that it could look at: there is no `disk`, it is not a list, the list is empty, or
    /// there is nothing in it but CD-ROM drives without a medium.
    ///
    /// ## Why is this bad?
    ///
    /// libxl gives the first disk to the bootloader. Without one it runs none, and the domain is not created.
    ///
    /// ## Example
    ///
    /// ```text
    /// bootloader = "pygrub"
    /// disk = "/dev/vg0/web1-boot,raw,xvda,w"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// bootloader = "pygrub"
    /// disk = [ "/dev/vg0/web1-boot,raw,xvda,w" ]
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xl 4.17.7 and stand-ins for the hypervisor (tests/xl/call.rs).
    "PG509" "no-boot-disk" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let domain = context.domain().filter(|domain| domain.guest != GuestKind::Hvm && domain.refusal.is_none());
    let Some((domain, bootloader)) = domain.and_then(|domain| Some((domain, domain.bootloader.as_ref()?))) else {
        return;
    };
    // A disk after an empty drive is PG502's.
    if let Some((first, others)) = domain.disks.split_first()
        && (first.disk.format != DiskFormat::Empty || first.disk.cdrom && others.iter().any(|other| !other.disk.cdrom))
    {
        return;
    }
    let Err(why) = domain.call(context.release()) else { return };
    let (span, label) = match why.span {
        Some(span) => (span, "no disk for the bootloader"),
        None => (bootloader.span, "it gets the first disk"),
    };
    let help = why
        .help
        .unwrap_or_else(|| "write `disk = [ \"/path/to/the/disk,raw,xvda,w\" ]`, the one with /boot first".to_owned());
    report.add(
        Diagnostic::new(why.reason).in_domain(Some(span), label).help(help).stops_boot(why.verdict == Verdict::Fails),
    );
}
