use crate::config::Cause;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Fix, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds `set` without a name, or with a name and no value.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub expects exactly one name and one value after `set`. Otherwise it raises `ValueError: not enough values to unpack
    /// (expected 2, got 1)` and rejects the whole file. GRUB prints all variables for `set` alone, and refuses the line
    /// otherwise.
    ///
    /// ## Example
    ///
    /// ```text
    /// set pager
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set pager=1
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance).
    "PG006" "set-without-value" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let mut all = context.raised(&[Cause::SetArity]);
    all.retain(|raised| !raised.message.starts_with("too many"));
    exception::each(context, report, &all, |finding, _, raised| {
        let line = raised.span.and_then(|span| configuration.directive_in(span.line)).map(|directive| directive.line);
        match line {
            // An `if` that it stands alone in would be a syntax error for GRUB without it.
            Some(line) => finding.fix(Fix::uncertain("remove the line").replace(line, "")),
            None => finding,
        }
    });
}
