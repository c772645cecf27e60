use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Notes that GRUB boots the entry whose initrd is missing, where pygrub boots nothing.
    ///
    /// ## Why is this bad?
    ///
    /// The guest seems to be fine in a virtual machine with GRUB: that prints an error, and starts the kernel without the initrd after
    /// a key or ten seconds. pygrub ends with an error.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "A" {
    ///   linux /vmlinuz
    ///   initrd /initrd-that-was-removed
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "A" {
    ///   linux /vmlinuz
    ///   initrd /initrd.img
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with grub-emu 2.06 and xen-utils-4.17.
    "PG705" "grub-boots-without-the-initrd" Note, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if context.run.handed_over().is_some() {
        return;
    }
    let Some(grub) = context.picked_by_grub().filter(|grub| grub.pick.boots()) else { return };
    let Some(picked) = &grub.pick.picked else { return };
    let Some(path) = picked.missing.first() else { return };
    let Some(configuration) = context.configuration() else { return };
    // pygrub fails of this entry's one initrd; of several PG201 reports.
    let selected = configuration.selected().and_then(|index| configuration.entries().get(index));
    let Some(initrd) = selected.and_then(|entry| {
        let own = entry.kernel.as_ref()?.span.line;
        entry.initrd.as_ref().filter(|initrd| Some(own) == picked.line && initrd.path.as_bytes() == path.as_bytes())
    }) else {
        return;
    };
    report.add(
        Diagnostic::new(format!(
            "GRUB prints an error for `{path}`, which is not there, and boots without it: that the guest starts elsewhere says nothing \
             of pygrub"
        ))
        .at(initrd.span, "missing for both"),
    );
}
