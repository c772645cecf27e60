use crate::config::{Cause, READ_LIMIT, Raised};
use crate::explain::read_limit::cut_help;
use crate::lint::analysis::post_parse_errors;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds a configuration that is longer than the 1 MiB that pygrub reads of it.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub does not read on, and does not say so. What follows does not exist for it. Mostly the cut is inside a menu entry,
    /// so that it raises `RuntimeError: syntax error: end of file with open menuentry` and rejects the whole file; or inside
    /// a character, or in front of the first entry. Otherwise the last entries are missing. Hundreds of generations with long
    /// kernel command lines are enough.
    ///
    /// ## Example
    ///
    /// ```text
    /// boot.loader.grub.configurationLimit = 1000;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// boot.loader.grub.configurationLimit = 20;
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release (corpus/conformance, big-*). The limit came with XSA-25, in
    /// 4.1.4 and 4.2.
    "PG014" "cut-at-1-mib" Error or Warning, stops: Sometimes, releases: from(ReadLimit), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|configuration| configuration.config.truncated) else {
        return;
    };
    let mut all = context.raised(&[Cause::OpenEntry, Cause::NotUtf8]);
    all.retain(is_at_the_cut);
    let swallowed = configuration.config.functions.iter().any(|function| function.entries > 0);
    if !swallowed {
        all.extend(post_parse_errors::raised(context, &[Cause::NoEntry]));
    }
    if all.is_empty() {
        let message =
            "the file is longer than the 1 MiB that pygrub reads of it, and what follows does not exist for pygrub";
        report.add_as(
            Severity::Warning,
            Diagnostic::new(message).in_configuration().help(cut_help(configuration.writer())),
        );
    }
    exception::each(context, report, &all, |finding, _, _| finding);
}

fn is_at_the_cut(raised: &Raised) -> bool {
    raised.cause == Cause::OpenEntry || raised.span.is_none_or(|span| span.range().end >= READ_LIMIT)
}
