use crate::config::{Cause, is_part_of_image};
use crate::lint::analysis::entry_headers::unseen_entries;
use crate::lint::analysis::external_menus::{entries_elsewhere, missing_elsewhere};
use crate::lint::analysis::post_parse_errors;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a configuration in which pygrub sees no menu entry.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads one file. It does not follow `source`, `configfile` and `blscfg`, and does not run commands that make
    /// entries. Where no entry is left, it raises `IndexError: list index out of range` and rejects the file. Fedora from 30
    /// on and RHEL from 8 on have their entries in files of their own (BLS), so that grub.cfg has none.
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
    /// ```text
    /// menuentry "Fedora" {
    ///   linux /vmlinuz root=/dev/xvda1 ro
    ///   initrd /initramfs.img
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance). Fedora: rhbz 1703700.
    "PG017" "no-entry" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    // Those that a function swallows, that are after the first MiB or in other files, are reported by the rules for that.
    let elsewhere = context.configuration().is_some_and(|configuration| {
        let config = configuration.config;
        config.truncated || config.functions.iter().any(|function| function.entries > 0)
    }) || !entries_elsewhere(context).is_empty();
    if !elsewhere {
        exception::each(context, report, &post_parse_errors::raised(context, &[Cause::NoEntry]), |finding, _, _| {
            context.configuration().map_or(finding.clone(), |configuration| pointed(context, &configuration, finding))
        });
    }
}

/// At the line that has an entry for GRUB, or leads to one.
fn pointed(context: &LintContext<'_>, configuration: &Configuration<'_>, finding: Diagnostic) -> Diagnostic {
    if let Some(entry) = unseen_entries(configuration).into_iter().next() {
        let help = "write `menuentry \"title\" {`, each command of the entry, and its `}` on a line of its own";
        return finding.at(entry.span, "pygrub does not see this entry").help(help);
    }
    if is_part_of_image(configuration.text) {
        return finding;
    }
    let Some(directive) = missing_elsewhere(context).into_iter().next() else { return finding };
    let file = configuration.shown(directive.argument);
    finding
        .at(directive.line, "leads to a file that is not there")
        .help(format!("`{file}` is not on this filesystem, and pygrub would not open it: write the menu entries here"))
}
