use crate::config::Cause;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a NUL in the path of the kernel or the initrd that are to be booted.
    ///
    /// ## Why is this bad?
    ///
    /// Python hands no name with a NUL to the filesystem. pygrub says `Error opening ... in guest`, as for a file that is
    /// missing, and nothing boots. A NUL in a configuration is mostly a file that was not written to its end when the guest
    /// crashed.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /vmlinuz\0
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /vmlinuz
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17.
    "PG022" "file-name-with-nul" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    exception::each(context, report, &context.raised(&[Cause::FileName]), |finding, _, _| finding);
}
