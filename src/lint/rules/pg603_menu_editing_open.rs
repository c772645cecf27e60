use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};
use crate::python::Python;

rule! {
    /// ## What it does
    ///
    /// Finds menus in which anyone on the guest's console can edit the arguments of an entry.
    ///
    /// ## Why is this bad?
    ///
    /// With `init=/bin/sh` in the arguments one is root in the guest, without a password. pygrub up to Xen 4.12 lets everybody
    /// edit, unless menu.lst has a `password`; grub.cfg and extlinux.conf have no way to forbid it.
    ///
    /// It is not found for Xen 4.13 and later, where the keys for editing end in an exception of pygrub's (under Python 3) and
    /// nobody can edit; nor where pygrub is called with `-q`. pregrub in pygrub's place does let people edit, in every release:
    /// there the same advice holds.
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
    /// bootloader_args = ["-q"]
    /// ```
    ///
    /// ## Source
    ///
    /// Recorded on pseudo-terminals for every release.
    "PG603" "menu-editing-open" Note, stops: Never, releases: until(Python3), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let edits = context.release().python() == Python::Two;
    let open = edits && context.run.options.shows_menu() && !configuration.config.has_password;
    if open && !configuration.entries().is_empty() {
        report.add(
            Diagnostic::new(
                "anyone who sees the guest's console can edit the arguments in the menu, and be root in the guest",
            )
            .in_configuration()
            .help("show no menu: bootloader_args = [\"-q\"] in the domain's configuration"),
        );
    }
}
