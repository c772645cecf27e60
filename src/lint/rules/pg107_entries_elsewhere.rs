use crate::config::{Cause, is_part_of_image};
use crate::explain::no_entry::{IMAGE, entries_elsewhere_help};
use crate::lint::analysis::external_menus::entries_elsewhere;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds commands that take menu entries from other files: `blscfg` (Fedora 30 and later, RHEL 8 and later), `source`, `.`,
    /// `configfile`; `INCLUDE` and `CONFIG` in extlinux.conf. The `custom.cfg` that grub-mkconfig asks for in every file is reported
    /// only where it is there.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads one file. It ignores these commands, so that it does not see the entries, and the numbers of those after
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
    "PG107" "entries-elsewhere" Warning or Error, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let mut places = entries_elsewhere(context).into_iter();
    let Some(first) = places.next() else { return };
    let command = configuration.shown(first.command_span(configuration.text));
    let empty = configuration.entries().is_empty();
    let what = if empty { "which are all there are" } else { "and numbers without them" };
    let bls = first.command(configuration.text) == b"blscfg";
    let no_entry = context.raised(&[Cause::NoEntry]).into_iter().next();
    let mut finding = match &no_entry {
        // With nothing else in the file, this is why nothing boots.
        Some(raised) => exception::finding(context, raised.clone()),
        None => Diagnostic::new(format!(
            "`{command}` takes menu entries from other files, which pygrub never opens: it does not see these entries, {what}"
        ))
        .help(match bls && is_part_of_image(configuration.text) {
            true => IMAGE.into(),
            false => entries_elsewhere_help(configuration.dialect, configuration.writer(), bls),
        }),
    }
    .at(first.line, "ignored by pygrub");
    for directive in places.take(10) {
        finding = finding.and(directive.line, "and here");
    }
    match no_entry {
        Some(_) => report.add_as(crate::lint::engine::severity::Severity::Error, finding.stops_boot(true)),
        None => report.add_as(crate::lint::engine::severity::Severity::Warning, finding.stops_boot(empty)),
    }
}
