use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::device::{self, Named};
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Fix, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds root devices in menu entries that pygrub cannot take apart: `set root=lvm/vg-root`, `set root=$drive1`, `root (nd)`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub splits the device at its comma, drops two characters in front (`hd`, whatever they are) and expects a number of what
    /// is left. Where that is not a number it raises `ValueError: invalid literal for int()` and rejects the whole file, also
    /// when it is an entry that nobody selects. It never uses the device: it reads the kernel from the filesystem on which it
    /// found the configuration.
    ///
    /// Outside menu entries pygrub only stores the root device, and any text will do.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "Debian" {
    ///   set root='lvm/vg-root'
    ///   linux /boot/vmlinuz
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set root='lvm/vg-root'
    /// menuentry "Debian" {
    ///   linux /boot/vmlinuz
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance, g2-root-*, lg-root-*).
    /// `msdos1` is a number from 4.0.2 on, `gpt1` from 4.1.3 on, `/dev/xvda` from 4.4 on.
    "PG002" "root-device" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    exception::each(context, report, &device::raised(context, Named::Root), |finding, _, raised| {
        let line = raised.span.and_then(|span| configuration.directive_in(span.line)).map(|directive| directive.line);
        match line {
            // GRUB may need it: a search may have to take its place.
            Some(line) => finding.fix(Fix::uncertain("remove the line").replace(line, "")),
            None => finding,
        }
    });
}
