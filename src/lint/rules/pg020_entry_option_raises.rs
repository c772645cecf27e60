use crate::config::Cause;
use crate::lint::analysis::post_parse_errors;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, SpanSource};

rule! {
    /// ## What it does
    ///
    /// Finds `--entry` in a release that cannot work with it.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub of 4.13 to 4.16 and of 4.17 to 4.17.2 calls a function that Python 3 does not have. It raises `AttributeError:
    /// module 'string' has no attribute 'atoi'` whatever the value is, so nothing boots as long as `bootloader_args` has
    /// `--entry`.
    ///
    /// ## Example
    ///
    /// ```text
    /// bootloader_args = [ "--entry=1" ]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set default=1
    /// ```
    ///
    /// ## Source
    ///
    /// Recorded for every release from 4.13 on under Python 3 (corpus/conformance, entry-*). Fixed in 4.17.3.
    "PG020" "entry-option-raises" Error, stops: Always, releases: from(Python3).until(EntryByNumberUnderPython3), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    for raised in post_parse_errors::raised(context, &[Cause::EntryOption]) {
        // It is about the call, not about the file.
        report.add(Diagnostic { source: SpanSource::Target, ..exception::finding(context, raised) });
    }
}
