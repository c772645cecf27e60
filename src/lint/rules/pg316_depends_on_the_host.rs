use crate::boot::Mounted;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds partitions that two of pygrub's filesystem drivers would mount.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub tries its drivers in the order in which the host's directory of plugins happens to list them, and takes the first
    /// that mounts. Where the remains of an older filesystem are left beside the new one, the same disk boots on one host and
    /// fails on another.
    ///
    /// ## Example
    ///
    /// ```text
    /// dd if=installer.iso of=/dev/xvda; mkfs.ext4 -F -b 1024 /dev/xvda
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// wipefs -a /dev/xvda; mkfs.ext4 /dev/xvda
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with libfsimage of xen-utils-4.17: an ext4 with an old ISO 9660 descriptor boots with the drivers in one order and
    /// fails in the other.
    "PG316" "depends-on-the-host" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    for attempt in &context.run.attempts {
        let Mounted::Unknown { why, plugins, .. } = &attempt.mounted else { continue };
        if plugins.len() > 1 {
            report.add(
                Diagnostic::new(why.clone())
                    .help("erase what is left of the older filesystem: wipefs lists it, wipefs -o OFFSET erases it"),
            );
        }
    }
}
