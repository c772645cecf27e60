use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};
use crate::xl::domain::GuestKind;

rule! {
    /// ## What it does
    ///
    /// Finds `bootargs` in a domain's configuration.
    ///
    /// ## Why is this bad?
    ///
    /// xl has never read this name; xm did. libvirt's `virsh domxml-to-native xen-xl` and Ganeti write it, so that pygrub runs without
    /// the arguments that were chosen for it, and boots another entry than the one that was meant.
    ///
    /// ## Example
    ///
    /// ```text
    /// bootloader = "pygrub"
    /// bootargs = "--entry=2"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// bootloader = "pygrub"
    /// bootloader_args = [ "--entry=2" ]
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xl 4.17.7 and stand-ins for the hypervisor; the sources of xl 4.2 to 4.22 do not have the word.
    "PG510" "bootargs-ignored" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(domain) = context.domain().filter(|domain| domain.guest != GuestKind::Hvm && domain.bootloader.is_some())
    else {
        return;
    };
    let Some(setting) = domain.settings.get("bootargs") else { return };
    let help = if domain.settings.get("bootloader_args").is_some() {
        "remove it: `bootloader_args` says what pygrub gets"
    } else {
        "write `bootloader_args = [ \"...\" ]`, each argument as a string of its own"
    };
    let finding = Diagnostic::new("xl does not read `bootargs`: pygrub runs without these arguments")
        .in_domain(Some(setting.span), "has no effect")
        .help(help);
    report.add(finding);
}
