use crate::config::Cause;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds paths that begin with `(` and have no `)`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub looks for the end of the device that stands in parentheses, finds none, raises `ValueError: Unable to find matching
    /// ')'` and rejects the whole file, whichever entry is selected.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux (hd0,1/vmlinuz root=/dev/xvda1
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /vmlinuz root=/dev/xvda1
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance).
    "PG004" "unmatched-parenthesis" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    exception::each(context, report, &context.raised(&[Cause::Parenthesis]), |finding, _, _| finding);
}
