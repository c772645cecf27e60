use crate::config::Cause;
use crate::lint::analysis::entry_end::unseen_end;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds menu entries that begin where the one before has not ended for pygrub.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub sees the end of an entry only in a line that begins with `}`. In `menuentry "Restart" { reboot }`, or in `linux
    /// /vmlinuz }`, it sees none, and reads on. At the next menu entry it raises `RuntimeError: syntax error: cannot nest
    /// menuentry` and rejects the whole file. GRUB has no such rule. The same happens after a line that begins with
    /// `function` in an entry: the next `}` ends that.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "Restart" { reboot }
    /// menuentry "Debian" {
    ///   linux /boot/vmlinuz
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "Restart" {
    ///   reboot
    /// }
    /// menuentry "Debian" {
    ///   linux /boot/vmlinuz
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance, g2-hdr-28 to -30, g2-st-*).
    "PG008" "nested-entry" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let entries = configuration.entries();
    exception::each(context, report, &context.raised(&[Cause::NestedEntry]), |mut finding, _, raised| {
        let start = raised.span.map_or(0, |span| span.start);
        let behind = entries.partition_point(|entry| entry.header.start < start);
        let Some(before) = behind.checked_sub(1).and_then(|index| entries.get(index)) else { return finding };
        finding = finding.and(before.header, "still open for pygrub");
        if let Some(end) = unseen_end(&configuration, before) {
            finding = finding.and(end.span, end.label);
            finding.fix = end.fix;
        }
        finding
    });
}
