use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds directories that have the name of a configuration, such as a directory /boot/grub/grub.cfg.
    ///
    /// ## Why is this bad?
    ///
    /// On ext, pygrub opens a directory as if it were a file and treats its raw blocks as the configuration. It finds no entry in
    /// them, and does not look for another configuration on the same filesystem.
    ///
    /// ## Example
    ///
    /// ```text
    /// mkdir -p /boot/grub/grub.cfg
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// rmdir /boot/grub/grub.cfg
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 and libext2fs 1.47.0. The drivers of the other filesystems open no directory.
    "PG317" "configuration-is-a-directory" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(attempt) = context.attempt() else { return };
    if !attempt.found.as_ref().is_some_and(|found| found.directory) {
        return;
    }
    if let Some(raised) = context.failed_by() {
        report.add(exception::finding(context, raised.clone()));
    }
}
