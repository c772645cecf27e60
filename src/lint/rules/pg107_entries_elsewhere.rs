use crate::config::{Cause, Dialect, Directive, Writer};
use crate::lint::analysis::external_menus::entries_elsewhere;
use crate::lint::engine::rule::rule;
use crate::lint::{Configuration, Finding, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds commands that take menu entries from other files: `blscfg` (Fedora 30 and later, RHEL 8 and later), `source`, `.`,
    /// `configfile`; `INCLUDE` and `CONFIG` in extlinux.conf. The `custom.cfg` that grub-mkconfig asks for in every file is told
    /// of only where it is there.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads one file. It ignores these commands, so that it does not see the entries, and the numbers of those behind
    /// them are not GRUB's. Without any other entry nothing boots.
    ///
    /// ## Example
    ///
    /// ```text
    /// insmod blscfg
    /// blscfg
    /// ```
    ///
    /// ## Use instead
    ///
    /// Entries in the file itself. On Fedora and RHEL:
    ///
    /// ```text
    /// GRUB_ENABLE_BLSCFG=false          # in /etc/default/grub
    /// grub2-mkconfig -o /boot/grub2/grub.cfg
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17; no release reads a second file.
    "PG107" "entries-elsewhere" Warning, stops: Sometimes, releases: "all", check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let mut places = entries_elsewhere(context).into_iter();
    let Some(first) = places.next() else { return };
    let command = configuration.shown(first.command_span(configuration.text));
    let empty = configuration.entries().is_empty();
    let what = if empty { "which are all there are" } else { "and numbers without them" };
    let mut finding = Finding::new(format!(
        "`{command}` takes menu entries from other files, which pygrub never opens: it does not see these entries, {what}"
    ))
    .at(first.line, "ignored by pygrub")
    .help(help(&configuration, first));
    for directive in places.take(10) {
        finding = finding.and(directive.line, "and here");
    }
    match context.raised(&[Cause::NoEntry]).into_iter().next() {
        // With nothing else in the file, this is why nothing boots.
        Some(raised) => {
            finding.raised = Some(raised);
            report.add_as(crate::lint::Severity::Error, finding.stops_boot(true));
        }
        None => report.add_as(crate::lint::Severity::Warning, finding.stops_boot(empty)),
    }
}

fn help(configuration: &Configuration<'_>, directive: &Directive) -> String {
    let bls = directive.command(configuration.text) == b"blscfg";
    let help = match (configuration.dialect, configuration.writer()) {
        (Dialect::Extlinux, _) => {
            "copy the entries of that file into this one: `LABEL`, `KERNEL`, `APPEND initrd=...`, a line each"
        }
        (_, Writer::NixOs) => {
            "take the command out of boot.loader.grub.extraConfig or extraEntries in the guest's NixOS configuration, write the \
             entries there themselves, and run nixos-rebuild boot"
        }
        _ if bls => {
            "set GRUB_ENABLE_BLSCFG=false in /etc/default/grub of the guest, and run grub2-mkconfig -o /boot/grub2/grub.cfg"
        }
        (_, Writer::Mkconfig) => {
            "write the entries into /etc/grub.d/40_custom, which become part of the file, and run update-grub or grub2-mkconfig"
        }
        _ => "copy the entries of that file into this one",
    };
    help.to_owned()
}
