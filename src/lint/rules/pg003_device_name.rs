use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::device::{self, NamedDevice};
use crate::lint::rules::shared::exception;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds paths that begin with a device that pygrub cannot take apart: `(xen/xvda)/vmlinuz`, `(hd0,1,2)/k`, `(memdisk)/k`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub splits the device at its comma, drops two characters in front (`hd`, whatever they are) and expects a number of what
    /// is left: of `xen/xvda` that is `n/xvda`. It raises `ValueError` and rejects the whole file, whichever entry is
    /// selected. It does not need the device: it reads the kernel from the filesystem on which it found the configuration.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux (xen/xvda)/boot/vmlinuz
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /boot/vmlinuz
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance, g2-root-*).
    "PG003" "device-name" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    exception::each(context, report, &device::raised(context, NamedDevice::Name), |mut finding, _, raised| {
        finding.fix = device::without(&configuration, raised);
        finding
    });
}
