use crate::host;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};
use crate::release::Change;
use crate::xl::call::is_pygrub;
use crate::xl::domain::GuestKind;

rule! {
    /// ## What it does
    ///
    /// Finds a domain whose pygrub runs as root.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub parses a disk that the guest writes, with libraries that have had holes (XSA-443). Releases that know `--runas` can give
    /// its rights away first; by default they do not. pregrub in its place (a link named pygrub to it) always does, and is not found
    /// by this rule.
    ///
    /// ## Example
    ///
    /// ```text
    /// bootloader = "pygrub"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// bootloader = "pygrub"
    /// bootloader_restrict = 1
    /// ```
    ///
    /// ## Source
    ///
    /// XSA-443; the defaults measured with xl 4.17.7, which knows the environment variable LIBXL_BOOTLOADER_RESTRICT only.
    "PG602" "pygrub-unrestricted" Note, stops: Never, releases: from(Runas), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let release = context.release();
    let Some(domain) =
        context.domain().filter(|domain| domain.guest != GuestKind::Hvm && !domain.bootloader_restricted)
    else {
        return;
    };
    let Some(bootloader) = domain.bootloader.as_ref().filter(|_| context.run.options.build().has(Change::Runas)) else {
        return;
    };
    // pregrub gives its rights up by itself, and of other bootloaders nothing is known.
    if !is_pygrub(bootloader) || host::runs_drop_in(bootloader.text.as_bytes()) {
        return;
    }
    let help = if release.has(Change::BootloaderRestrict) {
        "add `bootloader_restrict = 1`; pygrub then shows no menu"
    } else {
        "start xl with LIBXL_BOOTLOADER_RESTRICT=1 in its environment; pygrub then shows no menu"
    };
    let finding = Diagnostic::new("pygrub reads the guest's disk as root")
        .in_domain(Some(bootloader.span), "with all rights")
        .help(help);
    report.add(finding);
}
