use crate::config::{Cause, Dialect};
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Fix, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a default entry that is less than zero, in grub.cfg and menu.lst.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub raises `ValueError: default must be non-negative number` and rejects the whole file, even where a later line
    /// sets another default. GRUB takes the first entry. Releases from 4.3.4 and 4.4.2 to 4.12 take the first entry too.
    ///
    /// ## Example
    ///
    /// ```text
    /// set default=-1
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set default=0
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance, g2-def-06). GRUB: measured
    /// with grub-emu 2.06.
    "PG011" "negative-default" Error, stops: Always, releases: until(DefaultByTitle).or(from(Python3)), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    exception::each(context, report, &context.raised(&[Cause::NegativeDefault]), |finding, _, raised| {
        let Some(span) = raised.span else { return finding };
        let fix = match configuration.dialect {
            Dialect::Grub2 => Fix::safe("let the first entry be the default, as it is for GRUB"),
            Dialect::Legacy | Dialect::Extlinux => Fix::uncertain("let the first entry be the default"),
        };
        finding.fix(fix.replace(span, "0"))
    });
}
