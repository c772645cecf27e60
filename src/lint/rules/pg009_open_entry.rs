use crate::config::Cause;
use crate::lint::analysis::entry_end::unseen_end;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a menu entry whose end pygrub does not see before the file ends.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub sees the end of an entry only in a line that begins with `}`. Where none comes, it raises `RuntimeError: syntax
    /// error: end of file with open menuentry` and rejects the whole file, the entries before included. A brace after a
    /// command, or an entry in one line, is enough.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "Debian" {
    ///   linux /boot/vmlinuz
    ///   initrd /boot/initrd.img }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "Debian" {
    ///   linux /boot/vmlinuz
    ///   initrd /boot/initrd.img
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance, g2-st-*).
    "PG009" "open-entry" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    // Where pygrub does not read the file to its end, that is what is wrong.
    if configuration.config.truncated {
        return;
    }
    exception::each(context, report, &context.raised(&[Cause::OpenEntry]), |mut finding, _, _| {
        if let Some(end) = configuration.entries().last().and_then(|entry| unseen_end(&configuration, entry)) {
            finding = finding.and(end.span, end.label);
            finding.fix = end.fix;
        }
        finding
    });
}
