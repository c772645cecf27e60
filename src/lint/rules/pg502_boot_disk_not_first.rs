use crate::boot::Verdict;
use crate::explain::{CauseKind, named_kernel};
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};
use crate::xl::domain::GuestKind;

rule! {
    /// ## What it does
    ///
    /// Finds a first disk of a domain that cannot be the one to boot from - a CD-ROM drive, or a disk on which pygrub finds nothing -
    /// beside other disks.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub gets the first disk of the list and no other, whatever the disks are called in the guest.
    ///
    /// ## Example
    ///
    /// ```text
    /// disk = [ "/srv/cd.iso,raw,hdc,cdrom", "/dev/vg0/boot,raw,xvda" ]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// disk = [ "/dev/vg0/boot,raw,xvda", "/srv/cd.iso,raw,hdc,cdrom" ]
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xl 4.17.7 and stand-ins for the hypervisor (tests/xl/call.rs).
    "PG502" "boot-disk-not-first" Error, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(domain) = context.domain().filter(|domain| domain.guest != GuestKind::Hvm && domain.bootloader.is_some())
    else {
        return;
    };
    let Some((first, others)) = domain.disks.split_first() else { return };
    let Some(other) = others.iter().find(|other| !other.disk.cdrom) else { return };
    let stops = context.run.verdict == Verdict::Fails;
    // A kernel that the domain names and that is not in the guest says nothing of the disk.
    let nothing = context.run.started()
        && !named_kernel::is_of_domain(context.run)
        && context.attempt().is_none_or(|attempt| attempt.found.is_none());
    let ordered = context.explained(CauseKind::DiskOrder);
    let mut finding = if let Some(explanation) = ordered {
        Diagnostic::of_explanation(explanation)
    } else if first.disk.cdrom && context.run.verdict != Verdict::Boots {
        Diagnostic::new("the first disk is a CD-ROM drive, and pygrub looks at no other")
            .help("put the disk with /boot first in the list")
    } else if stops && nothing && context.may_be_elsewhere() {
        Diagnostic::new("pygrub finds nothing to boot on the first disk, and looks at no other")
            .help("put the disk with /boot first in the list")
    } else {
        return;
    };
    finding = finding
        .in_domain(Some(first.specification.span), "this is what pygrub gets")
        .and(other.specification.span, "a disk that it does not get");
    report.add(finding.stops_boot(stops));
}
