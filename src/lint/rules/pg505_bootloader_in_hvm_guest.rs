use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};
use crate::xl::domain::GuestKind;

rule! {
    /// ## What it does
    ///
    /// Finds a bootloader in the configuration of an HVM guest.
    ///
    /// ## Why is this bad?
    ///
    /// An HVM guest boots from its firmware; xl keeps the setting and says nothing, and libxl runs no bootloader.
    ///
    /// ## Example
    ///
    /// ```text
    /// type = "hvm"
    /// bootloader = "pygrub"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// type = "pvh"
    /// bootloader = "pygrub"
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xl 4.17.7 and stand-ins for the hypervisor (tests/xl/call.rs).
    "PG505" "bootloader-in-hvm-guest" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(domain) = context.domain().filter(|domain| domain.guest == GuestKind::Hvm) else { return };
    let Some(bootloader) = &domain.bootloader else { return };
    let mut finding = Diagnostic::new("this is an HVM guest, for which no bootloader is run")
        .in_domain(Some(bootloader.span), "has no effect")
        .help("remove bootloader, or make it a guest with `type = \"pv\"` or `type = \"pvh\"`");
    if let Some(span) = domain.guest_span {
        finding = finding.and(span, "this makes it an HVM guest");
    }
    report.add(finding);
}
