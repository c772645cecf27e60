use crate::config::{Cause, READ_LIMIT};
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a configuration with a byte that is not UTF-8.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub under Python 3 decodes the whole file before it looks at the first line. A single byte of another encoding, in a
    /// comment or in the title of an entry that nobody selects, makes it raise `UnicodeDecodeError` and reject the file. GRUB
    /// and pygrub up to 4.12 do not care.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "Syst\xe8me" {
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "Système" {
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release (corpus/conformance, enc-*).
    "PG013" "not-utf-8" Error, stops: Always, releases: from(Python3), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let cut = context.configuration().is_some_and(|configuration| configuration.config.truncated);
    let mut all = context.raised(&[Cause::NotUtf8]);
    // A character that is cut where pygrub stops reading says that the file is too long.
    all.retain(|raised| !(cut && raised.span.is_none_or(|span| span.range().end >= READ_LIMIT)));
    exception::each(context, report, &all, |finding, _, _| finding);
}
